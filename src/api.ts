/** The public functions: one tracer for the loop that imports this module. */

import {
  type Annotator,
  createUserTask,
  NO_REGION,
  type Region,
  type UserTask,
} from "./core/annotator.ts";
import type { Capabilities, RuntimeAdapter } from "./core/adapter.ts";
import { CALL_HOOKS_NAME } from "./core/call_hooks.ts";
import type {
  SharedWithWorker,
  ThreadPort,
  WorkerSetup,
} from "./core/thread_messages.ts";
import type { LoopUtilization } from "./core/loop_figures.ts";
import type { Statistics } from "./core/statistics.ts";
import { type Sink, type StreamOptions, Tracer } from "./core/tracer.ts";
import {
  type Handler,
  type HandlerOptions,
  traceHandler,
} from "./http/endpoint.ts";
import { detectRuntime } from "./runtime/detect.ts";

let tracer: Tracer | undefined;

/** The tracer, made on first use: importing does nothing. */
function getTracer(): Tracer {
  return tracer ??= new Tracer(detectRuntime());
}

/**
 * Starts to record into `sink`, until {@linkcode stop}.
 *
 * @throws {TracerBusyError} When a recording was started and not stopped.
 */
export function start(sink: Sink, options?: StreamOptions): void {
  getTracer().start(sink, options);
}

/**
 * Ends what {@linkcode start} began, and closes the sink.
 *
 * @returns the figures of the recording
 * @throws {TracerIdleError} When nothing was started. A sink that failed
 * rejects with its own error.
 */
export function stop(): Promise<Statistics> {
  return getTracer().stop();
}

/**
 * Starts to record, or joins the running recording, and gives the bytes of the
 * trace as they come. Cancelling the stream ends it.
 *
 * @throws {TracerBusyError} When no more can be served.
 */
export function stream(options?: StreamOptions): ReadableStream<Uint8Array> {
  return getTracer().stream(options);
}

/** True while anything is being recorded. */
export function isEnabled(): boolean {
  return tracer?.isEnabled ?? false;
}

/**
 * Begins a user task: work that belongs together, across goroutines. `end()`
 * completes it. Its parent, if none is given, is that of the code that runs,
 * such as the request that it serves.
 */
export function newTask(name: string, parent?: UserTask): UserTask {
  return createUserTask(name, parent, annotator);
}

/**
 * Calls `fn` in a region: a stretch of time in one goroutine. If `fn` returns a
 * promise the region lasts until that is settled.
 *
 * @returns what `fn` returns
 */
export function withRegion<T>(name: string, fn: () => T): T {
  return tracer === undefined ? fn() : tracer.annotator.withRegion(name, fn);
}

/** Begins a region, until its `end()`. */
export function startRegion(name: string): Region {
  return tracer === undefined ? NO_REGION : tracer.annotator.startRegion(name);
}

/**
 * Notes a message under a category, in the user task of the code that runs.
 * What is longer than 4096 characters is cut.
 */
export function log(category: string, message: string): void {
  tracer?.annotator.log(category, message);
}

/**
 * Names the request that is being served by its route, such as
 * `GET /users/:id`, in the place of what its URL lets guess. Names must be few:
 * after the first 1024 different ones no more are taken.
 *
 * Call it before the handler has waited for anything. Later the name may have
 * been written; then a log of the request tells it, of the category `route`.
 *
 * @param request what the server handed over, so that it is found later too
 */
export function nameRequest(name: string, request?: object): void {
  tracer?.annotator.nameRequest(name, request);
}

function annotator(): Annotator | undefined {
  return tracer?.annotator;
}

/** Figures of the recording, or of the last one; undefined before any. */
export function statistics(): Statistics | undefined {
  return tracer?.statistics();
}

/**
 * How busy this thread's loop was, by the turns that were recorded: since
 * `since`, an earlier reading, or else since the last call without one, the
 * first time since the recording began.
 *
 * ```ts
 * const before = loopUtilization();
 * await work();
 * console.log(loopUtilization(before)?.utilization, loopUtilization(before)?.longestTurnMs);
 * ```
 *
 * @returns undefined while nothing records: then nobody counts turns
 */
export function loopUtilization(
  since?: LoopUtilization,
): LoopUtilization | undefined {
  return tracer?.loopUtilization(since);
}

/** What `./preload` needs of the tracer. */
export interface PreloadedTracer {
  /** See `Tracer.addSite`. */
  addSite(
    fn: string,
    file: string,
    line: number,
    functionLine: number,
  ): number;
  /** See `Tracer.importing`. */
  importing(name: string): void;
  /** See `Tracer.noteSkipped`. */
  noteSkipped(file: string, why: string): void;
}

/**
 * Makes ready for transformed code: sets the global that it calls.
 *
 * @returns undefined if another copy of this library did so before
 */
export function preloadTracer(): PreloadedTracer | undefined {
  if (CALL_HOOKS_NAME in globalThis) return undefined;
  const source = getTracer();
  source.arm();
  Object.defineProperty(globalThis, CALL_HOOKS_NAME, {
    value: source.attachCalls(),
  });
  return source;
}

/** What can be recorded on this runtime. */
export function capabilities(): Capabilities {
  return getTracer().capabilities;
}

/**
 * A function that answers requests for traces, to be put under any path that
 * ends in `/debug/`. Call it before the server and the intervals are started:
 * it puts wrappers around them that record once a recording runs.
 */
export function handler(
  options?: HandlerOptions<StreamOptions>,
): Handler {
  const source = getTracer();
  source.arm();
  return traceHandler(source, options);
}

/**
 * This is a worker that is to be recorded with the thread that started it: what
 * its entry calls before the program's first line.
 *
 * @returns what begins the recording that goes on, if any
 */
export function attachWorker(
  setup: WorkerSetup,
  { shared, port }: { shared: SharedWithWorker; port: unknown },
): () => void {
  const { adapter, attached } = makeAttached(setup);
  const receive = attached.attachToMain(setup, {
    port: adapter.openPort(port, (message, ports) => receive(message, ports)),
    shared,
  });
  return () => attached.beginAttached();
}

/**
 * As {@linkcode attachWorker}, where what is shared comes later.
 *
 * @returns as above, and what takes it, and the port on which the main thread
 * speaks
 */
export function attachWorkerLate(
  setup: WorkerSetup,
  { post }: Pick<ThreadPort, "post">,
): {
  begin(): void;
  take(shared: SharedWithWorker, port: unknown): void;
} {
  const { adapter, attached } = makeAttached(setup);
  const receive = attached.attachToMain(setup, {
    port: { post, close() {} },
  });
  return {
    begin: () => attached.beginAttached(),
    take: (shared, port) =>
      // Not what follows from it: the program's own messages come the same way.
      attached.silently(() => {
        attached.share(shared);
        adapter.openPort(port, receive);
      }),
  };
}

/** The tracer of a worker, by the main thread's clock. */
function makeAttached(
  { timeOrigin }: WorkerSetup,
): { adapter: RuntimeAdapter; attached: Tracer } {
  const offset = performance.timeOrigin - timeOrigin;
  const adapter = detectRuntime();
  const clock = { now: () => performance.now() + offset };
  const attached = tracer = new Tracer(adapter, clock);
  return { adapter, attached };
}
