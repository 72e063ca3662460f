/** fetch: its own work is the runtime's, its wait is the network's. */

import { Reason } from "../../core/reason.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { replace } from "./replace.ts";

/** Wraps the global fetch. */
export function wrapFetch(context: WrapperContext): void {
  const { recorder } = context;
  replace(
    globalThis,
    "fetch",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (!recorder.isRecording) return Reflect.apply(original, this, args);
        const isOurs = !mayRunProgram(args);
        if (isOurs) recorder.untraced++;
        try {
          const promise: unknown = Reflect.apply(original, this, args);
          if (promise instanceof Promise) {
            explain(context, promise, Reason.Network);
          }
          return promise;
        } finally {
          if (isOurs && recorder.untraced > 0) recorder.untraced--;
        }
      },
  );
}

/**
 * True if code of the program may run as part of the call: a body that is a
 * stream is pulled by it. A Request may have one, and asking would make it.
 */
function mayRunProgram(args: readonly unknown[]): boolean {
  const init = args[1] as { body?: unknown } | null | undefined;
  if (init?.body instanceof ReadableStream) return true;
  const request = args[0];
  return request instanceof Request &&
    request.method !== "GET" && request.method !== "HEAD";
}
