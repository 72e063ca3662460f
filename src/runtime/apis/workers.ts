/** Workers: threads that are recorded, too. */

import { Reason } from "../../core/reason.ts";
import {
  type WorkerThreadsModule,
  wrapNodeWorkers,
} from "../threads/node_workers.ts";
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
  wrap: (context, owner) =>
    wrapNodeWorkers(owner as WorkerThreadsModule, context),
};
