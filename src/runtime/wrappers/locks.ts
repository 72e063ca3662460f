/** `navigator.locks.request`: a callback that waits for a lock. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { Reason } from "../../core/reason.ts";
import {
  callbackSite,
  explainOpen,
  inOwnSlice,
  type WrapperContext,
} from "./callback.ts";
import { Operation } from "./operation.ts";
import { type AnyFunction, replace } from "./replace.ts";

/** Marks callbacks of locks in what led to their site. */
const LOCK_CALLBACK = 12;

/** Wraps `request` of `locks` and of all its kind. */
export function wrapLockRequest(context: WrapperContext, locks: object): void {
  const { recorder, sites } = context;
  // The lock's name may be anything, a secret too.
  const operation = new Operation(
    sites,
    "navigator.locks.request",
    Reason.Sync,
  );
  replace(
    Object.getPrototypeOf(locks),
    "request",
    (original) =>
      function wrapper(this: unknown, ...args: unknown[]): unknown {
        const at = args.length - 1;
        const callback = args[at];
        if (!recorder.isRecording || typeof callback !== "function") {
          return Reflect.apply(original, this, args);
        }
        const fn = callback as AnyFunction;
        const wait = operation.wait(args, this);
        const name = "lock holder";
        const site = callbackSite(context, fn, name, LOCK_CALLBACK, wrapper);
        const id = recorder.schedule(ContinuationKind.Operation, site, wait);
        args[at] = inOwnSlice(context, id, fn);
        const promise: unknown = context.callOpen(original, this, args);
        if (promise instanceof Promise) explainOpen(context, promise, wait);
        return promise;
      },
  );
}
