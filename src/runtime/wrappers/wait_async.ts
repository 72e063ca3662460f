/** `Atomics.waitAsync`, which returns an object with a promise in it. */

import type { ApiRow } from "../apis/api_table.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { replace } from "./replace.ts";

/** Wraps the functions of `row`. */
export function wrapWaitAsync(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  const { recorder } = context;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(
      owner,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const result: unknown = Reflect.apply(original, this, args);
          if (!recorder.isRecording) return result;
          const promise = (result as { value?: unknown }).value;
          if (promise instanceof Promise) {
            explain(context, promise, operation.wait(args, this));
          }
          return result;
        },
    );
  }
}
