/** Callbacks that the loop calls: how a wrapper of them looks. */

import type { Settler } from "../../core/explained.ts";
import type { Wait } from "../../core/wait.ts";
import type { StackTop } from "../../core/stack_capture.ts";
import { TurnRecorder } from "../../core/turn_recorder.ts";
import { NO_SITE, type SiteTable } from "../../core/site_table.ts";
import { PromiseStamp } from "../promise_stamp.ts";
import type { AnyFunction } from "./replace.ts";

/** What every wrapper works with. */
export interface WrapperContext {
  readonly recorder: TurnRecorder;
  readonly sites: SiteTable;
  /** The promise made last, if nothing happened since. */
  lastPlain(): object | undefined;
  /**
   * A site named `name` at the line that runs now, whatever it costs: for what
   * happens seldom and also while nothing records.
   */
  siteHere(name: string, top: StackTop): number;
  /** Runs `fn`, whose reactions only pass a result on. */
  relaying<T>(fn: () => T): T;
  /**
   * Calls a function of the runtime's that may call the program's. Awaits of its
   * own are not taken for the program's, as far as hooks can tell them apart.
   */
  callOpen(
    original: AnyFunction,
    receiver: unknown,
    args: readonly unknown[],
  ): unknown;
  /** Something that the loop or the queue of microtasks calls is to begin. */
  beforeSlice?(): void;
  /**
   * What a callback returned, for `TurnRecorder.leave`; where the runtime's hooks
   * have to look at it themselves.
   */
  resultOf?(value: unknown): number;
}

/** Says that an await of `promise` waits for `wait`, and who will end it. */
export function explain(
  { recorder }: WrapperContext,
  promise: object,
  wait: Wait,
  settler?: Settler,
): void {
  recorder.wrappedCalls++;
  // Only hooks read stamps. V8's have stamped it already, which makes it cheap.
  if (recorder.takesPromises || recorder.marksAlways) {
    PromiseStamp.explain(promise, wait);
  }
  recorder.explained.explain(promise, wait, settler);
}

/**
 * As {@linkcode explain}, for what `callOpen` returned: what was seen to wait
 * inside is no call of the program's.
 */
export function explainOpen(
  context: WrapperContext,
  promise: object,
  wait: Wait,
): void {
  explain(context, promise, wait);
  context.relaying(doNothing);
}

function doNothing(): void {}

/**
 * A promise may be being built around an operation: it waits for that then.
 *
 * @param isCalled true if a callback of the program's settles it, not the loop
 */
export function claimFor(
  context: WrapperContext,
  wait: Wait,
  isCalled = false,
): void {
  const promise = context.lastPlain();
  if (promise !== undefined) PromiseStamp.guess(promise, wait);
  context.recorder.explained.claim(wait, isCalled);
}

/** Runs `callback` as a slice of continuation `id`. */
export function runSlice(
  context: WrapperContext,
  id: number,
  callback: AnyFunction,
  receiver: unknown,
  args: ArrayLike<unknown>,
): unknown {
  const { recorder } = context;
  context.beforeSlice?.();
  if (!recorder.enter(id)) return Reflect.apply(callback, receiver, args);
  let result = 0;
  try {
    const value: unknown = Reflect.apply(callback, receiver, args);
    result = context.resultOf === undefined
      ? TurnRecorder.resultOf(value)
      : context.resultOf(value);
    return value;
  } finally {
    recorder.leave(result);
  }
}

/** `callback`, recorded as continuation `id` whenever it is called. */
export function inSlice(
  context: WrapperContext,
  id: number,
  callback: AnyFunction,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    return runSlice(context, id, callback, this, args);
  };
}

/**
 * As {@linkcode inSlice}, for a callback that was handed over while something
 * recorded: the runtime may call it in the middle of work of its own, which is
 * not recorded.
 */
export function inOwnSlice(
  context: WrapperContext,
  id: number,
  callback: AnyFunction,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    return runOwnSlice(context, id, callback, this, args);
  };
}

/** As {@linkcode runSlice}, also in the middle of what is not recorded. */
export function runOwnSlice(
  context: WrapperContext,
  id: number,
  callback: AnyFunction,
  receiver: unknown,
  args: unknown[],
): unknown {
  const { recorder } = context;
  const { untraced, starts } = recorder;
  if (untraced === 0 || !recorder.isOn) {
    return runSlice(context, id, callback, receiver, args);
  }
  recorder.untraced = 0;
  try {
    return runSlice(context, id, callback, receiver, args);
  } finally {
    const isSame = recorder.isOn && recorder.starts === starts;
    if (isSame) recorder.untraced = untraced;
  }
}

const toSource = Function.prototype.toString;
const NATIVE = "function () { [native code] }";

/** True for the `resolve` and `reject` that a promise's executor is given. */
export function isResolver(callback: AnyFunction): boolean {
  // Only these two, and bound functions, print so; a bound one has a name. That
  // is asked last: JavaScriptCore takes 150 ns to make a function's first.
  return toSource.call(callback) === NATIVE && nameOf(callback) === "";
}

/** The callback's name, or "" if it has none that is text. */
export function nameOf(callback: AnyFunction): string {
  try {
    // A getter of the program's own may run here, and may throw.
    const { name } = callback;
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}

/**
 * A site named after a callback, at the line that runs now, which is the one
 * that hands the callback over. `fallback` names callbacks without a name.
 * The runtime's site, if it is the runtime that does.
 */
export function callbackSite(
  { recorder, sites }: WrapperContext,
  callback: AnyFunction,
  fallback: string,
  discriminator: number,
  top: StackTop,
): number {
  const name = nameOf(callback) || fallback;
  const here = recorder.siteOf(discriminator, top);
  if (here === sites.runtime) return here;
  return here === NO_SITE && name === fallback
    ? NO_SITE
    : sites.renamed(here, name);
}
