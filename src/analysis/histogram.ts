/** How durations are spread: counts in buckets, four an octave. */

/** Buckets of one octave. */
const STEPS = 4;
/** 2^0 to 2^63 nanoseconds, and one bucket for 0. */
const BUCKETS = 64 * STEPS + 1;

/** One bucket that has something in it: durations from `from` up to, not including, `to`. */
export interface HistogramBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Counts durations in nanoseconds; quantiles are exact to a fourth of an octave. */
export class Histogram {
  /** Durations added. */
  count: number = 0;
  /** Their sum. */
  total: number = 0;
  /** Longest; 0 as long as there is none. */
  max: number = 0;
  /** Shortest; Infinity as long as there is none. */
  min: number = Infinity;
  readonly #counts: Uint32Array = new Uint32Array(BUCKETS);

  /** Counts one duration, 0 or more. */
  add(duration: number): void {
    this.count++;
    this.total += duration;
    if (duration > this.max) this.max = duration;
    if (duration < this.min) this.min = duration;
    this.#counts[bucketOf(duration)]++;
  }

  /** Exact; 0 as long as there is none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.total / this.count;
  }

  /**
   * A duration that at least the share `q` of all, 0 to 1, does not exceed:
   * the upper end of its bucket, at most `max`. 0 as long as there is none.
   */
  quantile(q: number): number {
    const wanted = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket];
      if (seen >= wanted) return Math.min(this.max, startOf(bucket + 1));
    }
    return 0;
  }

  /** The buckets that have something in them, shortest first. */
  buckets(): HistogramBucket[] {
    const buckets: HistogramBucket[] = [];
    this.#counts.forEach((count, bucket) => {
      if (count === 0) return;
      buckets.push({ from: startOf(bucket), to: startOf(bucket + 1), count });
    });
    return buckets;
  }
}

function bucketOf(duration: number): number {
  if (duration < 1) return 0;
  const bucket = 1 + Math.floor(STEPS * Math.log2(duration));
  // Logarithms are rounded; the borders decide.
  if (duration >= startOf(bucket + 1)) return bucket + 1;
  return duration < startOf(bucket) ? bucket - 1 : bucket;
}

function startOf(bucket: number): number {
  return bucket === 0 ? 0 : 2 ** ((bucket - 1) / STEPS);
}
