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

  endedBy(hasThrown: boolean): number {
    if (Number.isNaN(this.#left)) return 0;
    if (this.isFirst) return this.#by;
    // Which of them has thrown is not seen.
    return hasThrown || this.#left > 0 ? 0 : this.#by;
  }

  /** A call of it ended, with the record numbered `record`, or 0 if unknown. */
  note(record: number): void {
    this.#left = record === 0 ? NaN : this.#left - 1;
    if (!this.isFirst || this.#by === 0) this.#by = record;
  }
}

/** The calls that suspended lately, of each open slice, innermost last. */
export class SuspendedCalls {
  readonly #calls: (Call | undefined)[] = new Array(MAX_CALLS).fill(undefined);
  readonly #depths = new Int32Array(MAX_CALLS);
  readonly #slices = new Int32Array(MAX_CALLS);
  #count = 0;

  /** `call` suspended inside the slice numbered `slice`, which is at `depth`. */
  push(call: Call, depth: number, slice: number): void {
    this.drop(depth + 1);
    const last = this.#count - 1;
    if (last >= 0 && this.#slices[last] !== slice) this.drop(depth);
    if (this.#count === MAX_CALLS) return;
    const at = this.#count++;
    this.#calls[at] = call;
    this.#depths[at] = depth;
    this.#slices[at] = slice;
  }

  /** Forgets those of slices at `depth` and deeper. */
  drop(depth: number): void {
    while (this.#count > 0 && this.#depths[this.#count - 1] >= depth) {
      this.#calls[--this.#count] = undefined;
    }
  }

  /** The group of `members`, if those are all the calls of the slice. */
  group(members: unknown, slice: number): CallGroup | undefined {
    if (!Array.isArray(members) || members.length === 0) return undefined;
    const first = this.#count - members.length;
    if (first < 0 || this.#slices[first] !== slice) return undefined;
    if (first > 0 && this.#slices[first - 1] === slice) return undefined;
    for (let i = 0; i < members.length; i++) {
      if (!(members[i] instanceof Promise)) return undefined;
    }
    const group = new CallGroup(members.length);
    for (let i = first; i < this.#count; i++) this.#calls[i]!.group = group;
    return group;
  }
}
