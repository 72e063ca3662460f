/** Workers: threads that are recorded, too. */

import { Reason } from "../../core/reason.ts";
import { bunNodeInjector, bunWebInjector } from "../threads/bun_workers.ts";
import { denoWebInjector } from "../threads/deno_workers.ts";
import {
  nodeInjector,
  type WorkerThreadsModule,
  wrapNodeWorkers,
} from "../threads/node_workers.ts";
import { wrapWebWorkers } from "../threads/web_workers.ts";
import type { ApiRow } from "./api_table.ts";

const family = "workers";

/** `worker_threads`, as Node has it. */
export const NODE_WORKER_ROW: ApiRow = {
  family,
  owner: "worker_threads",
  keys: ["Worker"],
  how: "own",
  reason: Reason.Receive,
  // Those that are made before a recording are to be recorded, too.
  isArmed: true,
  note: "not those of `eval: true`",
  wrap: (context, owner) =>
    wrapNodeWorkers(owner as WorkerThreadsModule, context, nodeInjector),
};

/** Workers of the web, as Deno has them. */
export const DENO_WORKER_ROW: ApiRow = {
  family,
  owner: "globalThis",
  keys: ["Worker"],
  how: "own",
  reason: Reason.Receive,
  isArmed: true,
  wrap: (context, owner) => wrapWebWorkers(owner, context, denoWebInjector),
};

/** Workers of the web and `worker_threads`, as Bun has them. */
export const BUN_WORKER_ROWS: readonly ApiRow[] = [{
  ...NODE_WORKER_ROW,
  wrap: (context, owner) =>
    wrapNodeWorkers(owner as WorkerThreadsModule, context, bunNodeInjector),
}, {
  family,
  owner: "globalThis",
  keys: ["Worker"],
  how: "own",
  reason: Reason.Receive,
  isArmed: true,
  wrap: (context, owner) => wrapWebWorkers(owner, context, bunWebInjector),
}];
