/** Node: what can be recorded there and how. */

import type { RuntimeAdapter } from "../core/adapter.ts";
import {
  builtin,
  getProcess,
  installPublicHooks,
  plainTimers,
  workingFolder,
} from "./builtins.ts";
import { createV8Adapter } from "./v8_adapter.ts";
import { wrapCombinators } from "./wrappers/combinators.ts";
import { wrapFetch } from "./wrappers/fetch.ts";
import { wrapMicrotask } from "./wrappers/microtasks.ts";
import { wrapNodeServer } from "./wrappers/servers.ts";
import { wrapTimers } from "./wrappers/timers.ts";

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
      servers: ["node:http", "node:https"],
      wraps: [
        "setTimeout",
        "setInterval",
        "setImmediate",
        "queueMicrotask",
        "process.nextTick",
        "Promise.all",
        "Promise.allSettled",
        "Promise.race",
        "Promise.any",
        "fetch",
      ],
    },
    timers: plainTimers(),
    folder: workingFolder(),
    arm(context) {
      wrapTimers(globalThis, context);
    },
    wrap(context) {
      const timers = builtin("node:timers");
      if (timers !== undefined) wrapTimers(timers, context);
      wrapMicrotask(globalThis, "queueMicrotask", context);
      wrapMicrotask(getProcess(), "nextTick", context);
      wrapCombinators(context);
      wrapFetch(context);
      for (const name of ["node:http", "node:https"] as const) {
        const module = builtin(name);
        if (module !== undefined) wrapNodeServer(module.Server, context);
      }
      builtin("node:module")?.syncBuiltinESMExports?.();
    },
    installHooks: installPublicHooks,
  });
}
