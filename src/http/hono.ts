/**
 * The endpoint as a Hono app.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { debugTrace } from "@looptrace/looptrace/hono";
 *
 * const app = new Hono();
 * app.route("/debug", debugTrace());
 * // GET /debug/trace?seconds=5
 * ```
 *
 * @module
 */

import { Hono } from "hono";
import { handler } from "../api.ts";
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
