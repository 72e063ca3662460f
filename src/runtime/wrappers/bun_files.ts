/** Bun's files: blobs whose bytes are not in memory. */

import type { ApiRow } from "../apis/api_table.ts";
import type { WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { wrapFixed } from "./iterations.ts";
import { wrapPromise } from "./operations.ts";
import { replace } from "./replace.ts";

/** Method of a file that makes a sink. */
const WRITER = "writer";

/** The web's class, whose objects have a name and are in memory. */
const WebFile = globalThis.File;

/**
 * Wraps the methods of `row`, which files have in common with all blobs: those of
 * a blob in memory pass through.
 */
export function wrapBunFiles(
  row: ApiRow,
  context: WrapperContext,
  blobs: object,
): void {
  const { recorder } = context;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(blobs, key, (original) => {
      const wrapped = wrapPromise(original, operation, context);
      return function (this: unknown, ...args: unknown[]): unknown {
        const isOurs = recorder.isRecording && isBunFile(this);
        return Reflect.apply(isOurs ? wrapped : original, this, args);
      };
    });
  }
}

/** True for what `Bun.file` made, if it was given a name. */
function isBunFile(blob: unknown): boolean {
  return typeof (blob as { name?: unknown }).name === "string" &&
    !(blob instanceof WebFile);
}

/** Wraps the methods of `row` on every sink that a file makes: their prototype is fixed. */
export function wrapWriters(
  row: ApiRow,
  context: WrapperContext,
  blobs: object,
): void {
  const operations = row.keys.map((key) =>
    [key, operationOf(row, key, context)] as const
  );
  replace(
    blobs,
    WRITER,
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const sink: unknown = Reflect.apply(original, this, args);
        if (typeof sink !== "object" || sink === null) return sink;
        for (const [key, operation] of operations) {
          // Its target is the file's.
          const wait = operation.wait(args, this);
          replace(sink, key, (method) => wrapFixed(method, wait, context));
        }
        return sink;
      },
  );
}
