/**
 * Calls whose promises are combined: `Promise.all([f(), g()])`. Where the array
 * has as many promises as calls suspended while it was made, they are theirs,
 * and the end of a call is what settles its promise: no reaction is needed.
 */

import type { Settler } from "../core/explained.ts";
import type { Call } from "./calls.ts";

/** Calls remembered. */
const MAX_CALLS = 64;

/** Who settles the combined promise: whichever call ended last, or first. */
export class CallGroup implements Settler {
  /** True if the first end settles it. */
  isFirst = false;
  #by = 0;
  /** Calls that have not ended; NaN when of one it is not known. */
  #left: number;

  constructor(calls: number) {
    this.#left = calls;
  }

  get by(): number {
    // Settled although not all have ended: one has thrown, which is not seen.
    return this.isFirst || this.#left === 0 ? this.#by : 0;
  }

  /** A call of it ended, with the record numbered `record`, or 0 if unknown. */
  note(record: number): void {
    this.#left = record === 0 ? NaN : this.#left - 1;
    if (!this.isFirst || this.#by === 0) this.#by = record;
  }
}

/** The calls that suspended lately, of each open slice. */
export class SuspendedCalls {
  readonly #calls: Call[] = [];
  readonly #depths: number[] = [];
  readonly #slices: number[] = [];

  /** `call` suspended inside the slice numbered `slice`, which is at `depth`. */
  push(call: Call, depth: number, slice: number): void {
    this.drop(depth + 1);
    if (this.#slices.at(-1) !== slice) this.drop(depth);
    if (this.#calls.length === MAX_CALLS) return;
    this.#calls.push(call);
    this.#depths.push(depth);
    this.#slices.push(slice);
  }

  /** Forgets those of slices at `depth` and deeper. */
  drop(depth: number): void {
    const depths = this.#depths;
    while (depths.length > 0 && depths[depths.length - 1] >= depth) {
      depths.pop();
      this.#calls.pop();
      this.#slices.pop();
    }
  }

  /** The group of `members`, if those are all the calls of the slice. */
  group(members: unknown, slice: number): CallGroup | undefined {
    if (!Array.isArray(members)) return undefined;
    const first = this.#calls.length - members.length;
    const isGroup = members.length > 0 && first >= 0 &&
      this.#slices[first] === slice && this.#slices[first - 1] !== slice &&
      members.every((member) => member instanceof Promise);
    if (!isGroup) return undefined;
    const group = new CallGroup(members.length);
    for (let i = first; i < this.#calls.length; i++) {
      this.#calls[i].group = group;
    }
    return group;
  }
}
