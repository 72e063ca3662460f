/** Promise.all, allSettled, race and any: what an await of them waits for. */

import type { Settler } from "../../core/explained.ts";
import { Reason } from "../../core/reason.ts";
import { NO_FILE } from "../../core/site_table.ts";
import { waitOf } from "../../core/wait.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { replaceForNow } from "./replace.ts";
import { type CombinatorName, settlerOf } from "./settlers.ts";

const REASONS = {
  all: Reason.Sync,
  allSettled: Reason.Sync,
  race: Reason.Select,
  any: Reason.Select,
} as const;

/**
 * Wraps the four combinators. Subclasses go through them as before.
 *
 * @returns what takes the wrappers out again: nobody imports these functions by
 * name, so none need stay
 */
export function wrapCombinators(context: WrapperContext): () => void {
  const { recorder, sites } = context;
  const restores = Object.entries(REASONS).map(([key, reason]) => {
    const wait = waitOf(reason, sites.put(`Promise.${key}`, NO_FILE, 0));
    return replaceForNow(
      Promise,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          if (!recorder.isRecording) return Reflect.apply(original, this, args);
          let settler: Settler | undefined;
          let promise: unknown;
          if (recorder.hasExactSlices || recorder.marksAlways) {
            // Hooks see the reactions that the engine attaches to the members.
            promise = context.relaying(() =>
              Reflect.apply(original, this, args)
            );
          } else {
            settler = settlerOf(recorder, key as CombinatorName, args[0]);
            promise = Reflect.apply(original, this, args);
          }
          if (promise instanceof Promise) {
            explain(context, promise, wait, settler);
          }
          return promise;
        },
    );
  });
  return () => restores.forEach((restore) => restore());
}
