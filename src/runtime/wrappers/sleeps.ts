/** Functions of the runtime that return a promise which a timer settles. */

import { Reason } from "../../core/reason.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { replace } from "./replace.ts";

/** Wraps `target[key]`, which returns a promise: an await of it is a sleep. */
export function wrapSleep(
  target: object,
  key: string,
  context: WrapperContext,
): void {
  const { recorder } = context;
  replace(
    target,
    key,
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const promise: unknown = Reflect.apply(original, this, args);
        if (recorder.isRecording && promise instanceof Promise) {
          explain(context, promise, Reason.Sleep);
        }
        return promise;
      },
  );
}
