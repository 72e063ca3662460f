/** Modules of node's that are built into the runtimes, loaded when needed. */

import type {
  ContextCarrier,
  HookKind,
  RuntimeAdapter,
} from "../core/adapter.ts";
import type { PromiseHooks } from "./promise_hooks.ts";
import type { GcEntry, GcObserver } from "./probes/gc_observer.ts";
import type { GcProfiler } from "./probes/gc_profiler.ts";
import type {
  InspectorSession,
  ProfilingConsole,
} from "./probes/inspector_profiler.ts";
import type { DelayHistogram, NodeUtilization } from "./probes/loop_load.ts";
import type { PlainTimers } from "./v8_adapter.ts";

interface V8Module {
  readonly promiseHooks?: {
    createHook(hooks: PromiseHooks): (() => void) | undefined;
  };
  readonly GCProfiler?: new () => GcProfiler;
  getHeapStatistics?(): {
    readonly used_heap_size: number;
    readonly total_heap_size: number;
  };
}

interface PerfHooksModule {
  readonly PerformanceObserver: new (
    callback: (list: { getEntries(): readonly GcEntry[] }) => void,
  ) => GcObserver;
  monitorEventLoopDelay(options: { resolution: number }): DelayHistogram;
  readonly performance: {
    eventLoopUtilization(
      now?: NodeUtilization,
      before?: NodeUtilization,
    ): NodeUtilization;
  };
}

interface FsModule {
  readFileSync(path: string | URL, encoding: "utf8"): string;
}

interface ModuleModule {
  syncBuiltinESMExports?(): void;
}

interface Storage {
  getStore(): unknown;
  run<T>(store: unknown, fn: () => T): T;
  disable(): void;
}

interface AsyncHooksModule {
  readonly AsyncLocalStorage?: new () => Storage;
}

interface UtilModule {
  inspect(value: unknown, options: object): string;
}

interface InspectorModule {
  readonly Session: new () => InspectorSession;
  readonly console?: ProfilingConsole;
}

interface Builtins {
  "node:async_hooks": AsyncHooksModule;
  "node:util": UtilModule;
  "node:v8": V8Module;
  "node:perf_hooks": PerfHooksModule;
  "node:inspector": InspectorModule;
  "node:fs": FsModule;
  "node:timers": PlainTimers;
  "node:module": ModuleModule;
}

interface ProcessWithBuiltins {
  getBuiltinModule?(name: string): unknown;
  cwd(): string;
  on(event: "exit", listener: () => void): void;
  memoryUsage(): { readonly heapUsed: number; readonly heapTotal: number };
  nextTick(fn: () => void): void;
  hrtime(): [seconds: number, nanoseconds: number];
  versions: Readonly<Record<string, string | undefined>>;
  /** Node's own modules that have been loaded. */
  readonly moduleLoadList?: readonly string[];
}

/** The process object that Node, Deno and Bun have. */
export function getProcess(): ProcessWithBuiltins {
  return (globalThis as unknown as { process: ProcessWithBuiltins }).process;
}

/** A built-in module, or undefined where the runtime has none of the name. */
export function builtin<Name extends keyof Builtins>(
  name: Name,
): Builtins[Name] | undefined;
/** Any other one. */
export function builtin(name: string): object | undefined;
export function builtin(name: string): object | undefined {
  const module = getProcess().getBuiltinModule?.(name) as
    | { default?: object }
    | undefined;
  // What is patched must be the object that requires and default imports see.
  return module?.default ?? module;
}

/** The working folder, unless the runtime does not tell. */
export function workingFolder(): string | undefined {
  try {
    return getProcess().cwd();
  } catch {
    return undefined;
  }
}

/** The timers of `node:timers` as they are now. */
export function plainTimers(): PlainTimers {
  const timers = builtin("node:timers");
  if (timers === undefined) {
    throw new Error("Cannot record: this runtime has no module node:timers");
  }
  const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } =
    timers;
  return { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate };
}

interface Unrefable {
  unref?(): void;
}

/** The adapter's timers, of `timers`. */
export function backgroundTimers(
  timers: PlainTimers,
): Pick<RuntimeAdapter, "setBackgroundInterval" | "setTimer"> {
  return {
    setBackgroundInterval(fn, ms) {
      const handle = timers.setInterval(fn, ms);
      (handle as Unrefable).unref?.();
      return () => timers.clearInterval(handle);
    },
    setTimer(fn, ms) {
      const handle = timers.setTimeout(fn, ms);
      return () => timers.clearTimeout(handle);
    },
  };
}

/** What carries values along asynchronous calls. */
export function createCarrier(): ContextCarrier | undefined {
  const Storage = builtin("node:async_hooks")?.AsyncLocalStorage;
  if (Storage === undefined) return undefined;
  const storage = new Storage();
  return {
    get: () => storage.getStore(),
    run: (value, fn) => storage.run(value, fn),
    disable: () => storage.disable(),
  };
}

/** Installs the public promise hooks. @returns what takes them out */
export function installPublicHooks(
  hooks: PromiseHooks,
  _kind: HookKind,
): () => void {
  const promiseHooks = builtin("node:v8")?.promiseHooks;
  if (promiseHooks === undefined) {
    throw new Error("Cannot record: this runtime has no v8.promiseHooks");
  }
  return promiseHooks.createHook(hooks) ?? (() => {});
}
