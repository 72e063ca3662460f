/**
 * What a worker loads before its program, so that it is recorded from its first
 * line: put there by the wrappers of the constructors of workers.
 */

import { attachWorker } from "./api.ts";
import { builtin, getProcess } from "./runtime/builtins.ts";
import type { WorkerThreadsModule } from "./runtime/threads/node_workers.ts";
import {
  entryUrl,
  SETUP_KEY,
  type WorkerData,
} from "./runtime/threads/worker_data.ts";

const module = builtin("node:worker_threads") as WorkerThreadsModule;
const given = (module.workerData as WorkerData | null)?.[SETUP_KEY];
if (given !== undefined) {
  const { setup, shared, port, data } = given;
  // The program is to see what it was given, and how it was started.
  module.workerData = data;
  builtin("node:module")?.syncBuiltinESMExports?.();
  forgetImport((getProcess() as unknown as { execArgv: string[] }).execArgv);
  attachWorker(setup, { shared, port });
  if (setup.isTransformed) await import("./preload.ts");
}

/** Takes `--import` of this file out of what the program sees. */
function forgetImport(execArgv: string[]): void {
  const index = execArgv?.lastIndexOf(entryUrl().href) ?? -1;
  if (index > 0) execArgv.splice(index - 1, 2);
}
