/**
 * Which goroutine ran when, for a while back: CPU samples come seconds late and
 * are to be put down to what ran at their time.
 */

import { type GoId, NO_GO } from "../format/ids.ts";

/** Changes remembered, a power of two: 2 MiB. */
export const RUN_LOG_CHANGES = 2 ** 17;

/** The last changes; see the head of this file. Times are ticks, never going back. */
export class RunLog {
  readonly #times: Float64Array;
  readonly #gos: Float64Array;
  readonly #mask: number;
  /** Changes ever noted. */
  #count = 0;

  constructor(changes: number = RUN_LOG_CHANGES) {
    this.#times = new Float64Array(changes);
    this.#gos = new Float64Array(changes);
    this.#mask = changes - 1;
  }

  /** Number of changes ever noted. */
  get count(): number {
    return this.#count;
  }

  /** From `ticks` on `g` runs, or nothing. */
  note(ticks: number, g: GoId): void {
    const at = this.#count++ & this.#mask;
    this.#times[at] = ticks;
    this.#gos[at] = g;
  }

  /**
   * What ran at `ticks`, since before then; {@linkcode NO_GO} if nothing did or
   * it is not remembered.
   */
  at(ticks: number): GoId {
    let high = this.#count;
    const oldest = Math.max(0, high - this.#times.length);
    let low = oldest;
    // The first change at `ticks` or later: the one before it counts.
    while (low < high) {
      const middle = low + high >>> 1;
      if (this.#times[middle & this.#mask] < ticks) low = middle + 1;
      else high = middle;
    }
    return low === oldest ? NO_GO : this.#gos[low - 1 & this.#mask] as GoId;
  }
}
