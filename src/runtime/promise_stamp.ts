/**
 * What the tracer knows of a promise, kept on the promise itself as private
 * fields: invisible to the program, possible on frozen promises, gone with it,
 * and three times cheaper than a WeakMap.
 *
 * A constructor may return another object, and a subclass then adds its fields
 * to that. Adding them twice throws, so `has` is asked first.
 */

/** Returns the object given, so that a subclass adds its fields to it. */
class Given {
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

/** The fields; see the head of this file. */
export class PromiseStamp extends Given {
  #continuation = 0;
  #waiters: number | MoreWaiters = 0;
  #reason = 0;

  /** True if the promise carries the fields. */
  static has(promise: object): boolean {
    return #continuation in promise;
  }

  /** Id of the continuation that is this promise's reaction, 0 for none. */
  static continuation(promise: object): number {
    return #continuation in promise ? promise.#continuation : 0;
  }

  /** Ids of the continuations that wait for it: none, one, more, or SETTLED. */
  static waiters(promise: object): number | MoreWaiters {
    return #continuation in promise ? promise.#waiters : 0;
  }

  /** What an await of it waits for. */
  static reason(promise: object): number {
    return #continuation in promise ? promise.#reason : 0;
  }

  /** Sets the continuation of a promise without fields. */
  static setContinuation(promise: object, id: number, reason: number): void {
    if (!(#continuation in promise)) new PromiseStamp(promise);
    const stamped = promise as PromiseStamp;
    stamped.#continuation = id;
    stamped.#reason = reason;
  }

  /** Sets the waiters of a promise. */
  static setWaiters(promise: object, waiters: number | MoreWaiters): void {
    if (!(#continuation in promise)) new PromiseStamp(promise);
    (promise as PromiseStamp).#waiters = waiters;
  }

  /** Sets what an await of the promise waits for, unless it is known. */
  static explain(promise: object, reason: number): void {
    if (!(#continuation in promise)) new PromiseStamp(promise);
    const stamped = promise as PromiseStamp;
    if (stamped.#reason === 0) stamped.#reason = reason;
  }
}
