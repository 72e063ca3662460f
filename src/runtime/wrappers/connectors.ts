/** Functions that return an emitter which calls their callback when it is ready. */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import { claimFor, type WrapperContext } from "./callback.ts";
import { Operation } from "./operation.ts";
import { wrapCallback } from "./operations.ts";
import { setPending, setWaitOf } from "./remotes.ts";
import { replace } from "./replace.ts";

/** The `wrap` of a row whose functions are such. */
export function wrapConnectors(
  row: Pick<ApiRow, "owner" | "keys" | "reason" | "target">,
): (context: WrapperContext, owner: object) => void {
  return (context, owner) => {
    for (const key of row.keys) wrapConnector(row, key, context, owner);
  };
}

function wrapConnector(
  { owner: name, reason, target }: Omit<ApiRow, "keys" | "family" | "how">,
  key: string,
  context: WrapperContext,
  owner: object,
): void {
  const { recorder, sites } = context;
  const operation = new Operation(
    sites,
    operationName(name, key),
    reason,
    target,
  );
  replace(owner, key, (original) => {
    const connect = wrapCallback(
      original,
      operation,
      context,
      () => false,
      setPending,
    );
    return function (this: unknown, ...args: unknown[]): unknown {
      if (!recorder.isRecording) return Reflect.apply(original, this, args);
      const emitter: unknown = Reflect.apply(connect, this, args);
      const wait = operation.wait(args, this);
      setWaitOf(emitter, wait);
      if (!args.some(isFunction)) claimFor(context, wait);
      return emitter;
    };
  });
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
