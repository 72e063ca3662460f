/** setTimeout, setInterval, setImmediate and what clears them. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { Reason } from "../../core/reason.ts";
import { NO_FILE, NO_SITE } from "../../core/site_table.ts";
import { type Wait, waitOf } from "../../core/wait.ts";
import {
  callbackSite,
  inSlice,
  nameOf,
  type WrapperContext,
} from "./callback.ts";
import { claimBuilt } from "./operations.ts";
import { type AnyFunction, replace } from "./replace.ts";

/** A callback that waits to be called. Its id changes with the recording. */
interface Pending {
  id: number;
}

/** Wraps the timers of `target`, the global object or `node:timers`. */
export function wrapTimers(target: object, context: WrapperContext): void {
  // What is pending, by the handle that the runtime gave out.
  const pending = new Map<unknown, Pending>();
  replace(
    target,
    "setTimeout",
    (original) => wrapOnce(original, ContinuationKind.Timer, context, pending),
  );
  replace(
    target,
    "setImmediate",
    (original) =>
      wrapOnce(original, ContinuationKind.Immediate, context, pending),
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

/** setTimeout and setImmediate: what is called once. */
function wrapOnce(
  original: AnyFunction,
  kind: typeof ContinuationKind.Timer | typeof ContinuationKind.Immediate,
  context: WrapperContext,
  pending: Map<unknown, Pending>,
): AnyFunction {
  const { recorder, sites } = context;
  const isTimer = kind === ContinuationKind.Timer;
  const name = isTimer ? "setTimeout" : "setImmediate";
  const fallback = `${name} callback`;
  const wait = isTimer ? sleepOf(name, context) : 0;
  return function wrapper(this: unknown, ...args: unknown[]): unknown {
    const callback = args[0];
    if (!recorder.isRecording || typeof callback !== "function") {
      return Reflect.apply(original, this, args);
    }
    const fn = callback as AnyFunction;
    const isSleep = isTimer && claimBuilt(context, wait, fn);
    // Something else may be what settles the promise.
    if (!isSleep) recorder.explained.claim(0);
    const site = isSleep
      ? NO_SITE
      : callbackSite(context, fn, fallback, kind, wrapper);
    // The runtime's own timers are the loop's doing.
    if (site === sites.runtime) return Reflect.apply(original, this, args);
    const id = recorder.schedule(
      isSleep ? ContinuationKind.Sleep : kind,
      site,
      wait,
    );
    const run = inSlice(context, id, fn);
    return callOnce(original, this, args, run, pending, id);
  };
}

/** The wait for a timer that `name` sets. */
function sleepOf(name: string, { sites }: WrapperContext): Wait {
  return waitOf(Reason.Sleep, sites.put(name, NO_FILE, 0));
}

/** Hands `run` over in the place of the callback and remembers its handle. */
function callOnce(
  original: AnyFunction,
  receiver: unknown,
  args: unknown[],
  run: AnyFunction,
  pending: Map<unknown, Pending>,
  id: number,
): unknown {
  let handle: unknown = undefined;
  args[0] = function (this: unknown, ...given: unknown[]): unknown {
    pending.delete(handle);
    return Reflect.apply(run, this, given);
  };
  handle = Reflect.apply(original, receiver, args);
  if (id !== 0) pending.set(handle, { id });
  return handle;
}

// An interval outlives recordings: it is wrapped even while none runs, and
// gets a new continuation in each that sees it.
function wrapInterval(
  original: AnyFunction,
  context: WrapperContext,
  pending: Map<unknown, Pending>,
): AnyFunction {
  const { recorder } = context;
  const wait = sleepOf("setInterval", context);
  return function setInterval(this: unknown, ...args: unknown[]): unknown {
    const callback = args[0];
    if (recorder.untraced > 0 || typeof callback !== "function") {
      return Reflect.apply(original, this, args);
    }
    const fn = callback as AnyFunction;
    const name = nameOf(fn) || "setInterval callback";
    const site = context.siteHere(name, setInterval);
    const interval: Pending = { id: 0 };
    if (recorder.isOn) {
      interval.id = recorder.schedule(
        ContinuationKind.Interval,
        site,
        wait,
      );
    }
    args[0] = function (this: unknown, ...given: unknown[]): unknown {
      if (!recorder.isOn) return Reflect.apply(fn, this, given);
      const { continuations } = recorder;
      if (continuations.slot(interval.id) === 0) {
        interval.id = continuations.make(ContinuationKind.Interval, site, wait);
      }
      return Reflect.apply(inSlice(context, interval.id, fn), this, given);
    };
    const handle = Reflect.apply(original, this, args);
    pending.set(handle, interval);
    return handle;
  };
}

function wrapClear(
  original: AnyFunction,
  { recorder }: WrapperContext,
  pending: Map<unknown, Pending>,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    const entry = pending.get(args[0]);
    if (entry !== undefined) {
      pending.delete(args[0]);
      if (recorder.isRecording) recorder.cancel(entry.id);
    }
    return Reflect.apply(original, this, args);
  };
}
