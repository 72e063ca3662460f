/** Callbacks that the loop calls: how a wrapper of them looks. */

import type { StackTop } from "../../core/stack_capture.ts";
import type { TurnRecorder } from "../../core/turn_recorder.ts";
import { NO_SITE, type SiteTable } from "../../core/site_table.ts";
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
}

/** `callback`, recorded as continuation `id` whenever it is called. */
export function inSlice(
  recorder: TurnRecorder,
  id: number,
  callback: AnyFunction,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.enter(id)) return Reflect.apply(callback, this, args);
    try {
      return Reflect.apply(callback, this, args);
    } finally {
      recorder.leave();
    }
  };
}

const toSource = Function.prototype.toString;
const NATIVE = "function () { [native code] }";

/** True for the `resolve` and `reject` that a promise's executor is given. */
export function isResolver(callback: AnyFunction): boolean {
  // Only these two, and bound functions, print so; a bound one has a name.
  return nameOf(callback) === "" && toSource.call(callback) === NATIVE;
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
