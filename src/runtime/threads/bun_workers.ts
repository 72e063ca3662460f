/** Workers of Bun's: a worker preloads the tracer. */

import type { Spawn } from "../../core/threads.ts";
import { builtin } from "../builtins.ts";
import { define, wrapListeners } from "./message_listeners.ts";
import type { MessageEdge } from "./message_edges.ts";
import type { NodeInjector, WorkerThreadsModule } from "./node_workers.ts";
import { makeOwnChannel } from "./ports.ts";
import type { WebInjector } from "./web_workers.ts";
import { entryUrl, SETUP_KEY, type WorkerData } from "./worker_data.ts";

/** The options that matter. */
interface BunWorkerOptions {
  readonly preload?: string | readonly string[];
  readonly workerData?: unknown;
  readonly transferList?: readonly unknown[];
}

/** `new Worker()` of the web: takes the options of the other one as well. */
export const bunWebInjector: WebInjector = {
  isLate: false,
  inject([where, given, ...rest], spawn) {
    const { options, here } = withTracer(given, spawn);
    return {
      args: [where, options, ...rest],
      begun(worker) {
        spawn.connect(here);
        worker.addEventListener("close", () => spawn.ended());
      },
    };
  },
};

/** `new Worker()` of `worker_threads`. */
export const bunNodeInjector: NodeInjector = (construct, args, spawn) => {
  const [where, given, ...rest] = args;
  const { options, here } = withTracer(given, spawn);
  const worker = construct([where, options, ...rest]);
  spawn.connect(here);
  return worker;
};

/** Options with which a worker loads the tracer first. */
function withTracer(
  given: unknown,
  { setup, shared }: Spawn,
): { options: object; here: object } {
  const options = (given ?? {}) as BunWorkerOptions;
  const { here, there } = makeOwnChannel();
  const workerData: WorkerData = {
    [SETUP_KEY]: { setup, shared, port: there, data: options.workerData },
  };
  const { preload = [] } = options;
  const entry = decodeURIComponent(entryUrl().pathname);
  return {
    options: {
      ...options,
      preload: [entry, ...typeof preload === "string" ? [preload] : preload],
      workerData,
      transferList: [...options.transferList ?? [], there],
    },
    here,
  };
}

/** The worker's end of the messages between it and who started it. */
export function wrapBunParent(edge: MessageEdge): void {
  const threads = builtin("node:worker_threads") as WorkerThreadsModule;
  let { parentPort } = threads;
  // In a worker of the web it is none, listens on the global object, and can
  // neither be written to nor defined anew.
  const isPort = parentPort !== null &&
    Reflect.ownKeys(parentPort).length === 0;
  if (parentPort !== null && !isPort) {
    threads.parentPort = parentPort = Object.create(parentPort) as object;
  }
  for (const target of [globalThis, parentPort]) {
    if (target === null) continue;
    define(
      target,
      "postMessage",
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          return edge.post(original, this, args);
        },
    );
  }
  wrapListeners(isPort ? parentPort! : globalThis, () => edge);
}
