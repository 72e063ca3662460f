/** Node: what can be recorded there and how. */

import type { RuntimeAdapter } from "../core/adapter.ts";
import {
  builtin,
  getProcess,
  installPublicHooks,
  plainTimers,
  workingFolder,
} from "./builtins.ts";
import {
  createV8Adapter,
  SHARED_SERVERS,
  SHARED_WRAPS,
  wrapShared,
} from "./v8_adapter.ts";
import { wrapTimers } from "./wrappers/timers.ts";

const settled = Promise.resolve();

/** The adapter for Node. */
export function nodeAdapter(): RuntimeAdapter {
  return createV8Adapter({
    capabilities: {
      runtime: "Node",
      version: getProcess().versions.node ?? "",
      awaits: "promise hooks",
      transform: false,
      removableHooks: true,
      internalHooks: false,
      stacks: true,
      servers: SHARED_SERVERS,
      wraps: SHARED_WRAPS,
    },
    timers: plainTimers(),
    queueMarker(marker) {
      // Half the price of queueMicrotask, which makes an AsyncResource.
      settled.then(marker);
    },
    folder: workingFolder(),
    arm(context) {
      wrapTimers(globalThis, context);
    },
    wrap(context) {
      wrapShared(context);
      // Named imports of built-in modules are copies until this is called.
      builtin("node:module")?.syncBuiltinESMExports?.();
    },
    installHooks: installPublicHooks,
  });
}
