/**
 * What promises wait for, as wrappers say it, for those who then see an await.
 * By identity of the last few promises: most are awaited at once, and a map of
 * all would cost more than the rest of a wrapper.
 */

import type { Wait } from "./wait.ts";

/** What is known of the end of a wait. */
export interface Settler {
  /**
   * Number of the record since which the slice ran that ended it, or 0.
   *
   * @param hasThrown true if the wait ended with an exception
   */
  endedBy(hasThrown: boolean): number;
  /** Set by who combines promises: the first that is settled settles all. */
  isFirst?: boolean;
}

/** Promises remembered. */
const ENTRIES = 8;

/** See the head of this file. */
export class Explained {
  readonly #promises: unknown[] = new Array(ENTRIES).fill(undefined);
  readonly #waits: Wait[] = new Array(ENTRIES).fill(0);
  readonly #settlers: (Settler | undefined)[] = new Array(ENTRIES);
  #next = 0;
  #claim: Wait = 0;
  #isClaimCalled = false;
  #members: unknown;
  #offered: Settler | undefined;

  /**
   * An await of `promise` waits for `wait`; `settler` will know who ends it. So
   * does, as far as is known, one of a promise that is made of this one.
   */
  explain(promise: object, wait: Wait, settler?: Settler): void {
    const at = this.#next;
    this.#settlers[at] = settler;
    this.#promises[at] = promise;
    this.#waits[at] = wait;
    this.#next = at + 1 === ENTRIES ? 0 : at + 1;
    this.#claim = wait;
    this.#isClaimCalled = false;
  }

  /** What an await of `value` waits for, as far as it is known. */
  waitOf(value: unknown): Wait {
    const promises = this.#promises;
    for (let i = 0; i < ENTRIES; i++) {
      if (promises[i] === value) return this.#waits[i];
    }
    return 0;
  }

  /** Who ends an await of `value`, if anyone will say so. */
  settlerOf(value: unknown): Settler | undefined {
    const at = this.#promises.indexOf(value);
    return at < 0 ? undefined : this.#settlers[at];
  }

  /**
   * The promise that is being built waits for `wait`.
   *
   * @param isCalled true if a callback of the program's settles it, not the loop
   */
  claim(wait: Wait, isCalled = false): void {
    this.#claim = wait;
    this.#isClaimCalled = isCalled;
  }

  /** True if a callback of the program's settles what was claimed last. */
  get isClaimCalled(): boolean {
    return this.#isClaimCalled;
  }

  /** True if something was claimed since the last time. */
  get isClaimed(): boolean {
    return this.#claim !== 0;
  }

  /** Gives what was claimed since the last time, and forgets it. */
  takeClaim(): Wait {
    const wait = this.#claim;
    this.#claim = 0;
    return wait;
  }

  /** `settler` will know who settles what the combined `members` become. */
  offer(members: object, settler: Settler): void {
    this.#members = members;
    this.#offered = settler;
  }

  /** What was offered for `members`. */
  takeOffer(members: unknown): Settler | undefined {
    if (this.#members !== members) return undefined;
    const settler = this.#offered;
    this.#members = this.#offered = undefined;
    return settler;
  }

  /** Lets go of every promise. */
  forget(): void {
    this.#promises.fill(undefined);
    this.#settlers.fill(undefined);
    this.#members = this.#offered = undefined;
    this.#claim = 0;
  }
}
