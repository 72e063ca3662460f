/** Accessors that give a promise which something else settles, as `closed`. */

import type { ApiRow } from "../apis/api_table.ts";
import { operationName } from "../apis/api_table.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { Operation } from "./operation.ts";
import { type AnyFunction, mimic } from "./replace.ts";

/** The `wrap` of a row whose keys are accessors of promises. */
export function wrapPromiseGetters(
  row: Pick<ApiRow, "owner" | "keys" | "reason">,
): (context: WrapperContext, owner: object) => void {
  return (context, owner) => {
    for (const key of row.keys) {
      const name = operationName(row.owner, key);
      const operation = new Operation(context.sites, name, row.reason);
      wrapPromiseGetter(owner, key, operation, context);
    }
  };
}

function wrapPromiseGetter(
  owner: object,
  key: string,
  operation: Operation,
  context: WrapperContext,
): void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  if (descriptor?.get === undefined || !descriptor.configurable) return;
  const original: AnyFunction = descriptor.get;
  const { recorder } = context;
  const get = function (this: unknown): unknown {
    const promise: unknown = Reflect.apply(original, this, []);
    if (recorder.isRecording && promise instanceof Promise) {
      explain(context, promise, operation.wait([], this));
    }
    return promise;
  };
  mimic(get, original);
  Object.defineProperty(owner, key, { ...descriptor, get });
}
