/** Lists whose next event is not ready, by what it waits for. */

import { ANY_SEQ, STATUS_COUNT } from "./ordering_states.ts";

/** End of a chain. */
const NONE = -1;
/** Seqs below this and slots below {@linkcode PACKED_SLOTS} make one number together. */
const PACKED_SEQS = 2 ** 32;
const PACKED_SLOTS = 2 ** 21;

/**
 * A list waits for a subject to have a status and, for some events, a sequence
 * number. Each waits in one place and leaves it once, so that even many lists
 * that wait for one goroutine cost no more than their number.
 */
export class WaitingLists {
  /** First list that waits for a status, by slot. */
  readonly #first: Int32Array;
  /** First list that waits for a status with a sequence number. */
  readonly #firstWithSeq: Map<number | string, number> = new Map();
  /** Places in `#firstWithSeq` by subject. */
  readonly #places: Uint32Array;
  /** Next list of the same chain, by list. */
  readonly #next: Int32Array;

  constructor(subjectCount: number, listCount: number) {
    this.#first = new Int32Array(STATUS_COUNT * subjectCount).fill(NONE);
    this.#places = new Uint32Array(subjectCount);
    this.#next = new Int32Array(listCount).fill(NONE);
  }

  /** Keeps `list` until `subject` has `status` and, unless it is any, `seq`. */
  add(list: number, subject: number, status: number, seq: number): void {
    const slot = STATUS_COUNT * subject + status;
    if (seq === ANY_SEQ) {
      this.#next[list] = this.#first[slot];
      this.#first[slot] = list;
      return;
    }
    const key = keyOf(slot, seq);
    const first = this.#firstWithSeq.get(key);
    if (first === undefined) this.#places[subject]++;
    this.#next[list] = first ?? NONE;
    this.#firstWithSeq.set(key, list);
  }

  /**
   * Takes out the lists for which `subject` is now as they want it, and returns
   * the first; `next` leads to the others. -1 for none.
   */
  take(subject: number, status: number, seq: number): number {
    const slot = STATUS_COUNT * subject + status;
    const first = this.#first[slot];
    this.#first[slot] = NONE;
    if (this.#places[subject] === 0) return first;
    const key = keyOf(slot, seq);
    const withSeq = this.#firstWithSeq.get(key);
    if (withSeq === undefined) return first;
    this.#firstWithSeq.delete(key);
    this.#places[subject]--;
    if (first === NONE) return withSeq;
    let last = withSeq;
    while (this.#next[last] !== NONE) last = this.#next[last];
    this.#next[last] = first;
    return withSeq;
  }

  /** The list behind `list` in what `take` gave; ask before `list` is added again. */
  next(list: number): number {
    return this.#next[list];
  }
}

function keyOf(slot: number, seq: number): number | string {
  return slot < PACKED_SLOTS && seq >= 0 && seq < PACKED_SEQS
    ? slot * PACKED_SEQS + seq
    : `${slot} ${seq}`;
}
