/** Sockets: node's, which listeners are given to. */

import { Reason } from "../../core/reason.ts";
import { wrapConnectors } from "../wrappers/connectors.ts";
import { wrapSocketWrites } from "../wrappers/socket_writes.ts";
import type { ApiRow, TargetOf } from "./api_table.ts";
import { hostAndPort, hostOfConnect } from "./remote.ts";

const family = "sockets";

/** Functions of node's that return a socket, or are its methods. */
function connectors(
  owner: string,
  keys: readonly string[],
  target: TargetOf = hostOfConnect,
): ApiRow {
  const row = { owner, keys, reason: Reason.Network, target };
  return { ...row, family, how: "callback", wrap: wrapConnectors(row) };
}

const closing: Pick<ApiRow, "family" | "how" | "reason" | "keys"> = {
  family,
  how: "callback",
  reason: Reason.Network,
  keys: ["close"],
};

const writes = {
  owner: "net.Socket.prototype",
  keys: ["write", "end"],
  reason: Reason.Send,
} as const;

/** node:net, node:tls and node:dgram. */
export const NODE_SOCKET_ROWS: readonly ApiRow[] = [
  connectors("net", ["connect", "createConnection"]),
  connectors("net.Socket.prototype", ["connect"]),
  connectors("tls", ["connect"]),
  connectors("net.Server.prototype", ["listen"]),
  { ...closing, owner: "net.Server.prototype" },
  { ...writes, family, how: "callback", wrap: wrapSocketWrites(writes) },
  connectors("dgram.Socket.prototype", ["bind"]),
  connectors("dgram.Socket.prototype", ["connect"]),
  {
    family,
    owner: "dgram.Socket.prototype",
    keys: ["send"],
    how: "callback",
    reason: Reason.Send,
    target: hostOfSend,
  },
  { ...closing, owner: "dgram.Socket.prototype" },
];

/** `send(data, port, host)`, or `send(data, offset, length, port, host)`. */
function hostOfSend(args: readonly unknown[]): string | undefined {
  const isLong = typeof args[2] === "number" && typeof args[3] === "number";
  const [port, host] = args.slice(isLong ? 3 : 1);
  return hostAndPort(typeof host === "string" ? host : "localhost", port);
}
