/**
 * How busy the loop is, from the turns that are recorded: the sum of their
 * lengths, and the longest. To be read at any time; a reading is compared with
 * an earlier one.
 */

/**
 * One reading of the figures. Give it to a later call, which then tells of the
 * time since. All of it concerns the loop of the thread that asks.
 */
export interface LoopUtilization {
  /** Share of the time in which the loop was in a turn, 0 to 1. */
  readonly utilization: number;
  /** Milliseconds in turns, and from the beginning of the time to its end. */
  readonly busyMs: number;
  readonly totalMs: number;
  /**
   * The longest turn in the time, in milliseconds; of one that began before,
   * what was in the time.
   */
  readonly longestTurnMs: number;
  /** When it was read, by `performance.now()`. */
  readonly at: number;
}

/** Turns of which it is kept which was the longest since when. */
const KEPT = 64;

/** What there is to know of a reading that the reader does not see. */
interface Sums {
  readonly recording: number;
  readonly busy: number;
}

/** See the head of this file. Times are the clock's, in milliseconds. */
export class LoopFigures {
  /** Beginning of the last turn, and its end, while no turn is open. */
  lastBegan = 0;
  lastEnded = 0;
  #isOn = false;
  #inTurn = false;
  #busy = 0;
  /** Which recording it is: figures of an earlier one are no beginning. */
  #recording = 0;
  #first: LoopUtilization | undefined;
  #last: LoopUtilization | undefined;
  readonly #sums = new WeakMap<LoopUtilization, Sums>();
  /**
   * Ends and lengths of turns, in order, each longer than all after it: the
   * longest since any time is the first that ended after it.
   */
  readonly #ends = new Float64Array(KEPT);
  readonly #lengths = new Float64Array(KEPT);
  #kept = 0;

  /** True while a turn is open. */
  get isInTurn(): boolean {
    return this.#inTurn;
  }

  /** A recording begins. */
  start(now: number): void {
    this.#isOn = true;
    this.#inTurn = false;
    this.#busy = 0;
    this.#kept = 0;
    this.#recording++;
    this.#last = undefined;
    this.#first = this.#make(now, now, 0, 0, 0);
  }

  /** It ends, perhaps in the middle of a turn. */
  stop(): void {
    this.#isOn = false;
    this.#inTurn = false;
    this.#first = this.#last = undefined;
  }

  /** A turn begins. */
  turnBegan(now: number): void {
    this.#inTurn = true;
    this.lastBegan = now;
  }

  /** The turn has ended. */
  turnEnded(now: number): void {
    if (!this.#inTurn) return;
    this.#inTurn = false;
    this.lastEnded = now;
    const length = now - this.lastBegan;
    if (!(length > 0)) return;
    this.#busy += length;
    let kept = this.#kept;
    while (kept > 0 && this.#lengths[kept - 1] <= length) kept--;
    if (kept === KEPT) {
      // The shortest one stands for this one too, which is shorter still.
      this.#ends[kept - 1] = now;
      return;
    }
    this.#ends[kept] = now;
    this.#lengths[kept] = length;
    this.#kept = kept + 1;
  }

  /**
   * The figures since `since`, or else since the last reading without one, the
   * first time since the recording began. `undefined` while nothing records.
   */
  read(now: number, since?: LoopUtilization): LoopUtilization | undefined {
    if (!this.#isOn) return undefined;
    const reading = this.#since(now, since ?? this.#last ?? this.#first!);
    if (since === undefined) this.#last = reading;
    return reading;
  }

  /** As `read`, for a reader of its own: since the start without `since`. */
  since(now: number, since?: LoopUtilization): LoopUtilization | undefined {
    return this.#isOn ? this.#since(now, since ?? this.#first!) : undefined;
  }

  #since(now: number, from: LoopUtilization): LoopUtilization {
    const known = this.#sums.get(from);
    // What was read in an earlier recording: since this one began.
    if (known === undefined || known.recording !== this.#recording) {
      return this.#since(now, this.#first!);
    }
    const busy = this.#busyUntil(now);
    return this.#make(now, from.at, busy, known.busy, this.#longest(now, from));
  }

  #make(
    at: number,
    since: number,
    busy: number,
    before: number,
    longestTurnMs: number,
  ): LoopUtilization {
    const totalMs = Math.max(0, at - since);
    const busyMs = Math.min(totalMs, Math.max(0, busy - before));
    const reading = {
      utilization: totalMs === 0 ? 0 : busyMs / totalMs,
      busyMs,
      totalMs,
      longestTurnMs,
      at,
    };
    this.#sums.set(reading, { recording: this.#recording, busy });
    return reading;
  }

  /** With the part of the open turn that has passed. */
  #busyUntil(now: number): number {
    if (!this.#inTurn) return this.#busy;
    return this.#busy + Math.max(0, now - this.lastBegan);
  }

  #longest(now: number, from: LoopUtilization): number {
    let longest = this.#inTurn
      ? Math.max(0, now - Math.max(this.lastBegan, from.at))
      : 0;
    for (let index = 0; index < this.#kept; index++) {
      const within = this.#ends[index] - from.at;
      if (within <= 0) continue;
      const length = this.#lengths[index];
      longest = Math.max(longest, Math.min(length, within));
      // All others are shorter, and began after this one.
      if (length <= within) break;
    }
    return longest;
  }
}
