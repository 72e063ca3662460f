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
import { SETUP_KEY, type WorkerData } from "./runtime/threads/worker_data.ts";

const onDeno = takeStart();
const own = onDeno === undefined ? attach() : attachOnDeno(onDeno);
if (own !== undefined) {
  // On Deno it waits for `load`: a module that imports the program's statically
  // must not wait.
  if (onDeno === undefined && own.isTransformed) await import("./preload.ts");
  if (onDeno === undefined || !own.isTransformed) beginSafely(own);
}

/** A worker that is to be recorded. */
interface Attached {
  /** True if its modules are to be transformed. */
  readonly isTransformed: boolean;
  /** The program comes next. */
  begin(): void;
}

function beginSafely(own: Attached | undefined): void {
  try {
    own?.begin();
  } catch {
    // It is not recorded.
  }
}

/** On Node and Bun. */
function attach(): Attached | undefined {
  const module = builtin("node:worker_threads") as
    | WorkerThreadsModule
    | undefined;
  const given = (module?.workerData as WorkerData | null)?.[SETUP_KEY];
  if (module === undefined || given === undefined) return undefined;
  const { setup, shared, port, data, execArgv } = given;
  // The program is to see what it was given, and how it was started.
  module.workerData = data;
  if (execArgv !== undefined) {
    Object.defineProperty(getProcess(), "execArgv", {
      value: execArgv,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
  let begin = () => {};
  try {
    begin = attachWorker(setup, { shared, port });
  } catch {
    // It is not recorded: its port says nothing.
  }
  builtin("node:module")?.syncBuiltinESMExports?.();
  return { isTransformed: setup.isTransformed, begin };
}

/** What Deno's first module says, once. */
function takeStart(): DenoWorkerStart | undefined {
  const scope = globalThis as { [SETUP_KEY]?: DenoWorkerStart };
  const start = scope[SETUP_KEY];
  delete scope[SETUP_KEY];
  return start;
}

function attachOnDeno({ setup, program }: DenoWorkerStart): Attached {
  let begin = () => {};
  try {
    restoreLocation(program);
    const parent = listenToParent((shared, port) => late.take(shared, port));
    const late = attachWorkerLate(setup, parent);
    begin = late.begin;
  } catch {
    // As above.
  }
  return { isTransformed: setup.isTransformed, begin };
}

/**
 * On Deno, where modules are transformed: loads the program's when they can be.
 * Messages wait until it has begun to run, as they would without.
 */
export async function load(program: string): Promise<void> {
  const release = holdMessages();
  try {
    await import("./preload.ts");
    beginSafely(own);
    await import(afterLoading(program, release));
  } finally {
    release();
  }
}
