/** HTTP clients and servers. */

import { Reason } from "../../core/reason.ts";
import { wrapBunServe } from "../wrappers/bun_serve.ts";
import { wrapFetch } from "../wrappers/fetch.ts";
import { wrapNodeServer, wrapServe } from "../wrappers/servers.ts";
import type { ApiRow } from "./api_table.ts";

const family = "HTTP";

/** Those of all runtimes. */
export const HTTP_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "globalThis",
    keys: ["fetch"],
    how: "own",
    reason: Reason.Network,
    wrap: wrapFetch,
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
