/**
 * Deno KV, which is there with `--unstable-kv`. Its database is a file, unless
 * the program names a remote one: the reason is that of files.
 */

import { Reason } from "../../core/reason.ts";
import { wrapIteration } from "../wrappers/iterations.ts";
import { wrapQueue } from "../wrappers/kv.ts";
import type { ApiRow } from "./api_table.ts";

const family = "Deno KV";
const reason = Reason.Sync;

const lists: ApiRow = {
  family,
  owner: "Deno.Kv.prototype",
  keys: ["list"],
  how: "own",
  reason,
  note: "each step of it",
  wrap: (context, owner) => wrapIteration(lists, context, owner),
};

const queues: ApiRow = {
  family,
  owner: "Deno.Kv.prototype",
  keys: ["listenQueue"],
  how: "own",
  reason: Reason.Receive,
  note: "its handler runs as a task for each message",
  wrap: (context, owner) => wrapQueue(queues, context, owner),
};

/** Rows of Deno. */
export const KV_ROWS: readonly ApiRow[] = [
  { family, owner: "Deno", keys: ["openKv"], how: "promise", reason },
  {
    family,
    owner: "Deno.Kv.prototype",
    keys: ["delete", "enqueue", "get", "getMany", "set"],
    how: "promise",
    reason,
  },
  lists,
  queues,
  {
    family,
    owner: "Deno.AtomicOperation.prototype",
    keys: ["commit"],
    how: "promise",
    reason,
  },
];
