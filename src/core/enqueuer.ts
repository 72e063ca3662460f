/**
 * Which slice put into the queue of microtasks what runs from it now.
 *
 * The queue is first in, first out. So whenever what runs changes, a marker is
 * queued that says so: everything that the new code queues lies behind it and
 * before the next one. When a marker runs, what follows was queued by the code
 * that it stands for. Source: design/bun.md, section 2.
 */

/** Markers that can be in the queue at a time, a power of two. */
const MARKERS = 2 ** 16;

/** See the head of this file. Slices are named by numbers, 0 is none known. */
export class Enqueuer {
  readonly #queue: (marker: () => void) => void;
  readonly #numbers = new Int32Array(MARKERS);
  #head = 0;
  #tail = 0;
  #now = 0;
  /** True when a marker had no room, until the queue has been empty. */
  #isLost = false;

  /** @param queue puts a function into the queue of microtasks, unrecorded */
  constructor(queue: (marker: () => void) => void) {
    this.#queue = queue;
  }

  /** Who queued what runs now. */
  get now(): number {
    return this.#isLost ? 0 : this.#now;
  }

  /** From now on `number` runs. */
  mark(number: number): void {
    if (this.#tail - this.#head >= MARKERS) {
      this.#isLost = true;
      return;
    }
    this.#numbers[this.#tail++ & MARKERS - 1] = number;
    this.#queue(this.#marker);
  }

  /** The queue is empty. */
  reset(): void {
    this.#now = 0;
    if (this.#head !== this.#tail) return;
    this.#head = this.#tail = 0;
    this.#isLost = false;
  }

  readonly #marker = (): void => {
    this.#now = this.#numbers[this.#head++ & MARKERS - 1];
  };
}
