/**
 * When regions around async calls end, where no hook tells that a promise is
 * settled: it is looked at from time to time, and whoever awaits it knows.
 *
 * Nothing is attached to the promise: a rejection that the program does not
 * handle must stay one, and what it handles must run when it would.
 */

import type { OpenRegion } from "./annotation.ts";

/** Promises watched at a time; the region of the oldest ends with its task. */
const MAX_WATCHED = 1024;

/** How promises are looked at. */
export interface PromiseState {
  /** False if `promise` is settled, undefined if that cannot be known. */
  isPending(promise: Promise<unknown>): boolean | undefined;
  /** Promises to look at before a slice begins, and at the end of a turn. */
  readonly looksPerSlice: number;
  readonly looksPerTurn: number;
}

interface Watched {
  readonly promise: Promise<unknown>;
  readonly region: OpenRegion;
}

/** See the head of this file. */
export class RegionWatch {
  readonly #state: PromiseState;
  readonly #ended: (region: OpenRegion) => void;
  readonly #watched: Watched[] = [];
  /** What the calls that wait for one of them wait for, by id of the call. */
  readonly #awaited = new Map<number, Watched>();
  #next = 0;

  /** `ended` is called for each region whose promise is settled. */
  constructor(state: PromiseState, ended: (region: OpenRegion) => void) {
    this.#state = state;
    this.#ended = ended;
  }

  /** True while nothing is watched. */
  get isEmpty(): boolean {
    return this.#watched.length === 0;
  }

  /** `region` ends when `promise` is settled. */
  add(promise: Promise<unknown>, region: OpenRegion): void {
    if (this.#watched.length >= MAX_WATCHED) this.#remove(0);
    this.#watched.push({ promise, region });
  }

  /** Looks at some promises: a slice is about to begin. */
  beforeSlice(): void {
    this.#look(this.#state.looksPerSlice);
  }

  /** Looks at more promises: the turn ends. */
  atTurnEnd(): void {
    this.#look(this.#state.looksPerTurn);
  }

  /** The call `id` awaits `value`. */
  noteAwait(id: number, value: unknown): void {
    const found = this.#watched.find(({ promise }) => promise === value);
    if (found !== undefined) this.#awaited.set(id, found);
  }

  /** The call `id` goes on: what it awaited is settled. */
  endAwait(id: number): void {
    const found = this.#awaited.get(id);
    if (found === undefined) return;
    this.#awaited.delete(id);
    const at = this.#watched.indexOf(found);
    if (at < 0) return;
    this.#remove(at);
    this.#ended(found.region);
  }

  /** Lets go of everything. */
  clear(): void {
    this.#watched.length = 0;
    this.#awaited.clear();
  }

  #look(most: number): void {
    for (let i = Math.min(most, this.#watched.length); i > 0; i--) {
      if (this.#next >= this.#watched.length) this.#next = 0;
      const { promise, region } = this.#watched[this.#next];
      if (this.#state.isPending(promise) === false) {
        this.#remove(this.#next);
        this.#ended(region);
      } else this.#next++;
    }
  }

  #remove(at: number): void {
    const [{ promise }] = this.#watched.splice(at, 1);
    if (at < this.#next) this.#next--;
    for (const [id, watched] of this.#awaited) {
      if (watched.promise === promise) this.#awaited.delete(id);
    }
  }
}
