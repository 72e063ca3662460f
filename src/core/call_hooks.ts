/**
 * What transformed code calls, in the order of a function's life. The transform
 * writes these calls, `runtime/calls.ts` receives them.
 */

/** Name of the global under which transformed code finds {@linkcode CallHooks}. */
export const CALL_HOOKS_NAME = "$looptrace";

/**
 * See the head of this file. `Call` is one run of an async function, made by
 * `enter` and handed back in every later call. None of them throws or makes a
 * promise. Sites are numbers of the recorder's site table.
 */
export interface CallHooks<Call = object> {
  /** First thing in the body of an async function. `site` is the function's. */
  enter(site: number): Call;
  /** First thing in the body of an async generator. */
  generate(site: number): Call;
  /** A module with a top-level await begins. */
  module(site: number): Call;
  /** Around the operand of an `await` that is no call. Gives `value`. */
  wait<T>(call: Call, site: number, value: T): T;
  /**
   * Directly before a call that is awaited, if nothing else is called to find out
   * its callee and arguments. Gives `call`.
   */
  mark(call: Call): Call;
  /** Otherwise, around its last argument: what was called up to now was not it. */
  argument<T>(call: Call, value: T): T;
  /** Around such a call, when it is awaited. Gives `value`. */
  waitCall<T>(call: Call, site: number, value: T): T;
  /** Around an `await`: it is over. Gives `value`. */
  resume<T>(call: Call, value: T): T;
  /** At the head of a catch or finally block: an await may have thrown. */
  caught(call: Call): void;
  /** After an await that is not written, as in `for await`. */
  passed(call: Call): void;
  /** Around the operand of a `yield` of an async generator. Gives `value`. */
  yielding<T>(call: Call, site: number, value: T): T;
  /** Around such a `yield`. Gives `value`. */
  yielded<T>(call: Call, value: T): T;
  /** Around what a `for await` loops over. Gives that, or what does the same. */
  iterate<T>(call: Call, site: number, iterable: T): T;
  /** As `mark`, before a call whose result is returned. */
  markTail(call: Call): Call;
  /** Around a call whose result an async function returns. Gives `value`. */
  tail<T>(call: Call, value: T): T;
  /** Around what else an async function returns, if it may be a promise. Gives `value`. */
  result<T>(call: Call, value: T): T;
  /** Last thing in the body, however it is left. */
  exit(call: Call): void;
}
