/** HTTP clients and servers. */

import { Reason } from "../../core/reason.ts";
import { wrapBunServe } from "../wrappers/bun_serve.ts";
import type { WrapperContext } from "../wrappers/callback.ts";
import { wrapConnectors } from "../wrappers/connectors.ts";
import { Operation } from "../wrappers/operation.ts";
import { guarded, wrapPromise, wrapRow } from "../wrappers/operations.ts";
import { replace } from "../wrappers/replace.ts";
import { wrapNodeServer, wrapServe } from "../wrappers/servers.ts";
import { getProcess } from "../builtins.ts";
import type { ApiRow } from "./api_table.ts";
import { field, hostOf, hostOfRequest } from "./remote.ts";

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

const fetchRow: ApiRow = {
  family,
  owner: "globalThis",
  keys: ["fetch"],
  how: "promise",
  reason: Reason.Network,
  target: ([remote]) => hostOf(remote),
  runsProgram: sendsStream,
};

const bodyRows: readonly ApiRow[] = [{
  family,
  owner: "Request.prototype",
  keys: BODY_METHODS,
  how: "promise",
  reason: Reason.Network,
  note: "of what a stream of the program's own does for it, nothing is seen",
}, {
  family,
  owner: "Response.prototype",
  keys: BODY_METHODS,
  how: "promise",
  reason: Reason.Network,
  // The program has made what came from nowhere, and maybe a stream for it.
  runsProgram: (_, response) => (response as Response).url === "",
}];

/** The web's client. */
export const FETCH_ROWS: readonly ApiRow[] = [fetchRow, ...bodyRows];

/** The same for Node, which loads it when it is used first: in 20 ms. */
export const NODE_FETCH_ROWS: readonly ApiRow[] = [
  { ...fetchRow, wrap: wrapNodeFetch },
  ...bodyRows.map((row) => ({ ...row, isReady: isUndiciLoaded })),
];

function wrapNodeFetch(context: WrapperContext, owner: object): void {
  const { reason, target } = fetchRow;
  const operation = new Operation(context.sites, "fetch", reason, target);
  let isFirst = true;
  replace(owner, "fetch", (original) => {
    const fetch = wrapPromise(
      original,
      operation,
      context,
      guarded(sendsStream),
    );
    return function (this: unknown, ...args: unknown[]): unknown {
      if (isFirst) {
        isFirst = false;
        for (const row of bodyRows) wrapRow(row, context);
      }
      return Reflect.apply(fetch, this, args);
    };
  });
}

function isUndiciLoaded(): boolean {
  const { moduleLoadList } = getProcess();
  return moduleLoadList?.includes(
    "NativeModule internal/deps/undici/undici",
  ) ?? true;
}

/** Clients of node:http and node:https. */
export const NODE_CLIENT_ROWS: readonly ApiRow[] = [
  ["http", "80"],
  ["https", "443"],
].map(([owner, port]): ApiRow => {
  const row = {
    owner,
    keys: ["request", "get"],
    reason: Reason.Network,
    target: (args: readonly unknown[]) => hostOfRequest(args, port),
  } as const;
  return { ...row, family, how: "callback", wrap: wrapConnectors(row) };
});

/** Servers of node:http. */
export const HTTP_SERVER_ROWS: readonly ApiRow[] = [
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
