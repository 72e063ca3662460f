/**
 * What threads tell each other about a recording, over a port of their own. All
 * of it can be cloned.
 */

import type { HookKind } from "./adapter.ts";
import type { WakerMode } from "./enqueuer.ts";
import type { ForeignGoroutines } from "./foreign_goroutines.ts";
import type { HeapFigures } from "./probe.ts";
import type { StackMode } from "./stack_capture.ts";
import type { FirstBlocks } from "./thread_ids.ts";

/** Begins a recording in a worker, whose batches go to who listens by then. */
export interface StartMessage {
  readonly kind: "start";
  /** Which recording: every one of the main thread's has its own number. */
  readonly recording: number;
  /** Tick 1 of the trace, and a time that nothing of it may be before. */
  readonly origin: number;
  readonly notBefore: number;
  readonly options: WorkerRecordingOptions;
}

/** What of the first consumer's options counts in workers. */
export interface WorkerRecordingOptions {
  readonly stacks?: StackMode;
  readonly wakers?: WakerMode;
  readonly hooks?: HookKind;
  readonly batchBytes?: number;
  /** Milliseconds from one CPU sample to the next, if any are wanted now. */
  readonly cpuInterval?: number;
}

/** To a worker. */
export type ToWorker =
  | StartMessage
  /** Consumer `consumer` wants a prelude and what follows. */
  | {
    readonly kind: "join";
    readonly recording: number;
    readonly consumer: number;
    readonly notBefore: number;
  }
  /** Consumer `consumer` ends: hand over what there is and say so. */
  | {
    readonly kind: "leave";
    readonly recording: number;
    readonly consumer: number;
  }
  /** CPU samples are wanted from now on, or no longer. */
  | {
    readonly kind: "sample";
    readonly recording: number;
    readonly cpuInterval: number | undefined;
  }
  /** Nobody listens any more. */
  | { readonly kind: "stop"; readonly recording: number };

/** What a processor was doing at the end of a batch. */
export interface ProcState {
  /** The goroutine that ran, 0 for none. */
  readonly running: number;
  /** True if the loop was in a turn. */
  readonly isAwake: boolean;
  /** Tick of the last event. */
  readonly ticks: number;
}

/** From a worker. */
export type FromWorker =
  | {
    readonly kind: "batch";
    readonly recording: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly foreign: ForeignGoroutines;
    readonly state: ProcState;
  }
  | {
    readonly kind: "prelude";
    readonly recording: number;
    readonly consumer: number;
    readonly batches: readonly Uint8Array<ArrayBuffer>[];
    readonly foreign: ForeignGoroutines;
    readonly state: ProcState;
  }
  | {
    readonly kind: "left";
    readonly recording: number;
    readonly consumer: number;
    readonly figures: WorkerFigures;
  }
  /** What the worker's probes tell. */
  | {
    readonly kind: "measured";
    readonly recording: number;
    readonly figures: MeasuredInWorker;
  }
  /** The worker cannot be recorded: it says why. */
  | {
    readonly kind: "refused";
    readonly recording: number;
    readonly why: string;
  }
  /** The worker is about to end. */
  | { readonly kind: "bye"; readonly figures: WorkerFigures }
  /** The worker has started one of its own, whose port comes with this. */
  | {
    readonly kind: "spawned";
    readonly thread: number;
    readonly proc: number;
    readonly label: string;
  }
  /** A worker of the worker's says something, which it cannot itself. */
  | {
    readonly kind: "relayed";
    readonly thread: number;
    readonly message: FromWorker;
  }
  /** A worker of the worker's has ended. */
  | { readonly kind: "ended"; readonly thread: number };

/** What the probes of a worker have told since they were asked last. */
export interface MeasuredInWorker {
  readonly proc: number;
  /** Garbage collections: ticks from `began` to `ended`, and their kind. */
  readonly collections: readonly {
    readonly began: number;
    readonly ended: number;
    readonly kind: string;
  }[];
  /** The heap, as it was last read. */
  readonly heap: HeapFigures | undefined;
  /** CPU samples: tick and stack of each, one after the other. */
  readonly samples: readonly number[];
}

/** What a worker counts. */
export interface WorkerFigures {
  readonly events: number;
  readonly goroutines: number;
  /** Messages of which it is not known who posted them. */
  readonly unlinkedMessages: number;
}

/** What a worker is told before its program begins. */
export interface WorkerSetup {
  /** Number of the worker, never given twice; the main thread is 0. */
  readonly thread: number;
  /** Number of the thread that starts it. */
  readonly parent: number;
  /** Number of its processor. */
  readonly proc: number;
  /** What its messages and its main task are named by. */
  readonly label: string;
  /** `performance.timeOrigin` of the main thread. */
  readonly timeOrigin: number;
  /** A time of the main thread's clock that the worker begins after. */
  readonly notBefore: number;
  /** True if its modules are to be transformed. */
  readonly isTransformed: boolean;
  /** Ids to begin with, if what is shared comes later. */
  readonly blocks?: FirstBlocks;
  /** The recording that goes on, if any. */
  readonly start?: StartMessage;
}

/** What is shared with a worker. */
export interface SharedWithWorker {
  /** Counters of ids; see `thread_ids.ts`. */
  readonly ids: SharedArrayBuffer;
  /** Counters of threads and processors; see `threads.ts`. */
  readonly threads: SharedArrayBuffer;
  /** Rings of messages to the worker and from it. */
  readonly toWorker: SharedArrayBuffer;
  readonly fromWorker: SharedArrayBuffer;
}

/** A port to another thread. */
export interface ThreadPort {
  post(message: ToWorker | FromWorker, transfer: readonly unknown[]): void;
  close(): void;
}

/** Takes what another thread has sent, and the ports in it. */
export type ThreadReceiver = (
  message: ToWorker | FromWorker,
  ports: readonly unknown[],
) => void;
