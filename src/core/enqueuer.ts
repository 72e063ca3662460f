/**
 * Which slice put into the queue of microtasks what runs from it now.
 *
 * The queue is first in, first out. So whenever what runs changes, a marker is
 * queued that says so: everything that the new code queues lies behind it and
 * before the next one. When a marker runs, what follows was queued by the code
 * that it stands for. Source: design/bun.md, section 2.
 *
 * A marker costs as much as a short slice, so markers are bought from a bucket
 * that fills with time. When it is empty nothing is known until the turn ends.
 */

/** Markers that can be in the queue at a time, a power of two. */
const MARKERS = 2 ** 16;

/** How markers are queued: within the budget, or always. */
export type WakerMode = "budget" | "all";

/** Markers a millisecond: at 50 to 100 ns each, 1 to 2 % of the time. */
const BUDGET_PER_MS = 200;

/** Most that can be saved up: the share of a tenth of a second. */
const BUCKET = 100 * BUDGET_PER_MS;

/** See the head of this file. Slices are named by numbers, 0 is none known. */
export class Enqueuer {
  readonly #queue: (marker: () => void) => void;
  readonly #numbers = new Int32Array(MARKERS);
  #head = 0;
  #tail = 0;
  #now = 0;
  /** True when a marker had no room, until the queue has been empty. */
  #isLost = false;
  #bucket = BUCKET;
  #filledAt = 0;
  #mode: WakerMode = "budget";
  /** How many markers were left out. */
  refused = 0;

  readonly #onMarker: (number: number) => void;

  /**
   * @param queue puts a function into the queue of microtasks, unrecorded
   * @param onMarker is called when what follows was queued by `number`
   */
  constructor(
    queue: (marker: () => void) => void,
    onMarker: (number: number) => void = () => {},
  ) {
    this.#queue = queue;
    this.#onMarker = onMarker;
  }

  /** Who queued what runs now. */
  get now(): number {
    return this.#isLost ? 0 : this.#now;
  }

  /** From now on `number` runs. */
  mark(number: number): void {
    if (this.#isLost) return;
    const isEmpty = --this.#bucket < 0 && this.#mode === "budget";
    if (isEmpty || this.#tail - this.#head >= MARKERS) {
      this.#isLost = true;
      this.refused++;
      return;
    }
    this.#numbers[this.#tail++ & MARKERS - 1] = number;
    this.#queue(this.#marker);
  }

  /** A recording begins. `time` is the clock's reading, in milliseconds. */
  start(mode: WakerMode, time: number): void {
    this.#mode = mode;
    this.refused = 0;
    this.#bucket = BUCKET;
    this.#filledAt = time;
    this.reset(time);
  }

  /** The queue is empty, at `time`. */
  reset(time: number): void {
    const filled = this.#mode === "all"
      ? BUCKET
      : this.#bucket + (time - this.#filledAt) * BUDGET_PER_MS;
    this.#bucket = Math.min(filled, BUCKET);
    this.#filledAt = time;
    this.#now = 0;
    if (this.#head !== this.#tail) return;
    this.#head = this.#tail = 0;
    this.#isLost = false;
  }

  readonly #marker = (): void => {
    const number = this.#now = this.#numbers[this.#head++ & MARKERS - 1];
    this.#onMarker(number);
  };
}
