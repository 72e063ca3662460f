/** Sockets: node's, which listeners are given to. */

import { Reason } from "../../core/reason.ts";
import { wrapBunConnects, wrapBunListen } from "../wrappers/bun_sockets.ts";
import { wrapConnectors } from "../wrappers/connectors.ts";
import { wrapConnects, wrapListens } from "../wrappers/deno_sockets.ts";
import { wrapSocketWrites } from "../wrappers/socket_writes.ts";
import type { WrapperContext } from "../wrappers/callback.ts";
import type { ApiRow, TargetOf } from "./api_table.ts";
import { field, hostAndPort, hostOfConnect, hostOfOptions } from "./remote.ts";

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

const connRow: ApiRow = {
  family,
  owner: "Deno.Conn.prototype",
  keys: ["read", "write"],
  how: "promise",
  reason: Reason.Network,
};

const listenerRow: ApiRow = {
  family,
  owner: "Deno.Listener.prototype",
  keys: ["accept", "next"],
  how: "promise",
  reason: Reason.Network,
  target: (_, listener) => hostOfListener(listener),
};

const datagramRow: ApiRow = {
  family,
  owner: "Deno.DatagramConn.prototype",
  keys: ["receive", "send", "next"],
  how: "promise",
  reason: Reason.Network,
  note: "with --unstable-net",
};

const connectRow: ApiRow = {
  family,
  owner: "Deno",
  keys: ["connect", "connectTls", "startTls"],
  how: "promise",
  reason: Reason.Network,
  target: ([first, second]) => hostOfOptions(second ?? first, "127.0.0.1"),
};

/** Deno's own. The classes are found when something has been opened. */
export const DENO_SOCKET_ROWS: readonly ApiRow[] = [
  { ...connectRow, wrap: wrapDenoSockets },
  connRow,
  listenerRow,
  datagramRow,
];

const LISTENS = {
  listen: ["listen", "listenTls"],
  listenDatagram: ["listenDatagram"],
} as const;

function wrapDenoSockets(context: WrapperContext, namespace: object): void {
  wrapConnects(context, namespace, connectRow, connRow);
  // What listens waits for nothing, but gives what does.
  const { listen, listenDatagram } = LISTENS;
  wrapListens(context, namespace, listen, listenerRow, connRow);
  wrapListens(context, namespace, listenDatagram, datagramRow);
}

const bunConnects = {
  owner: "Bun",
  keys: ["connect", "udpSocket"],
  reason: Reason.Network,
  target: bunTarget,
} as const;

/** Bun's own. */
export const BUN_SOCKET_ROWS: readonly ApiRow[] = [
  {
    ...bunConnects,
    family,
    how: "promise",
    wrap: wrapBunConnects(bunConnects),
  },
  {
    family,
    owner: "Bun",
    keys: ["listen"],
    how: "event",
    reason: Reason.Network,
    isArmed: true,
    wrap: wrapBunListen,
  },
];

function bunTarget([options]: readonly unknown[]): string | undefined {
  return hostOfOptions(field(options, "connect") ?? options);
}

function hostOfListener(listener: unknown): string | undefined {
  const { addr } = listener as { readonly addr: unknown };
  return hostAndPort(field(addr, "hostname"), field(addr, "port")) ??
    hostOfOptions(addr);
}

/** `send(data, port, host)`, or `send(data, offset, length, port, host)`. */
function hostOfSend(args: readonly unknown[]): string | undefined {
  const isLong = typeof args[2] === "number" && typeof args[3] === "number";
  const [port, host] = args.slice(isLong ? 3 : 1);
  return hostAndPort(typeof host === "string" ? host : "localhost", port);
}
