/**
 * Timers that are set, by the handle that the runtime gave out. A handle that
 * is an object (Node, Bun) keeps its entry itself, as a private field; numbers
 * (Deno) are in a map.
 */

import { Given } from "../promise_stamp.ts";

let nextEntry: unknown;

/** The field; see the head of this file. */
class TimerStamp extends Given {
  #entry = nextEntry;

  static take(handle: object): unknown {
    if (!(#entry in handle)) return undefined;
    const entry = handle.#entry;
    handle.#entry = undefined;
    return entry;
  }

  static set(handle: object, entry: unknown): void {
    if (#entry in handle) {
      handle.#entry = entry;
      return;
    }
    nextEntry = entry;
    new TimerStamp(handle);
    nextEntry = undefined;
  }
}

/** Ids of continuations, or `T`, by handle. */
export class PendingTimers<T> {
  readonly #numbers = new Map<unknown, number | T>();

  /** Remembers the entry of a handle. */
  set(handle: unknown, entry: number | T): void {
    if (typeof handle !== "object" || handle === null) {
      this.#numbers.set(handle, entry);
    } else TimerStamp.set(handle, entry);
  }

  /** The timer of `handle` has been called. */
  delete(handle: unknown): void {
    // On an object it goes with the handle.
    if (typeof handle !== "object") this.#numbers.delete(handle);
  }

  /** The entry of a handle, which is forgotten; undefined if there is none. */
  take(handle: unknown): number | T | undefined {
    if (typeof handle === "object" && handle !== null) {
      return TimerStamp.take(handle) as number | T | undefined;
    }
    const entry = this.#numbers.get(handle);
    if (entry !== undefined) this.#numbers.delete(handle);
    return entry;
  }
}
