/** Messages between what is no worker and its parent. */

import type { MissingApi } from "./api_table.ts";

const family = "messages";

/** Nobody can tell who has posted what comes. */
export const MISSING_MESSAGES: readonly MissingApi[] = [{
  family,
  api: "MessagePort",
  why: "who posted a message is not told: its listener is a task of the loop's",
}, {
  family,
  api: "BroadcastChannel",
  why: "who posted a message is not told: its listener is a task of the loop's",
}];

/** Deno's named imports of built-in modules cannot be changed. */
export const MISSING_DENO_MESSAGES: readonly MissingApi[] = [
  ...MISSING_MESSAGES,
  {
    family: "workers",
    api: "worker_threads.Worker",
    why: "its threads are not recorded; those of `new Worker()` are",
  },
];
