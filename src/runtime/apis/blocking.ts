/** What stops the whole thread, or waits for another one. */

import { Reason } from "../../core/reason.ts";
import { wrapWaitAsync } from "../wrappers/wait_async.ts";
import type { ApiRow } from "./api_table.ts";

const waitAsync: ApiRow = {
  family: "shared memory",
  owner: "Atomics",
  keys: ["waitAsync"],
  how: "own",
  reason: Reason.Sync,
  wrap: (context, owner) => wrapWaitAsync(waitAsync, context, owner),
};

/** Rows of all runtimes. */
export const BLOCKING_ROWS: readonly ApiRow[] = [
  {
    family: "shared memory",
    owner: "Atomics",
    keys: ["wait"],
    how: "sync",
    reason: Reason.Sync,
  },
  waitAsync,
  {
    family: "dialogues",
    owner: "globalThis",
    keys: ["alert", "confirm", "prompt"],
    how: "sync",
    reason: Reason.Receive,
  },
];

/** `Bun.sleepSync`. */
export const BUN_SLEEP_SYNC_ROW: ApiRow = {
  family: "timers",
  owner: "Bun",
  keys: ["sleepSync"],
  how: "sync",
  reason: Reason.Sleep,
};
