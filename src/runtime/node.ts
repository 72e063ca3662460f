/** Node: what can be recorded there and how. */

import type { RuntimeAdapter } from "../core/adapter.ts";
import { NODE_APIS } from "./apis/node.ts";
import {
  builtin,
  getProcess,
  installPublicHooks,
  plainTimers,
  workingFolder,
} from "./builtins.ts";
import { gcObserverProbe } from "./probes/gc_observer.ts";
import { v8Heap } from "./probes/heap.ts";
import { inspectorProfiler } from "./probes/inspector_profiler.ts";
import { loopLoadProbe } from "./probes/loop_load.ts";
import {
  type WorkerThreadsModule,
  wrapParentPort,
} from "./threads/node_workers.ts";
import {
  createV8Adapter,
  isPendingInText,
  SHARED_SERVERS,
} from "./v8_adapter.ts";

const settled = Promise.resolve();

/** The adapter for Node. */
export function nodeAdapter(): RuntimeAdapter {
  return createV8Adapter({
    capabilities: {
      runtime: "Node",
      version: getProcess().versions.node ?? "",
      awaits: "promise hooks",
      removableHooks: true,
      internalHooks: false,
      stacks: true,
      gc: "exact",
      heap: true,
      cpu: true,
      servers: SHARED_SERVERS,
    },
    timers: plainTimers(),
    probes: {
      collections: gcObserverProbe(),
      heap: v8Heap(),
      cpu: inspectorProfiler(true),
      load: loopLoadProbe(true),
    },
    queueMarker(marker) {
      // Half the price of queueMicrotask, which makes an AsyncResource.
      settled.then(marker);
    },
    isPending: isPendingInText,
    folder: workingFolder(),
    attachParent(edge, { ending }) {
      const threads = builtin("node:worker_threads") as WorkerThreadsModule;
      wrapParentPort(threads.parentPort!, edge);
      getProcess().on("exit", ending);
    },
    apis: NODE_APIS,
    loadsModulesFast: true,
    wrapped() {
      // Named imports of built-in modules are copies until this is called.
      builtin("node:module")?.syncBuiltinESMExports?.();
    },
    installHooks: installPublicHooks,
  });
}
