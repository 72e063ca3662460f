/** Bun: what can be recorded there and how. */

import type { Capabilities, RuntimeAdapter } from "../core/adapter.ts";
import type { RuntimeProbes } from "../core/probe.ts";
import { ParkFlag } from "../core/raw_log.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";
import { BUN_APIS } from "./apis/bun.ts";
import { AwaitPlaces } from "./await_places.ts";
import {
  backgroundTimers,
  builtin,
  createCarrier,
  getProcess,
  plainTimers,
  workingFolder,
} from "./builtins.ts";
import { type CallHookSource, createCallHooks } from "./calls.ts";
import { createFrameReader } from "./frames.ts";
import { gcSentinelProbe } from "./probes/gc_sentinel.ts";
import { processHeap } from "./probes/heap.ts";
import { inspectorProfiler } from "./probes/inspector_profiler.ts";
import { loopLoadProbe } from "./probes/loop_load.ts";
import {
  createPromiseAccessor,
  type PromiseAccessor,
} from "./promise_accessor.ts";
import { SHARED_SERVERS } from "./v8_adapter.ts";
import { wrapCombinators } from "./wrappers/combinators.ts";
import { parentEdge } from "./threads/message_edges.ts";
import { wrapBunParent } from "./threads/bun_workers.ts";
import { openPort } from "./threads/ports.ts";
import type { WrapperContext } from "./wrappers/callback.ts";
import {
  applyHidden,
  wrapApisForNow,
  wrappedNames,
} from "./wrappers/operations.ts";
import { StagedApis } from "./wrappers/staged_apis.ts";

/** The parts of Bun's namespace that are used here. */
interface BunNamespace {
  readonly version: string;
  readonly peek: {
    status(promise: object): "pending" | "fulfilled" | "rejected";
  };
}

/** Promises that are looked at: at 30 ns each. */
const LOOKS_PER_SLICE = 4;
const LOOKS_PER_TURN = 64;

/** The adapter for Bun. */
export function bunAdapter(): RuntimeAdapter {
  const bun = (globalThis as unknown as { Bun: BunNamespace }).Bun;
  const { queueMicrotask } = globalThis;
  const { nextTick } = getProcess();
  const timers = plainTimers();
  const frames = createFrameReader(workingFolder());
  const status = bun.peek.status;
  const probes: RuntimeProbes = {
    collections: gcSentinelProbe(performance),
    heap: processHeap(),
    cpu: inspectorProfiler(false),
    // Its eventLoopUtilization() is a stub.
    load: loopLoadProbe(false),
  };
  let accessor: PromiseAccessor | undefined;
  let context: WrapperContext | undefined;
  let calls: CallHookSource | undefined;
  let apis: StagedApis | undefined;
  let takeOutCombinators: (() => void) | undefined;
  let takeOutRows: (() => void) | undefined;
  let endTurn = () => {};

  function isPending(promise: object): boolean {
    return status(promise) === "pending";
  }

  function prepare(recorder: TurnRecorder): WrapperContext {
    if (context !== undefined) return context;
    const places = new AwaitPlaces(
      recorder.capture,
      frames,
      recorder.siteTable,
      // The tracer's own doing, in the middle of the program's.
      (file) =>
        applyHidden(recorder, readText, undefined, [file]) as
          | string
          | undefined,
    );
    const source = accessor = createPromiseAccessor(recorder, places, {
      clock: performance,
      isPending,
      queueMicrotask,
    });
    context = {
      recorder,
      sites: recorder.siteTable,
      // Promises are not seen when they are made.
      lastPlain: () => undefined,
      relaying: source.relaying,
      callOpen: source.callOpen,
      resultOf: source.resultOf,
      beforeSlice: source.endRun,
      siteHere: (name, top) => recorder.siteHere(name, top),
    };
    apis = new StagedApis(BUN_APIS.rows, context, {
      soon: (fn) => void timers.setImmediate(fn),
    });
    apis.arm();
    return context;
  }

  function armTurnEnd(): void {
    nextTick(runTurnEnd);
  }

  function runTurnEnd(): void {
    accessor?.endRun();
    endTurn();
  }

  return {
    get capabilities(): Capabilities {
      return {
        runtime: "Bun",
        version: bun.version,
        awaits: "accessor",
        transform: calls !== undefined,
        // The property is restored, the engine's short cuts are not.
        removableHooks: false,
        internalHooks: false,
        stacks: true,
        gc: "count",
        heap: true,
        cpu: true,
        servers: ["Bun.serve", ...SHARED_SERVERS],
        wraps: wrappedNames(BUN_APIS.rows),
      };
    },
    clock: performance,
    timeOrigin: performance.timeOrigin,
    openPort,
    frames,
    probes,
    arm(recorder) {
      prepare(recorder);
    },
    attachParent(recorder, setup, parts) {
      const edge = parentEdge(prepare(recorder), setup, parts.shared);
      wrapBunParent(edge);
      getProcess().on("exit", parts.ending);
      return (shared) => edge.join(shared);
    },
    attachCalls(recorder) {
      prepare(recorder);
      apis!.wrapGlobals();
      calls ??= createCallHooks(
        recorder,
        (promise) => isPending(promise) ? ParkFlag.Pending : ParkFlag.Settled,
      );
      return calls.hooks;
    },
    importing(recorder, name) {
      prepare(recorder);
      apis!.importing(name);
    },
    install(recorder, kind, isAtOnce) {
      if (kind === "internal") {
        throw new Error(
          'Cannot use hooks "internal": Bun does not have them, use "public"',
        );
      }
      const wrappers = prepare(recorder);
      if (kind === "public") accessor!.install();
      // The first tick of a process may run before the microtasks.
      nextTick(() => {});
      apis!.start(isAtOnce);
      takeOutCombinators ??= wrapCombinators(wrappers);
      takeOutRows ??= wrapApisForNow(BUN_APIS.rows, wrappers);
      recorder.hasExactSlices = false;
      recorder.marksAlways = kind === "public";
      if (kind === "none") calls?.turnOn();
    },
    uninstall() {
      calls?.turnOff();
      accessor?.uninstall();
      takeOutCombinators?.();
      takeOutRows?.();
      takeOutCombinators = takeOutRows = undefined;
    },
    promises: {
      looksPerSlice: LOOKS_PER_SLICE,
      looksPerTurn: LOOKS_PER_TURN,
      isPending,
      settleWith: () => false,
      isLastCall: () => undefined,
    },
    createCarrier,
    queueMarker(marker) {
      queueMicrotask(marker);
    },
    scheduleTurnEnd(fn) {
      endTurn = fn;
      // A tick that is armed by a microtask runs when no microtask is left; one
      // that is armed by what the loop called, before them.
      queueMicrotask(armTurnEnd);
    },
    ...backgroundTimers(timers),
  };
}

/** The text of a file of the program, for the names in it. */
function readText(file: string): string | undefined {
  try {
    const path = file.startsWith("file:") ? new URL(file) : file;
    return builtin("node:fs")?.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
