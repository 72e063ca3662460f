/**
 * The endpoint as a Hono app, and requests named by Hono's routes.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { debugTrace, traceRoutes } from "@looptrace/looptrace/hono";
 *
 * const app = new Hono();
 * app.use(traceRoutes());
 * app.route("/debug", debugTrace());
 * // GET /debug/trace?seconds=5
 * ```
 *
 * @module
 */

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { handler, isEnabled, nameRequest } from "../api.ts";
import type { Handler, HandlerOptions } from "./endpoint.ts";

export type { HandlerOptions } from "./endpoint.ts";

/**
 * An app that answers `GET /trace`, to be mounted with
 * `app.route("/debug", debugTrace())`.
 *
 * Mount it before `Deno.serve` or another server is called: this arms the
 * wrapper that names requests, which records nothing until a trace is asked
 * for.
 */
export function debugTrace(options?: HandlerOptions): Hono {
  return traceApp(handler(options));
}

/** A Hono app around any handler of the endpoint. */
export function traceApp(handle: Handler): Hono {
  const app = new Hono();
  // The pattern matches /trace itself too, and all methods: which are allowed
  // is for the handler to say.
  app.all("/trace/*", (c) => handle(c.req.raw));
  return app;
}

/**
 * Names the user task of each request by the pattern of its route, such as
 * `GET /users/:id`, in the place of what the URL lets guess. Use it before
 * other middleware: once that has waited for something, the name may have been
 * written, and the pattern is a log of the request instead, of the category
 * `route`.
 */
export function traceRoutes(): MiddlewareHandler {
  return function traceRoutes(c, next) {
    if (isEnabled()) {
      const pattern = patternOf(c);
      if (pattern !== undefined) {
        nameRequest(`${c.req.method} ${pattern}`, requestOf(c));
      }
    }
    return next();
  };
}

/** What the server was given: node:http's own object where that serves. */
function requestOf(c: Context): object {
  const env = c.env as { incoming?: object } | undefined;
  return env?.incoming ?? c.req.raw;
}

/** The pattern of the route that answers, unless only middleware matches. */
function patternOf(c: Context): string | undefined {
  const routes = matchedRoutes(c);
  // What use() takes is there for all methods, and for what comes below.
  const found = routes.findLast(({ method }) => method !== "ALL") ??
    routes.findLast(({ path, handler }) =>
      handler.length < 2 || !path.endsWith("*")
    );
  return found?.path;
}
