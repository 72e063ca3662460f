/** Request handlers of Deno.serve and node:http. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { EndFlag } from "../../core/raw_log.ts";
import { routeName } from "../../core/route_name.ts";
import { NO_SITE } from "../../core/site_table.ts";
import type { StackTop } from "../../core/stack_capture.ts";
import { runSlice, type WrapperContext } from "./callback.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";

/**
 * A request handler of the web: the first argument is a Request. `top` is the
 * function that the program gave it to. `pattern` names all its requests, if it
 * is known which path it serves.
 */
export function wrapWebHandler(
  handler: AnyFunction,
  context: WrapperContext,
  top: StackTop,
  pattern?: string,
): AnyFunction {
  const { recorder, sites } = context;
  const servedAt = context.siteHere("request", top);
  function wrapper(this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isOn) return Reflect.apply(handler, this, args);
    const { method, url } = args[0] as Request;
    const name = pattern === undefined
      ? routeName(method, url)
      : `${method} ${pattern}`;
    return inRequest(
      context,
      sites.renamed(servedAt, name),
      handler,
      this,
      args,
    );
  }
  mimic(wrapper, handler);
  // Deno 2.9 makes no Request for a handler that declares no parameter.
  const length = Math.max(handler.length, 1);
  Object.defineProperty(wrapper, "length", { value: length });
  return wrapper;
}

/** Runs a handler as the first slice of a request named by `site`. */
function inRequest(
  context: WrapperContext,
  site: number,
  handler: AnyFunction,
  receiver: unknown,
  args: unknown[],
): unknown {
  const { continuations } = context.recorder;
  const id = continuations.make(ContinuationKind.Request, site, 0);
  return runSlice(context, id, handler, receiver, args);
}

/** Wraps `Deno.serve`, in each of its three forms. */
export function wrapServe(target: object, context: WrapperContext): void {
  replace(
    target,
    "serve",
    (original) =>
      function serve(this: unknown, ...args: unknown[]): unknown {
        return Reflect.apply(
          original,
          this,
          args.map((argument) => wrapArgument(argument, context, serve)),
        );
      },
  );
}

/** A handler, options with a handler in them, or options without. */
function wrapArgument(
  argument: unknown,
  context: WrapperContext,
  top: StackTop,
): unknown {
  if (typeof argument === "function") {
    return wrapWebHandler(argument as AnyFunction, context, top);
  }
  const options = argument as { handler?: unknown } | null | undefined;
  if (typeof options?.handler !== "function") return argument;
  const handler = wrapWebHandler(options.handler as AnyFunction, context, top);
  return { ...options, handler };
}

/** Wraps `emit` of the prototype of node:http's and node:https's servers, for "request". */
export function wrapNodeServer(
  prototype: object,
  { recorder, sites }: WrapperContext,
): void {
  replace(
    prototype,
    "emit",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (!recorder.isOn || args[0] !== "request") {
          return Reflect.apply(original, this, args);
        }
        const { method, url } = args[1] as { method?: string; url?: string };
        const name = routeName(method ?? "", url ?? "");
        const site = sites.renamed(NO_SITE, name);
        const { continuations } = recorder;
        const id = continuations.make(ContinuationKind.Request, site, 0);
        if (!recorder.enter(id)) return Reflect.apply(original, this, args);
        try {
          return Reflect.apply(original, this, args);
        } finally {
          // What the listener returned is not known: if it called one thing
          // that goes on, that most likely serves the request.
          recorder.leave(EndFlag.Linked);
        }
      },
  );
}
