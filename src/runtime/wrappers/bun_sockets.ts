/** Bun.connect, Bun.listen and Bun.udpSocket: the handlers in their options. */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import { callerFile, type StackTop } from "../../core/stack_capture.ts";
import { isRuntime } from "../frames.ts";
import { overlay, wrapEvent } from "./bun_serve.ts";
import type { WrapperContext } from "./callback.ts";
import { Operation } from "./operation.ts";
import { wrapPromise } from "./operations.ts";
import { type AnyFunction, replace } from "./replace.ts";

/** Handlers that Bun calls. */
const EVENTS = [
  "open",
  "data",
  "drain",
  "close",
  "end",
  "error",
  "timeout",
  "handshake",
  "connectError",
] as const;

type Options = Record<string, unknown>;

/** Wraps the row's functions, which return promises of sockets. */
export function wrapBunConnects(
  row: Pick<ApiRow, "owner" | "keys" | "reason" | "target">,
): (context: WrapperContext, namespace: object) => void {
  return (context, namespace) => {
    for (const key of row.keys) {
      const name = operationName(row.owner, key);
      const { reason, target } = row;
      const operation = new Operation(context.sites, name, reason, target);
      replace(namespace, key, (original) => {
        const open = function (this: unknown, ...args: unknown[]): unknown {
          args[0] = wrapOptions(args[0], context, connect);
          return Reflect.apply(original, this, args);
        };
        const connect = wrapPromise(open, operation, context, () => false);
        return function wrapper(this: unknown, ...args: unknown[]): unknown {
          const isOurs = isByRuntime(wrapper);
          return Reflect.apply(isOurs ? original : connect, this, args);
        };
      });
    }
  };
}

/** Wraps a function that returns a listener, whose handlers may be changed. */
export function wrapBunListen(
  context: WrapperContext,
  namespace: object,
): void {
  wrapHandlersOf(namespace, "listen", context, (listener) => {
    if (typeof listener === "object" && listener !== null) {
      wrapHandlersOf(listener, "reload", context);
    }
  });
}

function wrapHandlersOf(
  target: object,
  key: string,
  context: WrapperContext,
  made?: (result: unknown) => void,
): void {
  replace(
    target,
    key,
    (original) =>
      function wrapper(this: unknown, ...args: unknown[]): unknown {
        if (!isByRuntime(wrapper)) {
          args[0] = wrapOptions(args[0], context, wrapper);
        }
        const result: unknown = Reflect.apply(original, this, args);
        made?.(result);
        return result;
      },
  );
}

/** True if node's sockets, which are made of Bun's, have called `wrapper`. */
function isByRuntime(wrapper: StackTop): boolean {
  const file = callerFile(wrapper);
  return file !== undefined && isRuntime(file);
}

/** The options with wrappers in the place of the handlers in `socket`. */
function wrapOptions(
  options: unknown,
  context: WrapperContext,
  top: StackTop,
): unknown {
  if (typeof options !== "object" || options === null) return options;
  const { socket } = options as Options;
  if (typeof socket !== "object" || socket === null) return options;
  const wrapped: Options = {};
  for (const event of EVENTS) {
    const handler = (socket as Options)[event];
    if (typeof handler !== "function") continue;
    const name = `socket ${event}`;
    wrapped[event] = wrapEvent(handler as AnyFunction, name, context, top);
  }
  const handlers = overlay(socket as Options, wrapped);
  return overlay(options as Options, { socket: handlers });
}
