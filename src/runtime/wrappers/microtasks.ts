/** queueMicrotask and process.nextTick. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import {
  callbackSite,
  inSlice,
  nameOf,
  type WrapperContext,
} from "./callback.ts";
import { type AnyFunction, replace } from "./replace.ts";

/**
 * Ticks of node's streams and sockets, which they set in the middle of a call of
 * the program's: Node 20 to 24, Deno 2.9, Bun 1.4.
 */
const RUNTIME_TICKS = new Set([
  "afterWriteTick",
  "emitReadable_",
  "flow",
  "maybeReadMore_",
  "resume_",
  "onDestroy",
  "onConstruct",
]);

/** So node calls what it gives to `nextTick`. */
const TICK_SUFFIX = "NT";

function isRuntimeTick(callback: AnyFunction): boolean {
  const name = nameOf(callback);
  return name.endsWith(TICK_SUFFIX) || RUNTIME_TICKS.has(name);
}

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
        const isInternal = isRuntimeTick(fn);
        // What is awaited next may be settled by this: not by a timer.
        if (!isInternal) recorder.explained.takeClaim();
        const site = isInternal
          ? context.sites.runtime
          : callbackSite(context, fn, `${key} callback`, 3, wrapper);
        const kind = site === context.sites.runtime
          ? ContinuationKind.Relay
          : ContinuationKind.Microtask;
        const id = recorder.schedule(kind, site);
        args[0] = inSlice(context, id, fn);
        return Reflect.apply(original, this, args);
      },
  );
}
