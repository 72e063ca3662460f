/** Request handlers of Deno.serve and node:http. */

import { Annotation, AnnotationKind } from "../../core/annotation.ts";
import { RequestContext } from "../../core/annotator.ts";
import { EndFlag } from "../../core/raw_log.ts";
import { routeName } from "../../core/route_name.ts";
import { NO_SITE } from "../../core/site_table.ts";
import type { StackTop } from "../../core/stack_capture.ts";
import { TRACE_PARENT, traceParentOf } from "../../core/trace_parent.ts";
import type { TurnRecorder } from "../../core/turn_recorder.ts";
import { NO_USER_TASK, type UserTaskId } from "../../format/ids.ts";
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
    const { method, url, headers } = args[0] as Request;
    const name = pattern === undefined
      ? routeName(method, url)
      : `${method} ${pattern}`;
    return inRequest(
      context,
      args[0] as Request,
      sites.renamed(servedAt, name),
      (id) =>
        runSlice(context, id, tracing(recorder, headers, handler), this, args),
    );
  }
  mimic(wrapper, handler);
  // Deno 2.9 makes no Request for a handler that declares no parameter.
  const length = Math.max(handler.length, 1);
  Object.defineProperty(wrapper, "length", { value: length });
  return wrapper;
}

/**
 * `handler`, or a function around it that tells first which distributed trace
 * the request with `headers` is part of.
 */
function tracing(
  recorder: TurnRecorder,
  headers: Headers | undefined,
  handler: AnyFunction,
): AnyFunction {
  const parent = traceParentOf(headers?.get(TRACE_PARENT));
  if (parent === undefined) return handler;
  return function (this: unknown, ...args: unknown[]): unknown {
    tellTraceParent(recorder, parent);
    return Reflect.apply(handler, this, args);
  };
}

function tellTraceParent(recorder: TurnRecorder, parent: string): void {
  const { Log } = AnnotationKind;
  recorder.annotate(new Annotation(Log, NO_USER_TASK, TRACE_PARENT, parent));
}

/**
 * Has `run` call a handler of `request` as the first slice of the continuation
 * that it is given. The request is named by `site`.
 */
function inRequest(
  { recorder }: WrapperContext,
  request: object,
  site: number,
  run: (id: number) => unknown,
): unknown {
  const id = recorder.makeRequest(site);
  const { carrier, requests } = recorder;
  if (requests !== undefined) requests.set(request, id);
  if (carrier === undefined) return run(id);
  const { continuations } = recorder;
  const task = continuations.wait[continuations.slot(id)] as UserTaskId;
  return carrier.run(
    new RequestContext(task, recorder.starts, id),
    () => run(id),
  );
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

/** The parts of node:http's request that are looked at. */
interface NodeRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Wraps `emit` of the prototype of node:http's and node:https's servers, for "request". */
export function wrapNodeServer(
  prototype: object,
  context: WrapperContext,
): void {
  const { recorder, sites } = context;
  replace(
    prototype,
    "emit",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (!recorder.isOn || args[0] !== "request") {
          return Reflect.apply(original, this, args);
        }
        const request = args[1] as NodeRequest;
        const { method, url, headers } = request;
        const name = routeName(method ?? "", url ?? "");
        const site = sites.renamed(NO_SITE, name);
        const parent = traceParentOf(headers?.[TRACE_PARENT]);
        return inRequest(context, request, site, (id) => {
          if (!recorder.enter(id)) return Reflect.apply(original, this, args);
          try {
            if (parent !== undefined) tellTraceParent(recorder, parent);
            return Reflect.apply(original, this, args);
          } finally {
            // What the listener returned is not known: if it called one thing
            // that goes on, that most likely serves the request.
            recorder.leave(EndFlag.Linked);
          }
        });
      },
  );
}
