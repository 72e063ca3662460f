/** Request handlers of Deno.serve and node:http. */

import { Annotation, AnnotationKind } from "../../core/annotation.ts";
import { contextOf } from "../../core/annotator.ts";
import { EndFlag } from "../../core/raw_log.ts";
import { routeName } from "../../core/route_name.ts";
import { NO_SITE } from "../../core/site_table.ts";
import type { StackTop } from "../../core/stack_capture.ts";
import { TRACE_PARENT, traceParentOf } from "../../core/trace_parent.ts";
import type { TurnRecorder } from "../../core/turn_recorder.ts";
import { NO_USER_TASK } from "../../format/ids.ts";
import { runSlice, type WrapperContext } from "./callback.ts";
import { tellingEmit } from "./emitters.ts";
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
    const request = args[0] as Request;
    const { method, url } = request;
    const name = pattern === undefined
      ? routeName(method, url)
      : `${method} ${pattern}`;
    const id = makeRequest(recorder, request, sites.renamed(servedAt, name));
    const run = recorder.traceParents.wantsNext()
      ? tracing(recorder, request.headers, handler)
      : handler;
    const { carrier } = recorder;
    if (carrier === undefined) return runSlice(context, id, run, this, args);
    return carrier.run(
      contextOf(recorder, id),
      () => runSlice(context, id, run, this, args),
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
  recorder.traceParents.found();
  return function (this: unknown, ...args: unknown[]): unknown {
    tellTraceParent(recorder, parent);
    return Reflect.apply(handler, this, args);
  };
}

function tellTraceParent(recorder: TurnRecorder, parent: string): void {
  const { Log } = AnnotationKind;
  recorder.annotate(new Annotation(Log, NO_USER_TASK, TRACE_PARENT, parent));
}

/** The continuation of `request`, which is named by `site`. */
function makeRequest(
  recorder: TurnRecorder,
  request: object,
  site: number,
): number {
  const id = recorder.makeRequest(site);
  const { requests } = recorder;
  if (requests !== undefined) requests.set(request, id);
  return id;
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
  /** Names and values in turn. */
  readonly rawHeaders?: readonly string[];
}

/** A header of node:http's, without the object that it makes of all of them. */
function headerOf(request: NodeRequest, name: string): string | undefined {
  const { rawHeaders } = request;
  if (rawHeaders === undefined) return undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const one = rawHeaders[i];
    if (one.length === name.length && one.toLowerCase() === name) {
      return rawHeaders[i + 1];
    }
  }
  return undefined;
}

/** Wraps `emit` of the prototype of node:http's and node:https's servers, for "request". */
export function wrapNodeServer(
  prototype: object,
  context: WrapperContext,
): void {
  const { recorder, sites } = context;
  replace(prototype, "emit", (original) => {
    const emit = tellingEmit(context, original);
    return function (this: unknown, ...args: unknown[]): unknown {
      if (!recorder.isOn || args[0] !== "request") {
        return Reflect.apply(emit, this, args);
      }
      const request = args[1] as NodeRequest;
      const name = routeName(request.method ?? "", request.url ?? "");
      const site = sites.renamed(NO_SITE, name);
      const id = makeRequest(recorder, request, site);
      const run = () => {
        if (!recorder.enter(id)) return Reflect.apply(original, this, args);
        try {
          const parent = traceParentOf(headerOf(request, TRACE_PARENT));
          if (parent !== undefined) tellTraceParent(recorder, parent);
          return Reflect.apply(original, this, args);
        } finally {
          // What the listener returned is not known: if it called one thing
          // that goes on, that most likely serves the request.
          recorder.leave(EndFlag.Linked);
        }
      };
      const { carrier } = recorder;
      return carrier === undefined
        ? run()
        : carrier.run(contextOf(recorder, id), run);
    };
  });
}
