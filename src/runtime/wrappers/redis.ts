/** Bun's Redis client: every command is a method that returns a promise. */

import type { Reason } from "../../core/reason.ts";
import type { WrapperContext } from "./callback.ts";
import { Operation } from "./operation.ts";
import { wrapOperation } from "./operations.ts";

/** Methods that are no commands. */
const OTHERS = new Set(["constructor", "close"]);

/** Wraps all commands of `prototype`. Their arguments are nobody's business. */
export function wrapCommands(
  context: WrapperContext,
  prototype: object,
  reason: Reason,
): void {
  for (const key of Object.getOwnPropertyNames(prototype)) {
    const own = Object.getOwnPropertyDescriptor(prototype, key);
    if (OTHERS.has(key) || typeof own?.value !== "function") continue;
    const name = `Bun.RedisClient.${key}`;
    const operation = new Operation(context.sites, name, reason);
    wrapOperation({ how: "promise" }, prototype, key, operation, context);
  }
}
