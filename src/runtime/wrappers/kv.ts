/** The queue of Deno KV. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import type { ApiRow } from "../apis/api_table.ts";
import { nameOf, runOwnSlice, type WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { wrapPromise } from "./operations.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";

/** Wraps the functions of `row`, whose first argument is called for each message. */
export function wrapQueue(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(owner, key, (original) => {
      const wrapped = wrapPromise(original, operation, context);
      return function (this: unknown, ...args: unknown[]): unknown {
        if (typeof args[0] === "function") {
          args[0] = wrapHandler(args[0] as AnyFunction, context);
        }
        return Reflect.apply(wrapped, this, args);
      };
    });
  }
}

/** A function that the runtime calls whenever there is a message: each time a task. */
function wrapHandler(
  handler: AnyFunction,
  context: WrapperContext,
): AnyFunction {
  const { recorder, sites } = context;
  const site = sites.renamed(0, nameOf(handler) || "queue handler");
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isOn) return Reflect.apply(handler, this, args);
    const { continuations } = recorder;
    const id = continuations.make(ContinuationKind.Immediate, site, 0);
    return runOwnSlice(context, id, handler, this, args);
  };
  mimic(wrapper, handler);
  return wrapper;
}
