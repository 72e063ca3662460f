/** HTTP clients and servers. */

import { Reason } from "../../core/reason.ts";
import { wrapBunServe } from "../wrappers/bun_serve.ts";
import { wrapNodeServer, wrapServe } from "../wrappers/servers.ts";
import type { ApiRow } from "./api_table.ts";
import { field, hostOf } from "./remote.ts";

const family = "HTTP";

/** What is left of a body has to come first. */
const BODY_METHODS = [
  "text",
  "json",
  "arrayBuffer",
  "bytes",
  "blob",
  "formData",
] as const;

/** Those of all runtimes. */
export const HTTP_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "globalThis",
    keys: ["fetch"],
    how: "promise",
    reason: Reason.Network,
    target: ([remote]) => hostOf(remote),
    runsProgram: sendsStream,
  },
  {
    family,
    owner: "Request.prototype",
    keys: BODY_METHODS,
    how: "promise",
    reason: Reason.Network,
    note: "of what a stream of the program's own does for it, nothing is seen",
  },
  {
    family,
    owner: "Response.prototype",
    keys: BODY_METHODS,
    how: "promise",
    reason: Reason.Network,
    // The program has made what came from nowhere, and maybe a stream for it.
    runsProgram: (_, response) => (response as Response).url === "",
  },
  ...["http", "https"].map((module): ApiRow => ({
    family: "servers",
    owner: `${module}.Server.prototype`,
    keys: ["emit"],
    how: "own",
    reason: Reason.Network,
    wrap: (context, owner) => wrapNodeServer(owner, context),
  })),
];

/** `Deno.serve`. */
export const DENO_SERVER_ROW: ApiRow = {
  family: "servers",
  owner: "Deno",
  keys: ["serve"],
  how: "own",
  reason: Reason.Network,
  isArmed: true,
  wrap: (context, owner) => wrapServe(owner, context),
};

/** `Bun.serve`. */
export const BUN_SERVER_ROW: ApiRow = {
  family: "servers",
  owner: "Bun",
  keys: ["serve"],
  how: "own",
  reason: Reason.Network,
  isArmed: true,
  wrap: (context, owner) => wrapBunServe(owner, context),
};

/**
 * True if a stream of the program's may be what fetch sends. A Request may have
 * one, and asking would make it.
 */
function sendsStream([request, init]: readonly unknown[]): boolean {
  if (field(init, "body") instanceof ReadableStream) return true;
  return request instanceof Request &&
    request.method !== "GET" && request.method !== "HEAD";
}
