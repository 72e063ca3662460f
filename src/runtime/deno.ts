/** Deno: what can be recorded there and how. */

import type { RuntimeAdapter } from "../core/adapter.ts";
import { DENO_APIS } from "./apis/deno.ts";
import {
  getProcess,
  installPublicHooks,
  plainTimers,
  workingFolder,
} from "./builtins.ts";
import { gcProfilerProbe } from "./probes/gc_profiler.ts";
import { v8Heap } from "./probes/heap.ts";
import { inspectorProfiler } from "./probes/inspector_profiler.ts";
import type { PromiseHooks } from "./promise_hooks.ts";
import { wrapDenoParent } from "./threads/deno_workers.ts";
import {
  createV8Adapter,
  isPendingInText,
  SHARED_SERVERS,
} from "./v8_adapter.ts";

/** The parts of Deno's internals that are used where it has them. */
interface DenoInternals {
  readonly core?: {
    /** The state, 0 for pending, and the result. */
    getPromiseDetails?(promise: Promise<unknown>): readonly [number, unknown];
    setPromiseHooks?(
      init: PromiseHooks["init"],
      before: PromiseHooks["before"],
      after: PromiseHooks["after"],
      settled: PromiseHooks["settled"],
    ): void;
  };
}

/** Deno's `GCProfiler` tells costs in nanoseconds: so many are a millisecond. */
const NANOSECONDS = 1e6;

interface DenoNamespace {
  readonly internal: PropertyKey;
}

/** The adapter for Deno. */
export function denoAdapter(): RuntimeAdapter {
  const namespace = (globalThis as unknown as { Deno: DenoNamespace }).Deno;
  return createV8Adapter({
    capabilities: {
      runtime: "Deno",
      version: getProcess().versions.deno ?? "",
      awaits: "promise hooks",
      // Deno 2.9.6 has no way to take its dispatchers out again.
      removableHooks: false,
      internalHooks: true,
      stacks: true,
      gc: "approximate times",
      heap: true,
      cpu: true,
      servers: ["Deno.serve", ...SHARED_SERVERS],
    },
    timers: plainTimers(),
    probes: {
      // Its observer knows the type "gc" and never gets an entry.
      collections: gcProfilerProbe(NANOSECONDS),
      heap: v8Heap(),
      cpu: inspectorProfiler(true),
    },
    queueMarker: globalThis.queueMicrotask,
    isPending: (promise) => isPendingInCore(namespace, promise),
    folder: workingFolder(),
    attachParent: (edge, { ending }) => wrapDenoParent(edge, ending),
    apis: DENO_APIS,
    loadsModulesFast: false,
    installHooks(hooks, kind) {
      // Those that cannot be taken out again go on: two kinds would be too many.
      return kind === "internal" || isInternalInstalled
        ? installInternalHooks(namespace, hooks)
        : installPublicHooks(hooks, kind);
    },
  });
}

/** Asks Deno's internals, which takes a twentieth of what printing takes. */
function isPendingInCore(
  namespace: DenoNamespace,
  promise: Promise<unknown>,
): boolean | undefined {
  const internals = Reflect.get(namespace, namespace.internal) as
    | DenoInternals
    | undefined;
  const details = internals?.core?.getPromiseDetails?.(promise);
  return details === undefined ? isPendingInText(promise) : details[0] === 0;
}

/** Deno's own hooks cannot be taken out, so they are put in once. */
let isInternalInstalled = false;

/** Installs Deno's own hooks, which skip the dispatchers of the public ones. */
function installInternalHooks(
  namespace: DenoNamespace,
  hooks: PromiseHooks,
): () => void {
  const internals = Reflect.get(namespace, namespace.internal) as
    | DenoInternals
    | undefined;
  const core = internals?.core;
  if (core?.setPromiseHooks === undefined) {
    throw new Error(
      'Cannot use hooks "internal": this Deno does not have them, use "public"',
    );
  }
  if (!isInternalInstalled) {
    isInternalInstalled = true;
    core.setPromiseHooks(hooks.init, hooks.before, hooks.after, hooks.settled);
  }
  return () => {};
}
