/** From the names of owners in the API tables to the objects. */

import { builtin, getProcess } from "../builtins.ts";
import type { Owner } from "./api_table.ts";

/** Owners that are built-in modules, or parts of them: module, then properties. */
const MODULES: {
  readonly [owner: Owner]: readonly [string, ...string[]];
} = {
  "timers": ["node:timers"],
  "timers.promises": ["node:timers/promises"],
  "timers.promises.scheduler": ["node:timers/promises", "scheduler"],
  "fs": ["node:fs"],
  "fs.promises": ["node:fs/promises"],
  "worker_threads": ["node:worker_threads"],
  "fs.Dir.prototype": ["node:fs", "Dir", "prototype"],
  "crypto": ["node:crypto"],
  // The same as the global one, which Node takes 7 ms to load.
  "crypto.subtle": ["node:crypto", "subtle"],
  "zlib": ["node:zlib"],
  "dns": ["node:dns"],
  "dns.Resolver.prototype": ["node:dns", "Resolver", "prototype"],
  "dns.promises": ["node:dns/promises"],
  "dns.promises.Resolver.prototype": [
    "node:dns/promises",
    "Resolver",
    "prototype",
  ],
  "child_process": ["node:child_process"],
  "child_process.ChildProcess.prototype": [
    "node:child_process",
    "ChildProcess",
    "prototype",
  ],
  "sqlite": ["node:sqlite"],
  "sqlite.DatabaseSync.prototype": ["node:sqlite", "DatabaseSync", "prototype"],
  "sqlite.StatementSync.prototype": [
    "node:sqlite",
    "StatementSync",
    "prototype",
  ],
  // The module's default is the class.
  "bun:sqlite.Database.prototype": ["bun:sqlite", "prototype"],
  "http": ["node:http"],
  "http.Server.prototype": ["node:http", "Server", "prototype"],
  "https": ["node:https"],
  "https.Server.prototype": ["node:https", "Server", "prototype"],
  "net": ["node:net"],
  "net.Socket.prototype": ["node:net", "Socket", "prototype"],
  "net.Server.prototype": ["node:net", "Server", "prototype"],
  "tls": ["node:tls"],
  "dgram": ["node:dgram"],
  "dgram.Socket.prototype": ["node:dgram", "Socket", "prototype"],
  "http2": ["node:http2"],
  "events": ["node:events"],
  "events.EventEmitter.prototype": [
    "node:events",
    "EventEmitter",
    "prototype",
  ],
  "stream": ["node:stream"],
  "stream.promises": ["node:stream/promises"],
  "stream.consumers": ["node:stream/consumers"],
  "stream.Readable.prototype": ["node:stream", "Readable", "prototype"],
};

/** Owners that are known under another name than users know them by. */
const ALIASES: { readonly [owner: Owner]: Owner } = {
  // What Bun.file makes is of the same class as other blobs.
  "BunFile.prototype": "Blob.prototype",
};

/** The built-in module that `owner` is, or is in; undefined if it is in none. */
export function moduleOf(owner: Owner): string | undefined {
  return MODULES[owner]?.[0];
}

/** The object that is called `owner`, or undefined where there is none. */
export function ownerOf(owner: Owner): object | undefined {
  try {
    return find(owner);
  } catch {
    // A getter of the runtime's, or of whoever put something in its place.
    return undefined;
  }
}

function find(owner: Owner): object | undefined {
  if (owner === "globalThis") return globalThis;
  if (owner === "process") return getProcess();
  const path = MODULES[owner];
  if (path === undefined) {
    return follow(globalThis, (ALIASES[owner] ?? owner).split("."));
  }
  const [name, ...keys] = path;
  return follow(builtin(name), keys);
}

function follow(from: unknown, keys: readonly string[]): object | undefined {
  let at: unknown = from;
  for (const key of keys) {
    if (!isObject(at)) return undefined;
    at = Reflect.get(at, key);
  }
  return isObject(at) ? at : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "function" ||
    typeof value === "object" && value !== null;
}
