/**
 * Measures variants in turn, so that what the machine does meanwhile hits all of them alike.
 *
 * A round measures every variant once; the order turns round from round to round. Two variants are compared round by
 * round and the median of the rounds' ratios counts, never the ratio of two medians taken minutes apart.
 */

/** One way to do the thing: `measure` does it once and gives the figure (time, requests a second ...). */
export interface Variant {
  readonly name: string;
  measure(): number | Promise<number>;
}

export interface InterleaveOptions {
  /** Rounds that count. An odd number makes the median a measured value. @default {11} */
  readonly rounds?: number;
  /** Rounds before that, thrown away: compilation, caches, connections. @default {1} */
  readonly warmups?: number;
  /** Called after each measurement that counts. */
  onMeasured?(name: string, value: number, round: number): void;
}

/** The middle and the quartiles of some figures: half of them lie between `low` and `high`. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Figures by variant, in order of rounds. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/**
 * Measures every variant `rounds` times, interleaved.
 *
 * @throws {RangeError} When there is no variant, two have the same name, or there is no round.
 * @throws {Error} When a measurement gives no finite number.
 */
export async function interleave(
  variants: readonly Variant[],
  options: InterleaveOptions = {},
): Promise<Samples> {
  const { rounds = 11, warmups = 1 } = options;
  const samples = new Map<string, number[]>(
    variants.map(({ name }) => [name, []]),
  );
  if (variants.length === 0 || samples.size < variants.length) {
    throw new RangeError(
      `Cannot measure: found ${variants.length} variants with ${samples.size} names`,
    );
  }
  if (!(rounds >= 1)) {
    throw new RangeError(
      `Cannot measure: rounds is ${rounds}, must be at least 1`,
    );
  }
  for (let round = -warmups; round < rounds; round++) {
    // Forward and backward in turn: a drift of the machine then favours neither of a pair.
    const order = round % 2 === 0 ? variants : [...variants].reverse();
    for (const variant of order) {
      const value = await variant.measure();
      if (!Number.isFinite(value)) {
        throw new Error(
          `Cannot measure ${variant.name}: found ${value}, wanted a finite number`,
        );
      }
      if (round < 0) continue;
      samples.get(variant.name)?.push(value);
      options.onMeasured?.(variant.name, value, round);
    }
  }
  return samples;
}

/** `other / base`, round by round. */
export function ratio(samples: Samples, other: string, base: string): Spread {
  return pairwise(samples, other, base, (a, b) => a / b);
}

/** `other - base`, round by round: the added cost. */
export function difference(
  samples: Samples,
  other: string,
  base: string,
): Spread {
  return pairwise(samples, other, base, (a, b) => a - b);
}

/**
 * Median and quartiles, interpolated between the two nearest figures.
 *
 * @throws {RangeError} When there are none.
 */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) {
    throw new RangeError("Cannot take a median: found no figures");
  }
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  };
}

function pairwise(
  samples: Samples,
  other: string,
  base: string,
  combine: (other: number, base: number) => number,
): Spread {
  const others = samples.get(other);
  const bases = samples.get(base);
  if (others === undefined || bases === undefined) {
    throw new RangeError(
      `Cannot compare ${other} with ${base}: measured were ${
        [...samples.keys()].join(", ")
      }`,
    );
  }
  return spread(others.map((value, round) => combine(value, bases[round])));
}

function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
