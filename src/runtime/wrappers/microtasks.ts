/** queueMicrotask and process.nextTick. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { callbackSite, inSlice, type WrapperContext } from "./callback.ts";
import { type AnyFunction, replace } from "./replace.ts";

/** Wraps `target[key]`, which takes a callback and runs it in this turn. */
export function wrapMicrotask(
  target: object,
  key: string,
  context: WrapperContext,
): void {
  const { recorder } = context;
  replace(
    target,
    key,
    (original) =>
      function wrapper(this: unknown, ...args: unknown[]): unknown {
        const callback = args[0];
        if (!recorder.isRecording || typeof callback !== "function") {
          return Reflect.apply(original, this, args);
        }
        const fn = callback as AnyFunction;
        // What is awaited next may be settled by this: not by a timer.
        recorder.explained.takeClaim();
        const site = callbackSite(context, fn, `${key} callback`, 3, wrapper);
        const kind = site === context.sites.runtime
          ? ContinuationKind.Relay
          : ContinuationKind.Microtask;
        const id = recorder.schedule(kind, site);
        args[0] = inSlice(context, id, fn);
        return Reflect.apply(original, this, args);
      },
  );
}
