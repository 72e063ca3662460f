/**
 * Compression where the functions themselves are out of reach: each has a stream
 * do its work, and gives that what is to be compressed when it ends it.
 */

import type { ApiRow } from "../apis/api_table.ts";
import { claimFor, type WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { replace } from "./replace.ts";

/** Wraps what the streams of the functions of `row` are ended with. */
export function wrapCompressors(
  row: ApiRow,
  context: WrapperContext,
  module: object,
): void {
  const { recorder } = context;
  for (const key of row.keys) {
    const name = key.charAt(0).toUpperCase() + key.slice(1);
    const stream: unknown = Reflect.get(module, name);
    if (typeof stream !== "function") continue;
    const wait = operationOf(row, key, context).wait([], undefined);
    replace(
      stream.prototype,
      "end",
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          if (!recorder.isRecording) return Reflect.apply(original, this, args);
          // Before, for a promise made just now; after, as a stream has ticks run.
          claimFor(context, wait, true);
          const result: unknown = Reflect.apply(original, this, args);
          recorder.explained.claim(wait, true);
          return result;
        },
    );
  }
}
