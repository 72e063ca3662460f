/** Promise.all, allSettled, race and any: what an await of them waits for. */

import { Reason } from "../../core/reason.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { replace } from "./replace.ts";

const REASONS = {
  all: Reason.Sync,
  allSettled: Reason.Sync,
  race: Reason.Select,
  any: Reason.Select,
} as const;

/** Wraps the four combinators. Subclasses go through them as before. */
export function wrapCombinators(context: WrapperContext): void {
  const { recorder } = context;
  for (const [key, reason] of Object.entries(REASONS)) {
    replace(
      Promise,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          if (!recorder.isRecording) return Reflect.apply(original, this, args);
          const promise = context.relaying(() =>
            Reflect.apply(original, this, args)
          );
          if (promise instanceof Promise) explain(context, promise, reason);
          return promise;
        },
    );
  }
}
