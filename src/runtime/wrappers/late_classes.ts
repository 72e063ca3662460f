/**
 * A class of which the program gets instances by promises of the runtime's
 * alone: it is known when the first one has come. Looked for where slices
 * begin, before the program's code runs; nothing is attached to a promise, whose
 * rejection would count as handled then.
 */

import type { TurnRecorder } from "../../core/turn_recorder.ts";

/** Promises looked at until the first instance has come. */
const MAX_PROMISES = 8;

/** What a promise was fulfilled with, in an array; undefined if it is pending, null if it is rejected. */
export type PeekResult = (
  promise: Promise<unknown>,
) => readonly [unknown] | null | undefined;

/** See the head of this file. */
export class LateClass {
  readonly #recorder: TurnRecorder;
  readonly #peek: PeekResult;
  readonly #found: (instance: object) => void;
  #isFound = false;
  #promises: Promise<unknown>[] = [];

  constructor(
    recorder: TurnRecorder,
    peek: PeekResult,
    found: (instance: object) => void,
  ) {
    this.#recorder = recorder;
    this.#peek = peek;
    this.#found = found;
  }

  /** `promise` may bring an instance. */
  expect(promise: unknown): void {
    if (this.#isFound || !(promise instanceof Promise)) return;
    if (this.#promises.length === MAX_PROMISES) this.#promises.shift();
    this.#promises.push(promise);
    this.#recorder.beforeSlice = this.#look;
  }

  readonly #look = (): void => {
    this.#promises = this.#promises.filter((promise) => {
      const result = this.#peek(promise);
      if (result === undefined) return true;
      if (result !== null) this.#see(result[0]);
      return false;
    });
    if (this.#isFound) this.#promises = [];
    if (this.#promises.length === 0) this.#recorder.beforeSlice = undefined;
  };

  #see(instance: unknown): void {
    if (this.#isFound || typeof instance !== "object") return;
    if (instance === null) return;
    this.#isFound = true;
    this.#found(instance);
  }
}
