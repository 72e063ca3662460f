/**
 * What Deno and Node share: V8's promise hooks, the node-compatible timers and
 * the wrappers. Each runtime adds what is its own.
 */

import type {
  Capabilities,
  HookKind,
  RuntimeAdapter,
} from "../core/adapter.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";
import { backgroundTimers, builtin, getProcess } from "./builtins.ts";
import { type CallHookSource, createCallHooks } from "./calls.ts";
import { createFrameReader } from "./frames.ts";
import {
  createPromiseHooks,
  type PromiseHooks,
  type PromiseHookSource,
} from "./promise_hooks.ts";
import type { WrapperContext } from "./wrappers/callback.ts";
import { wrapCombinators } from "./wrappers/combinators.ts";
import { wrapFetch } from "./wrappers/fetch.ts";
import { wrapMicrotask } from "./wrappers/microtasks.ts";
import { wrapNodeServer } from "./wrappers/servers.ts";
import { wrapTimers } from "./wrappers/timers.ts";

/** Timers of the runtime as they were before anything was wrapped. */
export interface PlainTimers {
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  setInterval(fn: () => void, ms: number): unknown;
  clearInterval(handle: unknown): void;
  setImmediate(fn: () => void): unknown;
}

/** Calls that are wrapped on both, as `Capabilities` names them. */
export const SHARED_WRAPS: readonly string[] = [
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
];

/** Servers that both have. */
export const SHARED_SERVERS: readonly string[] = ["node:http", "node:https"];

/** Wraps {@linkcode SHARED_WRAPS} and {@linkcode SHARED_SERVERS}. */
export function wrapShared(context: WrapperContext): void {
  const timers = builtin("node:timers");
  if (timers !== undefined) wrapTimers(timers, context);
  wrapMicrotask(globalThis, "queueMicrotask", context);
  wrapMicrotask(getProcess(), "nextTick", context);
  wrapFetch(context);
  for (const name of ["node:http", "node:https"] as const) {
    const module = builtin(name);
    if (module !== undefined) wrapNodeServer(module.Server, context);
  }
}

/** What one runtime on V8 adds to what they share. */
export interface V8Runtime {
  readonly capabilities: Capabilities;
  readonly timers: PlainTimers;
  /** The folder that files are named relative to, if it may be known. */
  readonly folder: string | undefined;
  /** Wraps what must be wrapped before a recording starts. */
  arm(context: WrapperContext): void;
  /** Wraps everything else, at the first start. */
  wrap(context: WrapperContext): void;
  /** The cheapest way into the queue of microtasks. */
  queueMarker(marker: () => void): void;
  /** Installs hooks. @returns what takes them out, as far as they can be */
  installHooks(hooks: PromiseHooks, kind: HookKind): () => void;
}

/** The adapter of a runtime on V8. */
export function createV8Adapter(runtime: V8Runtime): RuntimeAdapter {
  const { timers } = runtime;
  let source: PromiseHookSource | undefined;
  let context: WrapperContext | undefined;
  let isWrapped = false;
  let takeOut: (() => void) | undefined;
  let takeOutCombinators: (() => void) | undefined;
  let calls: CallHookSource | undefined;

  function prepare(recorder: TurnRecorder): WrapperContext {
    if (context !== undefined) return context;
    const hooks = source = createPromiseHooks(recorder);
    context = {
      recorder,
      sites: recorder.siteTable,
      lastPlain: hooks.lastPlain,
      relaying: hooks.relaying,
      siteHere: (name, top) => recorder.siteHere(name, top),
    };
    runtime.arm(context);
    return context;
  }

  return {
    get capabilities() {
      return { ...runtime.capabilities, transform: calls !== undefined };
    },
    clock: performance,
    frames: createFrameReader(runtime.folder),
    arm(recorder) {
      prepare(recorder);
    },
    attachCalls(recorder) {
      // V8 tells nobody whether a promise is settled.
      calls ??= createCallHooks(recorder, () => 0);
      return calls.hooks;
    },
    install(recorder, kind) {
      const wrappers = prepare(recorder);
      if (!isWrapped) {
        isWrapped = true;
        runtime.wrap(wrappers);
      }
      takeOutCombinators ??= wrapCombinators(wrappers);
      recorder.hasExactSlices = kind !== "none";
      if (kind === "none") calls?.turnOn();
      else takeOut ??= runtime.installHooks(source!.hooks, kind);
    },
    uninstall() {
      calls?.turnOff();
      source?.forget();
      takeOut?.();
      takeOutCombinators?.();
      takeOut = takeOutCombinators = undefined;
    },
    queueMarker: runtime.queueMarker,
    scheduleTurnEnd(fn) {
      // Not unref'd: Node would run it only after the loop has waited, Deno
      // 2.9.6 with the next timer, if Deno.serve's native dispatch began the
      // turn. It keeps the process for one more iteration only.
      timers.setImmediate(fn);
    },
    ...backgroundTimers(timers),
  };
}
