/**
 * What a worker loads before its program, so that it is recorded from its first
 * line: put there by the wrappers of the constructors of workers.
 *
 * Whatever goes wrong here, the program runs as it would without.
 *
 * @module
 */

import { attachWorker, attachWorkerLate } from "./api.ts";
import { builtin, getProcess } from "./runtime/builtins.ts";
import {
  afterLoading,
  type DenoWorkerStart,
  holdMessages,
  listenToParent,
  restoreLocation,
} from "./runtime/threads/deno_workers.ts";
import type { WorkerThreadsModule } from "./runtime/threads/node_workers.ts";
import {
  entryUrl,
  SETUP_KEY,
  type WorkerData,
} from "./runtime/threads/worker_data.ts";

const onDeno = takeStart();
if (onDeno !== undefined) beginOnDeno(onDeno);
else if (begin()) await import("./preload.ts");

/** On Node and Bun. @returns whether its modules are to be transformed */
function begin(): boolean {
  const module = builtin("node:worker_threads") as
    | WorkerThreadsModule
    | undefined;
  const given = (module?.workerData as WorkerData | null)?.[SETUP_KEY];
  if (module === undefined || given === undefined) return false;
  const { setup, shared, port, data } = given;
  // The program is to see what it was given, and how it was started.
  module.workerData = data;
  forgetImport((getProcess() as unknown as { execArgv: string[] }).execArgv);
  try {
    attachWorker(setup, { shared, port });
  } catch {
    // It is not recorded: its port says nothing.
  }
  builtin("node:module")?.syncBuiltinESMExports?.();
  return setup.isTransformed;
}

/** Takes `--import` of this file out of what the program sees. */
function forgetImport(execArgv: string[]): void {
  const index = execArgv?.lastIndexOf(entryUrl().href) ?? -1;
  if (index > 0) execArgv.splice(index - 1, 2);
}

/** What Deno's first module says, once. */
function takeStart(): DenoWorkerStart | undefined {
  const scope = globalThis as { [SETUP_KEY]?: DenoWorkerStart };
  const start = scope[SETUP_KEY];
  delete scope[SETUP_KEY];
  return start;
}

function beginOnDeno({ setup, program }: DenoWorkerStart): void {
  try {
    restoreLocation(program);
    const parent = listenToParent((shared, port) => take(shared, port));
    const take = attachWorkerLate(setup, parent);
  } catch {
    // As above.
  }
}

/**
 * On Deno, where modules are transformed: loads the program's when they can be.
 * Messages wait until it has begun to run, as they would without.
 */
export async function load(program: string): Promise<void> {
  const release = holdMessages();
  try {
    await import("./preload.ts");
    await import(afterLoading(program, release));
  } finally {
    release();
  }
}
