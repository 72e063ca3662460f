/** What is elsewhere, and what brings it: composed for each runtime. */

import type { ApiRow, MissingApi } from "./api_table.ts";
import { BUN_REDIS_ROW, BUN_SQL_MISSING } from "./databases.ts";
import { BUN_SIGNAL_ROW, EVENT_ROWS, WEB_SOCKET_ROW } from "./events.ts";
import {
  BUN_SERVER_ROW,
  DENO_SERVER_ROW,
  FETCH_ROWS,
  HTTP_SERVER_ROWS,
  NODE_CLIENT_ROWS,
  NODE_FETCH_ROWS,
} from "./http.ts";
import { LOCK_ROW } from "./locks.ts";
import {
  BUN_SOCKET_ROWS,
  DENO_SOCKET_ROWS,
  NODE_SOCKET_ROWS,
} from "./sockets.ts";
import { BUN_STREAM_ROWS, STREAM_ROWS } from "./streams.ts";

/** Servers wrap `emit` as it is: they come before events. */
const NODE_NETWORK: readonly ApiRow[] = [
  ...HTTP_SERVER_ROWS,
  ...NODE_CLIENT_ROWS,
  ...NODE_SOCKET_ROWS,
  ...STREAM_ROWS,
  ...EVENT_ROWS,
];

/** Deno's. */
export const DENO_NETWORK_ROWS: readonly ApiRow[] = [
  DENO_SERVER_ROW,
  ...FETCH_ROWS,
  ...DENO_SOCKET_ROWS,
  ...NODE_NETWORK,
  WEB_SOCKET_ROW,
  LOCK_ROW,
];

/** Node's. */
export const NODE_NETWORK_ROWS: readonly ApiRow[] = [
  ...NODE_FETCH_ROWS,
  ...NODE_NETWORK,
  LOCK_ROW,
];

/** Bun's. */
export const BUN_NETWORK_ROWS: readonly ApiRow[] = [
  BUN_SERVER_ROW,
  ...FETCH_ROWS,
  ...BUN_SOCKET_ROWS,
  ...NODE_NETWORK,
  ...BUN_STREAM_ROWS,
  WEB_SOCKET_ROW,
  BUN_SIGNAL_ROW,
  BUN_REDIS_ROW,
];

const HTTP2: MissingApi = {
  family: "HTTP",
  api: "http2.connect",
  why: "events of sessions and streams are told of, waits are not named",
};

/** `node:` functions that a module has imported by name. */
const NAMED_IMPORTS: MissingApi = {
  family: "node's modules",
  api: 'import { connect } from "node:net"',
  why:
    "Deno 2.9 gives modules copies of functions that are imported by name; methods are wrapped however they were come by",
};

const noWebSocket: Omit<MissingApi, "why"> = {
  family: "events",
  api: "WebSocket",
};

/** What Deno has not. */
export const DENO_NETWORK_MISSING: readonly MissingApi[] = [
  HTTP2,
  NAMED_IMPORTS,
  {
    family: "sockets",
    api: "Deno.Conn.prototype before the first connection",
    why: "the class is known when the first connection of a recording is made",
  },
];

/** What Node has not. */
export const NODE_NETWORK_MISSING: readonly MissingApi[] = [
  HTTP2,
  { ...noWebSocket, why: "from Node 22 on" },
  {
    family: "locks",
    api: "navigator.locks.request",
    why: "from Node 24.5 on",
  },
];

/** What Bun has not. */
export const BUN_NETWORK_MISSING: readonly MissingApi[] = [
  HTTP2,
  BUN_SQL_MISSING,
  {
    family: "locks",
    api: "navigator.locks.request",
    why: "Bun 1.4 has no Web Locks",
  },
];
