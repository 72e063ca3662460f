/** What a runtime must offer to be recorded. One implementation a runtime. */

import type { CallHooks } from "./call_hooks.ts";
import type { Clock } from "./clock.ts";
import type { RuntimeProbes } from "./probe.ts";
import type { PromiseState } from "./region_watch.ts";
import type { FrameReader } from "./stack_capture.ts";
import type {
  SharedWithWorker,
  ThreadPort,
  ThreadReceiver,
  WorkerSetup,
} from "./thread_messages.ts";
import type { TurnRecorder } from "./turn_recorder.ts";

/**
 * Which source of promise events to install: the runtime's public one, a faster
 * one that is no public API of it, or none, so that only transformed code and
 * wrappers report.
 */
export type HookKind = "public" | "internal" | "none";

/** What one runtime can tell. Every gap has a footnote in the README. */
export interface Capabilities {
  /** The runtime, as it names itself, and its version. */
  readonly runtime: string;
  readonly version: string;
  /** Where awaits of any code are seen. */
  readonly awaits: "promise hooks" | "accessor";
  /** True if awaits of transformed code are seen; see `./preload`. */
  readonly transform: boolean;
  /** True if hooks can be taken out again when recording stops. */
  readonly removableHooks: boolean;
  /** True if `hooks: "internal"` is understood. */
  readonly internalHooks: boolean;
  /** True if call sites can be captured. */
  readonly stacks: boolean;
  /**
   * How garbage collections are told: each with its times; each, at about its
   * time; or that there was one, at about that time.
   */
  readonly gc: "exact" | "approximate times" | "count";
  /** True if the size of the heap is told. */
  readonly heap: boolean;
  /** True if `cpu: true` is understood. */
  readonly cpu: boolean;
  /** Servers whose handlers are recorded as requests. */
  readonly servers: readonly string[];
  /** Calls whose waits are named. */
  readonly wraps: readonly string[];
}

/** Carries a value along what is called from somewhere, across awaits. */
export interface ContextCarrier {
  /** The value of the code that runs. */
  get(): unknown;
  /** Runs `fn`, and what follows from it, with `value`. */
  run<T>(value: unknown, fn: () => T): T;
  /** Costs nothing from now on, until `run` is called again. */
  disable(): void;
}

/** What a runtime tells of one promise, without anything being attached to it. */
export interface PromiseFacts extends PromiseState {
  /**
   * Has the hooks settle continuation `id` with `promise`.
   *
   * @returns false if no hook sees that, or it is settled
   */
  settleWith(promise: Promise<unknown>, id: number): boolean;
  /**
   * True if `promise` is that of the call which the last record says waits,
   * undefined if the runtime does not tell.
   */
  isLastCall(promise: Promise<unknown>): boolean | undefined;
}

/** What a worker's adapter needs beside what the worker is told. */
export interface ParentParts {
  /** What is shared with the main thread, if it has come already. */
  readonly shared: SharedWithWorker | undefined;
  /** To be called when the worker is about to end. */
  ending(): void;
}

/** A runtime; see `src/runtime`. */
export interface RuntimeAdapter {
  /** What can be told, as far as it is prepared now. */
  readonly capabilities: Capabilities;
  readonly clock: Clock;
  /** When the clock was 0, in milliseconds since 1970. */
  readonly timeOrigin: number;
  readonly frames: FrameReader;
  /** What it measures beside tasks. */
  readonly probes: RuntimeProbes;
  /**
   * Puts pass-through wrappers where a later recording needs them: servers
   * remember the handler they were started with. May be called often.
   */
  arm(recorder: TurnRecorder): void;
  /** What transformed code calls; from now on recordings can take that. */
  attachCalls(recorder: TurnRecorder): CallHooks;
  /**
   * Makes hooks and wrappers report to `recorder`, and says there how much they
   * tell: `hasExactSlices`, `marksAlways`. Modules that are not loaded yet are
   * wrapped before it returns, or else while the loop goes on.
   */
  install(recorder: TurnRecorder, hooks: HookKind, isAtOnce: boolean): void;
  /** The program is about to import the built-in module `name`. */
  importing(recorder: TurnRecorder, name: string): void;
  /**
   * Listens on a port to another thread, which does not keep the process alive.
   * What it receives and posts is not recorded.
   */
  openPort(port: unknown, receive: ThreadReceiver): ThreadPort;
  /**
   * This is a worker: messages from and to who started it are recorded.
   *
   * @returns what takes what is shared with the main thread, if that comes later
   */
  attachParent(
    recorder: TurnRecorder,
    setup: WorkerSetup,
    parts: ParentParts,
  ): (shared: SharedWithWorker) => void;
  /** Takes out what can be taken out. Wrappers stay and pass through. */
  uninstall(): void;
  /** What it tells of promises. */
  readonly promises: PromiseFacts;
  /** A carrier of its own, undefined where the runtime has none. */
  createCarrier(): ContextCarrier | undefined;
  /** Puts `marker` into the queue of microtasks, unrecorded. */
  queueMarker(marker: () => void): void;
  /** Calls `fn` once, unrecorded, when the loop has done this turn's work. */
  scheduleTurnEnd(fn: () => void): void;
  /**
   * Calls `fn` every `ms`, unrecorded, without keeping the process alive.
   *
   * @returns what ends it
   */
  setBackgroundInterval(fn: () => void, ms: number): () => void;
  /**
   * Calls `fn` once after `ms`, unrecorded. The process stays alive for it.
   *
   * @returns what ends it
   */
  setTimer(fn: () => void, ms: number): () => void;
}
