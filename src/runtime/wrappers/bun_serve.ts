/** Bun.serve: everything in its options that Bun calls. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import type { StackTop } from "../../core/stack_capture.ts";
import { runSlice, type WrapperContext } from "./callback.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";
import { wrapWebHandler } from "./servers.ts";

/** Methods that a route may have handlers for. */
const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "CONNECT",
  "TRACE",
] as const;

/** Handlers of a WebSocket that Bun calls. */
const SOCKET_EVENTS = [
  "open",
  "message",
  "close",
  "drain",
  "ping",
  "pong",
] as const;

type Options = Record<string, unknown>;

/** Wraps `Bun.serve`, and `reload` of the servers that it makes. */
export function wrapBunServe(target: object, context: WrapperContext): void {
  replace(
    target,
    "serve",
    (original) =>
      function serve(this: unknown, ...args: unknown[]): unknown {
        args[0] = wrapOptions(args[0], context, serve);
        const server: unknown = Reflect.apply(original, this, args);
        if (isObject(server)) wrapReload(server, context);
        return server;
      },
  );
}

function wrapReload(server: object, context: WrapperContext): void {
  replace(
    server,
    "reload",
    (original) =>
      function reload(this: unknown, ...args: unknown[]): unknown {
        args[0] = wrapOptions(args[0], context, reload);
        return Reflect.apply(original, this, args);
      },
  );
}

/**
 * The options with wrappers in the place of the program's functions. The
 * prototype stays below them, so that all that Bun reads is still there: options
 * may be an instance of a class, as the default export of a module often is.
 */
function wrapOptions(
  given: unknown,
  context: WrapperContext,
  top: StackTop,
): unknown {
  if (!isObject(given)) return given;
  const options = given as Options;
  const wrapped: Options = {};
  const { fetch, error, routes, websocket } = options;
  if (typeof fetch === "function") {
    wrapped.fetch = wrapWebHandler(fetch as AnyFunction, context, top);
  }
  if (typeof error === "function") {
    const name = "error handler";
    wrapped.error = wrapEvent(error as AnyFunction, name, context, top);
  }
  if (isPlain(routes)) {
    wrapped.routes = mapValues(
      routes,
      (route, path) => wrapRoute(route, path, context, top),
    );
  }
  if (isObject(websocket)) {
    wrapped.websocket = wrapSocket(websocket as Options, context, top);
  }
  return overlay(options, wrapped);
}

/** One route: a handler, handlers by method, or something that Bun serves itself. */
function wrapRoute(
  route: unknown,
  path: string,
  context: WrapperContext,
  top: StackTop,
): unknown {
  if (typeof route === "function") {
    return wrapWebHandler(route as AnyFunction, context, top, path);
  }
  if (!isPlain(route)) return route;
  const wrapped: Options = {};
  for (const method of METHODS) {
    const handler = route[method];
    if (typeof handler === "function") {
      wrapped[method] = wrapWebHandler(
        handler as AnyFunction,
        context,
        top,
        path,
      );
    }
  }
  return Object.keys(wrapped).length === 0 ? route : { ...route, ...wrapped };
}

function wrapSocket(
  socket: Options,
  context: WrapperContext,
  top: StackTop,
): unknown {
  const wrapped: Options = {};
  for (const event of SOCKET_EVENTS) {
    const handler = socket[event];
    if (typeof handler === "function") {
      const name = `websocket ${event}`;
      wrapped[event] = wrapEvent(handler as AnyFunction, name, context, top);
    }
  }
  return overlay(socket, wrapped);
}

/** A callback that runs whenever something happens: each time a task. */
export function wrapEvent(
  handler: AnyFunction,
  name: string,
  context: WrapperContext,
  top: StackTop,
): AnyFunction {
  const { recorder } = context;
  const site = context.siteHere(name, top);
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isOn) return Reflect.apply(handler, this, args);
    const { continuations } = recorder;
    const id = continuations.make(ContinuationKind.Immediate, site, 0);
    return runSlice(context, id, handler, this, args);
  };
  mimic(wrapper, handler);
  return wrapper;
}

/**
 * An object that has the properties of `wrapped`, and for all others asks
 * `base`: getters and private fields of its class work as before.
 */
export function overlay(base: Options, wrapped: Options): object {
  // Not a proxy of `base`: if that is frozen, it may not say anything else.
  return new Proxy({}, {
    get: (_, key) =>
      Object.hasOwn(wrapped, key)
        ? wrapped[key as string]
        : Reflect.get(base, key),
    has: (_, key) => Reflect.has(base, key),
    set: (_, key, value) => Reflect.set(base, key, value),
  });
}

function mapValues(
  object: Options,
  map: (value: unknown, key: string) => unknown,
): Options {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, map(value, key)]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** True for an object literal: what is of a class may be the runtime's own. */
function isPlain(value: unknown): value is Options {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
