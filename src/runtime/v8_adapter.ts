/**
 * What Deno and Node share: V8's promise hooks, the node-compatible timers and
 * the wrappers. Each runtime adds what is its own.
 */

import type {
  Capabilities,
  HookKind,
  ParentParts,
  RuntimeAdapter,
} from "../core/adapter.ts";
import type { RuntimeProbes } from "../core/probe.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";
import type { ApiTable } from "./apis/api_table.ts";
import { backgroundTimers, builtin, createCarrier } from "./builtins.ts";
import { type CallHookSource, createCallHooks } from "./calls.ts";
import { createFrameReader } from "./frames.ts";
import {
  createPromiseHooks,
  type PromiseHooks,
  type PromiseHookSource,
} from "./promise_hooks.ts";
import { PromiseStamp } from "./promise_stamp.ts";
import { type MessageEdge, parentEdge } from "./threads/message_edges.ts";
import { openPort } from "./threads/ports.ts";
import type { WrapperContext } from "./wrappers/callback.ts";
import { wrapCombinators } from "./wrappers/combinators.ts";
import { wrapApisForNow, wrappedNames } from "./wrappers/operations.ts";
import { StagedApis } from "./wrappers/staged_apis.ts";

/** Servers that both have. */
export const SHARED_SERVERS: readonly string[] = ["node:http", "node:https"];

/** Timers of the runtime as they were before anything was wrapped. */
export interface PlainTimers {
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  setInterval(fn: () => void, ms: number): unknown;
  clearInterval(handle: unknown): void;
  setImmediate(fn: () => void): unknown;
}

/** What one runtime on V8 adds to what they share. */
export interface V8Runtime {
  readonly capabilities: Omit<Capabilities, "wraps" | "transform">;
  readonly timers: PlainTimers;
  /** What it measures beside tasks. */
  readonly probes: RuntimeProbes;
  /** The folder that files are named relative to, if it may be known. */
  readonly folder: string | undefined;
  /** This is a worker, whose messages from and to its parent go by `edge`. */
  attachParent(edge: MessageEdge, parts: ParentParts): void;
  /** What is wrapped. */
  readonly apis: ApiTable;
  /** True if it takes no time to speak of to load its built-in modules. */
  readonly loadsModulesFast: boolean;
  /** Called when more has been wrapped. */
  wrapped?(): void;
  /** See `PromiseState`. */
  isPending(promise: Promise<unknown>): boolean | undefined;
  /** The cheapest way into the queue of microtasks. */
  queueMarker(marker: () => void): void;
  /** Installs hooks. @returns what takes them out, as far as they can be */
  installHooks(hooks: PromiseHooks, kind: HookKind): () => void;
}

/** Promises that are looked at in a turn: at 2 to 20 us each. */
const LOOKS_PER_TURN = 8;

/** Begins what `inspect` prints for a promise that is not settled. */
const PENDING = /^[^{]*\{ <pending>/;

/** Whether a promise is pending, as `node:util` prints it. */
export function isPendingInText(
  promise: Promise<unknown>,
): boolean | undefined {
  const text = builtin("node:util")?.inspect(promise, {
    depth: 0,
    customInspect: false,
    maxArrayLength: 0,
    maxStringLength: 0,
  });
  return text === undefined ? undefined : PENDING.test(text);
}

/** The adapter of a runtime on V8. */
export function createV8Adapter(runtime: V8Runtime): RuntimeAdapter {
  const { timers } = runtime;
  let source: PromiseHookSource | undefined;
  let context: WrapperContext | undefined;
  let apis: StagedApis | undefined;
  let takeOut: (() => void) | undefined;
  let takeOutCombinators: (() => void) | undefined;
  let takeOutRows: (() => void) | undefined;
  let calls: CallHookSource | undefined;

  function prepare(recorder: TurnRecorder): WrapperContext {
    if (context !== undefined) return context;
    const hooks = source = createPromiseHooks(recorder);
    context = {
      recorder,
      sites: recorder.siteTable,
      lastPlain: hooks.lastPlain,
      relaying: hooks.relaying,
      callOpen: Reflect.apply,
      siteHere: (name, top) => recorder.siteHere(name, top),
    };
    apis = new StagedApis(runtime.apis.rows, context, {
      soon: (fn) => void timers.setImmediate(fn),
      wrapped: runtime.wrapped,
    });
    apis.arm();
    return context;
  }

  return {
    get capabilities() {
      return {
        ...runtime.capabilities,
        wraps: wrappedNames(runtime.apis.rows),
        transform: calls !== undefined,
      };
    },
    clock: performance,
    timeOrigin: performance.timeOrigin,
    openPort,
    frames: createFrameReader(runtime.folder),
    probes: runtime.probes,
    arm(recorder) {
      prepare(recorder);
    },
    attachParent(recorder, setup, parts) {
      const edge = parentEdge(prepare(recorder), setup, parts.shared);
      runtime.attachParent(edge, parts);
      return (shared) => edge.join(shared);
    },
    attachCalls(recorder) {
      prepare(recorder);
      apis!.wrapGlobals();
      // V8 tells nobody whether a promise is settled.
      calls ??= createCallHooks(recorder, () => 0);
      return calls.hooks;
    },
    importing(recorder, name) {
      prepare(recorder);
      apis!.importing(name);
    },
    install(recorder, kind, isAtOnce) {
      const wrappers = prepare(recorder);
      apis!.start(isAtOnce || runtime.loadsModulesFast);
      takeOutCombinators ??= wrapCombinators(wrappers);
      takeOutRows ??= wrapApisForNow(runtime.apis.rows, wrappers);
      recorder.hasExactSlices = kind !== "none";
      if (kind === "none") calls?.turnOn();
      else takeOut ??= runtime.installHooks(source!.hooks, kind);
    },
    uninstall() {
      calls?.turnOff();
      source?.forget();
      takeOut?.();
      takeOutCombinators?.();
      takeOutRows?.();
      takeOut = takeOutCombinators = takeOutRows = undefined;
    },
    promises: {
      looksPerSlice: 0,
      looksPerTurn: LOOKS_PER_TURN,
      isPending: runtime.isPending,
      settleWith(promise, id) {
        if (context?.recorder.takesPromises !== true) return false;
        // One that was made before may be settled, which nobody has seen.
        const isOld = !PromiseStamp.has(promise);
        if (isOld && runtime.isPending(promise) === false) return false;
        return source!.settleWith(promise, id);
      },
      isLastCall(promise) {
        return context?.recorder.takesPromises === true
          ? source!.isLastCall(promise)
          : undefined;
      },
    },
    createCarrier,
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
