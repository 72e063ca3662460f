/** Request handlers of Deno.serve and node:http. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { routeName } from "../../core/route_name.ts";
import { NO_FILE } from "../../core/site_table.ts";
import type { WrapperContext } from "./callback.ts";
import { type AnyFunction, replace } from "./replace.ts";

/** A request handler of the web: the first argument is a Request. */
export function wrapWebHandler(
  handler: AnyFunction,
  { recorder, sites, siteHere }: WrapperContext,
): AnyFunction {
  const { file, line } = sites.get(siteHere("request"));
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isOn) return Reflect.apply(handler, this, args);
    const { method, url } = args[0] as Request;
    const site = sites.put(routeName(method, url), file, line);
    const { continuations } = recorder;
    const id = continuations.make(ContinuationKind.Request, site, 0);
    if (!recorder.enter(id)) return Reflect.apply(handler, this, args);
    try {
      return Reflect.apply(handler, this, args);
    } finally {
      recorder.leave();
    }
  };
}

/** Wraps `Deno.serve`, in each of its three forms. */
export function wrapServe(target: object, context: WrapperContext): void {
  replace(
    target,
    "serve",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        return Reflect.apply(
          original,
          this,
          args.map((argument) => wrapArgument(argument, context)),
        );
      },
  );
}

/** A handler, options with a handler in them, or options without. */
function wrapArgument(argument: unknown, context: WrapperContext): unknown {
  if (typeof argument === "function") {
    return wrapWebHandler(argument as AnyFunction, context);
  }
  const options = argument as { handler?: unknown } | null | undefined;
  if (typeof options?.handler !== "function") return argument;
  const handler = wrapWebHandler(options.handler as AnyFunction, context);
  return { ...options, handler };
}

/** The part of node:http's server class that is wrapped. */
export interface NodeServerClass {
  readonly prototype: object;
}

/** Wraps `emit` of node:http's and node:https's servers, for "request". */
export function wrapNodeServer(
  server: NodeServerClass,
  { recorder, sites }: WrapperContext,
): void {
  replace(
    server.prototype,
    "emit",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (!recorder.isOn || args[0] !== "request") {
          return Reflect.apply(original, this, args);
        }
        const { method, url } = args[1] as { method?: string; url?: string };
        const name = routeName(method ?? "", url ?? "");
        const site = sites.put(name, NO_FILE, 0);
        const { continuations } = recorder;
        const id = continuations.make(ContinuationKind.Request, site, 0);
        if (!recorder.enter(id)) return Reflect.apply(original, this, args);
        try {
          return Reflect.apply(original, this, args);
        } finally {
          recorder.leave();
        }
      },
  );
}
