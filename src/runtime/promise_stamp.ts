/**
 * What the tracer knows of a promise, kept on the promise itself as private
 * fields: invisible to the program, possible on frozen promises, gone with it,
 * and ten times cheaper than a WeakMap.
 *
 * A constructor may return another object, and a subclass then adds its fields
 * to that. Adding them to a promise that has none takes 11 ns, asking one that
 * has none whether it has them 50 ns: so every promise gets them when it is
 * made, and only those made before the recording are asked in vain.
 */

import { type Wait, WAIT_BITS } from "../core/wait.ts";

/** Returns the object given, so that a subclass adds its fields to it. */
export class Given {
  constructor(object: object) {
    return object;
  }
}

/** A second and further waiter of one promise. */
export class MoreWaiters {
  readonly id: number;
  readonly next: number | MoreWaiters;

  constructor(id: number, next: number | MoreWaiters) {
    this.id = id;
    this.next = next;
  }
}

/** Waiters of a promise that is settled: more cannot come. */
export const SETTLED = -1;

/** Marks a wait that is not known for sure. */
const GUESS = 1 << WAIT_BITS;

/** What the fields of the next promise begin with. */
let nextContinuation = 0;
let nextWait = 0;

/** The fields; see the head of this file. */
export class PromiseStamp extends Given {
  #continuation = nextContinuation;
  #waiters: number | MoreWaiters = 0;
  #wait = nextWait;

  /**
   * Gives fields to a promise that has none: to one just made.
   *
   * @param continuation id of what runs when it is a reaction, else 0
   * @param wait what an await of it waits for, 0 if that is not known
   */
  static make(promise: object, continuation: number, wait: Wait): void {
    nextContinuation = continuation;
    nextWait = wait;
    new PromiseStamp(promise);
  }

  /** True if the promise has its fields: it was made during the recording. */
  static has(promise: object): boolean {
    return #continuation in promise;
  }

  /** The promise with its fields, which it gets if it has none. */
  static of(promise: object): PromiseStamp {
    if (!(#continuation in promise)) PromiseStamp.make(promise, 0, 0);
    return promise as PromiseStamp;
  }

  /** Id of the continuation that is this promise's reaction, 0 for none. */
  static continuation(promise: object): number {
    return #continuation in promise ? promise.#continuation : 0;
  }

  /** Ids of the continuations that wait for it: none, one, more, or SETTLED. */
  static waiters(stamp: PromiseStamp): number | MoreWaiters {
    return stamp.#waiters;
  }

  /** Sets the waiters of a promise. */
  static setWaiters(stamp: PromiseStamp, waiters: number | MoreWaiters): void {
    stamp.#waiters = waiters;
  }

  /** What an await of it waits for. */
  static wait(stamp: PromiseStamp): Wait {
    return stamp.#wait & ~GUESS;
  }

  /**
   * The promise's reaction has run. It may run once more, to adopt the promise
   * that its callback returned, but that is the engine's doing.
   */
  static ran(promise: object): void {
    if (#continuation in promise && promise.#continuation > 0) {
      promise.#continuation = 0;
    }
  }

  /** The promise is no reaction after all. */
  static clear(stamp: PromiseStamp): void {
    stamp.#continuation = 0;
    stamp.#wait = 0;
  }

  /** What an await of the promise waits for is not known after all. */
  static unexplain(stamp: PromiseStamp): void {
    stamp.#wait = 0;
  }

  /** Sets what an await of the promise waits for, unless it is known. */
  static explain(promise: object, wait: Wait): void {
    const stamp = PromiseStamp.of(promise);
    const isKnown = stamp.#wait !== 0 && (stamp.#wait & GUESS) === 0;
    if (!isKnown) stamp.#wait = wait;
  }

  /** Says what an await of it waits for, unless somebody knows better. */
  static guess(promise: object, wait: Wait): void {
    const stamp = PromiseStamp.of(promise);
    if (stamp.#wait === 0) stamp.#wait = wait | GUESS;
  }
}
