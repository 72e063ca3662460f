/** setTimeout, setInterval, setImmediate and what clears them. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { Reason } from "../../core/reason.ts";
import { NO_FILE, NO_SITE } from "../../core/site_table.ts";
import { type Wait, waitOf } from "../../core/wait.ts";
import {
  callbackSite,
  nameOf,
  runSlice,
  type WrapperContext,
} from "./callback.ts";
import { claimBuilt } from "./operations.ts";
import { PendingTimers } from "./pending_timers.ts";
import { type AnyFunction, replace } from "./replace.ts";

/** A callback that is called again and again. Its id changes with the recording. */
interface Interval {
  id: number;
}

/** Wraps the timers of `target`, the global object or `node:timers`. */
export function wrapTimers(target: object, context: WrapperContext): void {
  const pending = new PendingTimers<Interval>();
  replace(
    target,
    "setTimeout",
    (original) => wrapTimeout(original, context, pending),
  );
  replace(
    target,
    "setImmediate",
    (original) => wrapImmediate(original, context, pending),
  );
  replace(
    target,
    "setInterval",
    (original) => wrapInterval(original, context, pending),
  );
  for (const key of ["clearTimeout", "clearInterval", "clearImmediate"]) {
    replace(target, key, (original) => wrapClear(original, context, pending));
  }
}

/** The wait for a timer that `name` sets. */
function sleepOf(name: string, { sites }: WrapperContext): Wait {
  return waitOf(Reason.Sleep, sites.put(name, NO_FILE, 0));
}

function wrapTimeout(
  original: AnyFunction,
  context: WrapperContext,
  pending: PendingTimers<Interval>,
): AnyFunction {
  const { recorder, sites } = context;
  const wait = sleepOf("setTimeout", context);
  return function wrapper(this: unknown, ...args: unknown[]): unknown {
    const callback = args[0];
    if (!recorder.isRecording || typeof callback !== "function") {
      return Reflect.apply(original, this, args);
    }
    const fn = callback as AnyFunction;
    // What a promise's executor does first tells what the promise waits for.
    const isSleep = claimBuilt(context, wait, fn);
    // Something else may be what settles the promise.
    if (!isSleep) recorder.explained.claim(0);
    const site = isSleep ? NO_SITE : callbackSite(
      context,
      fn,
      "setTimeout callback",
      ContinuationKind.Timer,
      wrapper,
    );
    // The runtime's own timers are the loop's doing.
    if (site === sites.runtime) return Reflect.apply(original, this, args);
    const kind = isSleep ? ContinuationKind.Sleep : ContinuationKind.Timer;
    const id = recorder.schedule(kind, site, wait);
    return callOnce(context, original, this, args, id, pending);
  };
}

function wrapImmediate(
  original: AnyFunction,
  context: WrapperContext,
  pending: PendingTimers<Interval>,
): AnyFunction {
  const { recorder, sites } = context;
  const kind = ContinuationKind.Immediate;
  return function wrapper(this: unknown, ...args: unknown[]): unknown {
    const callback = args[0];
    if (!recorder.isRecording || typeof callback !== "function") {
      return Reflect.apply(original, this, args);
    }
    const fn = callback as AnyFunction;
    recorder.explained.claim(0);
    const name = "setImmediate callback";
    const site = callbackSite(context, fn, name, kind, wrapper);
    if (site === sites.runtime) return Reflect.apply(original, this, args);
    const id = recorder.schedule(kind, site);
    return callOnce(context, original, this, args, id, pending);
  };
}

/** Has what `original` calls recorded as continuation `id`. */
function callOnce(
  context: WrapperContext,
  original: AnyFunction,
  receiver: unknown,
  args: unknown[],
  id: number,
  pending: PendingTimers<Interval>,
): unknown {
  if (id === 0) return Reflect.apply(original, receiver, args);
  const callback = args[0] as AnyFunction;
  args[0] = function (this: unknown, ...given: unknown[]): unknown {
    pending.delete(handle);
    return runSlice(context, id, callback, this, given);
  };
  const handle: unknown = Reflect.apply(original, receiver, args);
  pending.set(handle, id);
  return handle;
}

// An interval outlives recordings: it is wrapped even while none runs, and
// gets a new continuation in each that sees it.
function wrapInterval(
  original: AnyFunction,
  context: WrapperContext,
  pending: PendingTimers<Interval>,
): AnyFunction {
  const { recorder } = context;
  const wait = sleepOf("setInterval", context);
  const kind = ContinuationKind.Interval;
  return function setInterval(this: unknown, ...args: unknown[]): unknown {
    const callback = args[0];
    if (recorder.untraced > 0 || typeof callback !== "function") {
      return Reflect.apply(original, this, args);
    }
    const fn = callback as AnyFunction;
    const name = nameOf(fn) || "setInterval callback";
    const site = context.siteHere(name, setInterval);
    const interval: Interval = { id: 0 };
    if (recorder.isOn) interval.id = recorder.schedule(kind, site, wait);
    args[0] = function (this: unknown, ...given: unknown[]): unknown {
      if (!recorder.isOn) return Reflect.apply(fn, this, given);
      const { continuations } = recorder;
      if (continuations.slot(interval.id) === 0) {
        interval.id = continuations.make(kind, site, wait);
      }
      return runSlice(context, interval.id, fn, this, given);
    };
    const handle: unknown = Reflect.apply(original, this, args);
    pending.set(handle, interval);
    return handle;
  };
}

function wrapClear(
  original: AnyFunction,
  { recorder }: WrapperContext,
  pending: PendingTimers<Interval>,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    const entry = pending.take(args[0]);
    if (entry !== undefined && recorder.isRecording) {
      const id = typeof entry === "number" ? entry : entry.id;
      // What has been called already has none.
      if (recorder.continuations.slot(id) !== 0) recorder.cancel(id);
    }
    return Reflect.apply(original, this, args);
  };
}
