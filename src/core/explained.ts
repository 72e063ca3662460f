/**
 * What promises wait for, as wrappers say it, for those who then see an await.
 * By identity of the last few promises: most are awaited at once, and a map of
 * all would cost more than the rest of a wrapper.
 */

import { Reason } from "./reason.ts";

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
const ENTRIES = 4;

/** See the head of this file. */
export class Explained {
  readonly #promises: unknown[] = new Array(ENTRIES).fill(undefined);
  readonly #reasons: Reason[] = new Array(ENTRIES).fill(Reason.Unknown);
  readonly #settlers: (Settler | undefined)[] = new Array(ENTRIES);
  #next = 0;
  #claim: Reason = Reason.Unknown;
  #members: unknown;
  #offered: Settler | undefined;

  /** An await of `promise` waits for `reason`; `settler` will know who ends it. */
  explain(promise: object, reason: Reason, settler?: Settler): void {
    const at = this.#next;
    this.#settlers[at] = settler;
    this.#promises[at] = promise;
    this.#reasons[at] = reason;
    this.#next = at + 1 === ENTRIES ? 0 : at + 1;
    this.#claim = Reason.Unknown;
  }

  /** What an await of `value` waits for, as far as it is known. */
  reasonOf(value: unknown): Reason {
    const promises = this.#promises;
    for (let i = 0; i < ENTRIES; i++) {
      if (promises[i] === value) return this.#reasons[i];
    }
    return Reason.Unknown;
  }

  /** Who ends an await of `value`, if anyone will say so. */
  settlerOf(value: unknown): Settler | undefined {
    const at = this.#promises.indexOf(value);
    return at < 0 ? undefined : this.#settlers[at];
  }

  /** The promise that is being built waits for `reason`. */
  claim(reason: Reason): void {
    this.#claim = reason;
  }

  /** Gives what was claimed since the last time, and forgets it. */
  takeClaim(): Reason {
    const reason = this.#claim;
    this.#claim = Reason.Unknown;
    return reason;
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
    this.#claim = Reason.Unknown;
  }
}
