/** Functions that call back if they are given a callback, and else return a promise or block. */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import type { WrapperContext } from "./callback.ts";
import { Operation } from "./operation.ts";
import { wrapCallback, wrapPromise, wrapSync } from "./operations.ts";
import { replace } from "./replace.ts";

/** The operation that function `key` of `row` is. */
export function operationOf(
  row: ApiRow,
  key: string,
  context: WrapperContext,
): Operation {
  const name = operationName(row.owner, key);
  return new Operation(context.sites, name, row.reason, row.target);
}

/** Wraps the functions of `row`; without a callback they are what `other` says. */
export function wrapEither(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
  other: "promise" | "sync",
): void {
  const wrapOther = other === "promise" ? wrapPromise : wrapSync;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(owner, key, (original) => {
      const withCallback = wrapCallback(original, operation, context);
      const without = wrapOther(original, operation, context);
      return function (this: unknown, ...args: unknown[]): unknown {
        const hasCallback = typeof args[args.length - 1] === "function";
        return Reflect.apply(hasCallback ? withCallback : without, this, args);
      };
    });
  }
}
