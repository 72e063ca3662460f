/**
 * The recorder of one event loop: starts with the first consumer, stops with
 * the last, and lets both come and go at any time.
 *
 * Everything here runs on the program's own thread. What the tracer itself does
 * runs untraced: it leaves no record, and the time of none is put down to it.
 */

import type { Capabilities, HookKind, RuntimeAdapter } from "./adapter.ts";
import { Annotator } from "./annotator.ts";
import type { ProcId } from "../format/ids.ts";
import type { CallHooks } from "./call_hooks.ts";
import type { Clock } from "./clock.ts";
import type { WakerMode } from "./enqueuer.ts";
import type { Consumer, ConsumerEnd } from "./consumer.ts";
import { ContinuationKind, ContinuationTable } from "./continuation_table.ts";
import { CpuSampling } from "./cpu_sampling.ts";
import { TracerBusyError, TracerIdleError } from "./errors.ts";
import { type CostFigures, LoadLog } from "./load_log.ts";
import type { LoopUtilization } from "./loop_figures.ts";
import { Probes } from "./probes.ts";
import { RawLog, UNTRACED } from "./raw_log.ts";
import { Recording, type Upstream } from "./recording.ts";
import { NO_FILE, NO_SITE, SiteTable } from "./site_table.ts";
import { StackCapture, type StackMode } from "./stack_capture.ts";
import type { Statistics } from "./statistics.ts";
import { ThreadIds } from "./thread_ids.ts";
import type {
  SharedWithWorker,
  StartMessage,
  ThreadPort,
  ThreadReceiver,
  ToWorker,
  WorkerFigures,
  WorkerSetup,
} from "./thread_messages.ts";
import { MainThreads, type MainThreadsHost, WorkerThreads } from "./threads.ts";
import { TurnRecorder } from "./turn_recorder.ts";

/** Age at which a batch goes out though it is not full, in milliseconds. */
export const FLUSH_MS = 250;

/** As {@linkcode FLUSH_MS}, of a worker's at the end of a turn. */
const WORKER_FLUSH_MS = 10;

/** Default of how many consumers there may be at a time. */
export const MAX_CONSUMERS = 4;

/** Notes kept for the statistics. */
const MAX_NOTES = 16;

/** Longest time that a timer takes, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How long `stop()` waits for a sink to take what is left. */
const SINK_MS = 10_000;

/** What a recording or a consumer of it may be told. */
export interface StreamOptions {
  /**
   * How long to record, in seconds; fractions allowed. More than 24 days is for
   * ever: no timer is that long. @default {Infinity}
   */
  seconds?: number;
  /** Ends the recording when it is aborted. */
  signal?: AbortSignal;
  /**
   * Call sites of awaits: `"off"` costs nothing and names little, `"budget"`
   * spends at most 1 % of the time, `"all"` is exact and slow. Given by the
   * first consumer of a recording.
   *
   * @default {"budget"}
   */
  stacks?: StackMode;
  /**
   * Who woke whom, where no hook tells it (Bun, and transformed code): found out
   * at 1 to 2 % of the time (`"budget"`), or always. What is left out counts as
   * woken by the loop. Given by the first consumer of a recording.
   *
   * @default {"budget"}
   */
  wakers?: WakerMode;
  /**
   * Where awaits are seen: in any code by the runtime's own means
   * (`"public"`; `"internal"` is faster on Deno, and no public API of it), or
   * only in code that `./preload` has transformed (`"none"`). Given by the first
   * consumer of a recording.
   *
   * @default {"none"} under `./preload`, else `"public"`
   */
  hooks?: HookKind;
  /**
   * CPU samples of the program's functions, put down to what ran: the trace is
   * then one for Go 1.19 and later. Deno needs `--allow-sys` for it.
   *
   * @default {false}
   */
  cpu?: boolean;
  /**
   * Time from one sample to the next, in milliseconds. Given by the first
   * consumer that takes samples. @default {1}
   */
  cpuInterval?: number;
  /**
   * Bytes that may wait to be read. A consumer that lets more wait is ended:
   * its trace is whole but short. @default {16777216}
   */
  maxBuffered?: number;
  /** How many consumers there may be, this one included. @default {4} */
  maxConsumers?: number;
  /** Bytes of a batch. Smaller ones are for tests. @default {65536} */
  batchBytes?: number;
}

/** Where a recording goes: a stream, or anything that takes bytes. */
export type Sink =
  | WritableStream<Uint8Array>
  | {
    write(bytes: Uint8Array): unknown;
    close?(): unknown;
  };

/** What is known of a recording that was started with a sink. */
interface SinkRecording {
  readonly consumer: Consumer;
  readonly finished: Promise<void>;
}

/** See the head of this file. One for each loop. */
export class Tracer {
  readonly #adapter: RuntimeAdapter;
  readonly #log = new RawLog();
  readonly #continuations = new ContinuationTable();
  readonly #ids = new ThreadIds();
  readonly #sites = new SiteTable(undefined, this.#ids.pc);
  readonly #capture: StackCapture;
  readonly #recorder: TurnRecorder;
  readonly #probes: Probes;
  readonly #annotator: Annotator;
  readonly #sampling: CpuSampling;
  readonly #loadLog: LoadLog;
  #recording: Recording | undefined;
  #sink: SinkRecording | undefined;
  #quiet = 0;
  #beganAt = 0;
  #endBackground: (() => void) | undefined;
  #last: Statistics | undefined;
  #error: unknown;
  #mappingMs = 0;
  #defaultHooks: HookKind = "public";
  readonly #notes: string[] = [];
  readonly #clock: Clock;
  readonly #main: MainThreads;
  /** What the main thread is told, if this is a worker that it records. */
  #mainPort: ThreadPort | undefined;
  #setup: WorkerSetup | undefined;
  #workerThreads: WorkerThreads | undefined;
  #shareWithAdapter: ((shared: SharedWithWorker) => void) | undefined;
  #options: StreamOptions = {};
  /** What workers were told last, of the recording that goes on. */
  #workersSampleMs: number | undefined;
  #isTransformed = false;
  /** When a worker's batch was last handed over at the end of a turn. */
  #flushedAt = 0;
  /** Recordings there have been. */
  #recordings = 0;

  /** @param clock the main thread's, where that is not this one */
  constructor(adapter: RuntimeAdapter, clock: Clock = adapter.clock) {
    this.#adapter = adapter;
    this.#clock = clock;
    const { frames } = adapter;
    this.#capture = new StackCapture(this.#sites, frames, clock);
    this.#recorder = new TurnRecorder(
      this.#log,
      this.#continuations,
      this.#sites,
      this.#capture,
      clock,
      {
        scheduleTurnEnd: (endTurn) => adapter.scheduleTurnEnd(endTurn),
        queueMarker: (marker) => adapter.queueMarker(marker),
        mapLog: () => this.#tryMap(),
        turnEnded: () => this.#turnEnded(),
        createCarrier: () => adapter.createCarrier(),
        failed: (error) => this.#failed(error),
      },
    );
    const host = {
      clock,
      ownClock: adapter.clock,
      frames,
      figures: this.#recorder.figures,
      note: (text: string) => this.#note(text),
      silently: (fn: () => void) => this.#silently(fn),
      setTimer: (fn: () => void, ms: number) => adapter.setTimer(fn, ms),
      costs: () => this.#costs(),
      log: (category: string, message: string, now: number) =>
        this.#try(() => this.#recording?.log(category, message, now)),
    };
    this.#probes = new Probes(adapter.probes, host);
    this.#sampling = new CpuSampling(adapter.probes.cpu, host);
    this.#loadLog = new LoadLog(adapter.probes.load, host);
    this.#recorder.userTasks = this.#ids.userTask;
    this.#annotator = new Annotator(this.#recorder, adapter.promises);
    this.#recorder.goIds = this.#ids.go;
    this.#main = new MainThreads(this.#threadsHost());
    this.#recorder.threads = this.#main;
  }

  /** What the program says of itself goes there. */
  get annotator(): Annotator {
    return this.#annotator;
  }

  /** What can be recorded on this runtime. */
  get capabilities(): Capabilities {
    return this.#adapter.capabilities;
  }

  /** True while anything is being recorded. */
  get isEnabled(): boolean {
    return this.#recording !== undefined;
  }

  /** Number of consumers being served. */
  get consumers(): number {
    return this.#recording?.consumers.size ?? 0;
  }

  /** Puts pass-through wrappers where a later recording needs them. */
  arm(): void {
    this.#adapter.arm(this.#recorder);
  }

  /** What transformed code is to call; recordings take that by default now. */
  attachCalls(): CallHooks {
    this.#defaultHooks = "none";
    this.#isTransformed = true;
    return this.#adapter.attachCalls(this.#recorder);
  }

  /**
   * The number of a place in the program, for transformed code. `file` is a URL
   * or an absolute path, `functionLine` where its function begins.
   */
  addSite(
    fn: string,
    file: string,
    line: number,
    functionLine: number,
  ): number {
    const shortName = this.#adapter.frames.shortName(file);
    if (shortName === undefined) return NO_SITE;
    return this.#sites.put(fn, shortName, line, functionLine);
  }

  /** A module of the program is about to import the built-in module `name`. */
  importing(name: string): void {
    this.#adapter.importing(this.#recorder, name);
  }

  /** Says in the statistics that `file` could not be transformed. */
  noteSkipped(file: string, why: string): void {
    const shortName = this.#adapter.frames.shortName(file) ?? file;
    this.#note(`${shortName} is not transformed: ${why}`);
  }

  #note(text: string): void {
    if (this.#notes.length < MAX_NOTES && !this.#notes.includes(text)) {
      this.#notes.push(text);
    }
  }

  /** Runs `fn`, and what follows from it in this slice, unrecorded. */
  untraced<T>(fn: () => T): T {
    this.#recorder.hush();
    this.#quiet++;
    try {
      return fn();
    } finally {
      this.#quiet--;
    }
  }

  /**
   * Starts a recording, or joins the running one. Cancelling the stream, or
   * aborting `signal`, ends it.
   *
   * @throws {TracerBusyError} When there are as many consumers as may be.
   * @throws {SamplingError} When CPU samples are wanted and cannot be had.
   * @throws {RangeError} When `seconds` is not more than 0, or `cpuInterval` too
   * short.
   */
  stream(options: StreamOptions = {}): ReadableStream<Uint8Array> {
    const consumer = this.#join(options);
    return this.#silently(() =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => this.#pull(consumer, controller),
        cancel: () => this.#leave(consumer, "left"),
      }, { highWaterMark: 0 })
    );
  }

  /**
   * Starts a recording into `sink`; one at a time.
   *
   * @throws {TracerBusyError} When one was started and not stopped.
   * @throws {SamplingError} When CPU samples are wanted and cannot be had.
   */
  start(sink: Sink, options: StreamOptions = {}): void {
    if (this.#sink !== undefined) {
      throw new TracerBusyError(
        "Cannot start a recording: one is running, stop it first",
      );
    }
    const consumer = this.#join(options, true);
    const finished = this.#silently(() => this.#pump(consumer, sink));
    // Whoever calls stop() sees a failure; nobody else has to.
    this.#silently(() => finished.catch(() => {}));
    this.#sink = { consumer, finished };
  }

  /**
   * Ends the recording that `start` began.
   *
   * @returns its figures, when the sink has taken everything
   * @throws {TracerIdleError} When nothing was started.
   */
  stop(): Promise<Statistics> {
    const sink = this.#sink;
    if (sink === undefined) {
      return Promise.reject(
        new TracerIdleError("Cannot stop the recording: none was started"),
      );
    }
    this.#sink = undefined;
    const recording = this.#recording;
    let figures: Statistics | undefined;
    this.#leave(sink.consumer, "done", () => figures = this.statistics());
    return this.#silently(() =>
      this.#settle(sink, () => ({ ...figures!, ...recording?.workerFigures() }))
    );
  }

  /** Figures of the recording, or of the last one; undefined before any. */
  statistics(): Statistics | undefined {
    const recording = this.#recording;
    if (recording === undefined) return this.#last;
    return {
      ...recording.statistics(),
      seconds: (this.#clock.now() - this.#beganAt) / 1000,
      stacksCaptured: this.#capture.captured,
      stacksRefused: this.#capture.refused,
      stacksMs: this.#capture.spentMs,
      markersRefused: this.#recorder.markersRefused,
      ambiguousSites: this.#recorder.ambiguousSites,
      mappingMs: this.#mappingMs,
      probesMs: this.#probes.spentMs + this.#sampling.spentMs,
      traceParentsSkipped: this.#recorder.traceParents.skipped,
      messagesCut: this.#annotator.messagesCut,
      notes: this.#notes.slice(),
      error: this.#error === undefined ? undefined : String(this.#error),
    };
  }

  /**
   * How busy the loop was since `since`, an earlier reading, or else since the
   * last reading without one; undefined while nothing records.
   */
  loopUtilization(since?: LoopUtilization): LoopUtilization | undefined {
    return this.#recorder.figures.read(this.#clock.now(), since);
  }

  #costs(): CostFigures {
    return {
      mappingMs: this.#mappingMs,
      stacksMs: this.#capture.spentMs,
      probesMs: this.#probes.spentMs + this.#sampling.spentMs,
      records: this.#log.appended,
      calls: this.#recorder.wrappedCalls,
      events: this.#recording?.events ?? 0,
    };
  }

  // `isAtOnce` if what follows is to be seen whole, whatever the start costs.
  #join(options: StreamOptions, isAtOnce = false): Consumer {
    const { seconds = Infinity } = options;
    if (!(seconds > 0)) {
      throw new RangeError(
        `Cannot record for ${seconds} seconds: must be more than 0`,
      );
    }
    const limit = options.maxConsumers ?? MAX_CONSUMERS;
    if (this.consumers >= limit) {
      throw new TracerBusyError(
        `Cannot record for one more: ${this.consumers} consumers are served, ` +
          `at most ${limit} may be`,
      );
    }
    options.signal?.throwIfAborted();
    return this.#silently(() => {
      const { cpu = false, maxBuffered } = options;
      // It may refuse too.
      if (cpu) this.#sampling.start(options.cpuInterval);
      if (this.#recording !== undefined) this.#tryMap();
      const recording = this.#recording ??
        this.#begin(options, undefined, isAtOnce);
      if (cpu) this.#sampling.attach(recording);
      this.#sampleWorkers(recording);
      const now = this.#clock.now();
      const consumer = recording.join(now, maxBuffered, cpu);
      this.#endOnTime(consumer, options);
      this.#probes.collect(now);
      return consumer;
    });
  }

  #begin(
    options: StreamOptions,
    order?: StartMessage,
    isAtOnce = false,
  ): Recording {
    // It may refuse: nothing of the recording exists yet.
    const hooks = options.hooks ?? this.#defaultHooks;
    try {
      this.#adapter.install(this.#recorder, hooks, isAtOnce);
    } catch (error) {
      this.#sampling.stopUnused();
      throw error;
    }
    const now = this.#beganAt = this.#clock.now();
    this.#options = options;
    this.#workersSampleMs = undefined;
    this.#error = undefined;
    this.#mappingMs = 0;
    this.#log.clear();
    this.#continuations.clear();
    this.#recorder.unlinkedMessages = 0;
    this.#ids.restart();
    this.#annotator.begin();
    this.#capture.begin(options.stacks ?? "budget");
    const recording = this.#recording = new Recording({
      log: this.#log,
      continuations: this.#continuations,
      sites: this.#sites,
      ids: this.#ids,
      isExact: hooks === "none",
      origin: order?.origin ?? now,
      number: order?.recording ?? ++this.#recordings,
      notBefore: order?.notBefore,
      proc: this.#setup?.proc as ProcId | undefined,
      upstream: order === undefined ? undefined : this.#upstream(order),
      batchBytes: options.batchBytes,
      statistics: () => this.statistics(),
      unlinkedMessages: () => this.#recorder.unlinkedMessages,
      setTimer: (fn, ms) =>
        this.#adapter.setTimer(() => this.#silently(fn), ms),
    });
    this.#endBackground = this.#adapter.setBackgroundInterval(
      () => this.#flush(),
      FLUSH_MS,
    );
    this.#probes.start(recording.probes);
    // A worker's log would be among the main thread's.
    if (order === undefined) this.#loadLog.start();
    else this.#recorder.notBefore(order.notBefore);
    this.#recorder.start(this.#starter(), options.wakers);
    const message = this.#startMessage();
    if (message !== undefined) this.#main.start(recording, message);
    return recording;
  }

  /** What runs now, as the recording's first slice. */
  #starter(): number {
    if (this.#quiet > 0) return UNTRACED;
    const { label } = this.#setup ?? {};
    const site = label === undefined
      ? NO_SITE
      : this.#sites.put(`worker ${label}`, NO_FILE, 0);
    return this.#continuations.make(ContinuationKind.Main, site, 0);
  }

  #endOnTime(consumer: Consumer, options: StreamOptions): void {
    const { seconds = Infinity, signal } = options;
    const endings: (() => void)[] = [];
    const end = () => this.#leave(consumer, "done");
    if (seconds * 1000 <= MAX_TIMER_MS) {
      endings.push(this.#adapter.setTimer(end, seconds * 1000));
    }
    if (signal !== undefined) {
      signal.addEventListener("abort", end, { once: true });
      endings.push(() => signal.removeEventListener("abort", end));
    }
    consumer.onEnd = () => endings.forEach((ending) => ending());
  }

  #leave(consumer: Consumer, end: ConsumerEnd, left = () => {}): void {
    const probes = this.#recording?.probes;
    const close = () => {
      this.#close(consumer, end);
      left();
    };
    // What was sampled last is to be in its trace.
    if (end === "done" && probes?.takesSamples(consumer)) {
      this.#silently(() => this.#sampling.finish(probes.samplers === 1, close));
    } else close();
  }

  #close(consumer: Consumer, end: ConsumerEnd): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    // What the program waits for may be calling: nothing may be thrown into it.
    if (end === "done") this.#tryMap();
    this.#silently(() => {
      const now = this.#clock.now();
      if (end === "done") {
        this.#probes.collect(now);
        this.#loadLog.finish(now);
      }
      recording.leave(consumer, end, now);
      this.#sampleWorkers(recording);
      this.#endUnused();
    });
  }

  #endUnused(): void {
    const recording = this.#recording;
    if (recording === undefined || recording.hasUpstream) return;
    if (recording.consumers.size === 0) this.#end();
  }

  #end(): void {
    this.#recorder.stop();
    this.#probes.stop();
    this.#sampling.stop();
    this.#loadLog.stop();
    this.#annotator.end();
    this.#adapter.uninstall();
    this.#endBackground?.();
    this.#endBackground = undefined;
    this.#last = this.statistics();
    const recording = this.#recording;
    this.#recording = undefined;
    if (this.#workerThreads !== undefined) this.#workerThreads.recording = 0;
    if (recording === undefined) return;
    this.#main.end(recording);
    recording.wake();
  }

  // Called from hooks and wrappers: nothing may be thrown into the program.
  #tryMap(): void {
    this.#try(() => this.#map());
  }

  #try(piece: () => void): void {
    try {
      piece();
    } catch (error) {
      this.#log.clear();
      this.#failed(error);
    }
  }

  #map(): void {
    const recording = this.#recording;
    if (recording === undefined) {
      this.#log.clear();
      return;
    }
    // Many turns at a time: the readings cost nothing.
    const clock = this.#clock;
    const begin = clock.now();
    recording.map();
    this.#mappingMs += clock.now() - begin;
  }

  #turnEnded(): void {
    if (this.#recording?.hasUpstream) this.#flushOften();
    this.#probes.turnEnded();
    if (this.#recording?.wantsWake) this.#wake();
  }

  /** A worker may be terminated at any time: little is to be lost then. */
  #flushOften(): void {
    const now = this.#clock.now();
    if (now - this.#flushedAt < WORKER_FLUSH_MS) return;
    this.#flushedAt = now;
    this.#flush();
  }

  #flush(): void {
    if (this.#recording === undefined) return;
    this.#tryMap();
    const now = this.#clock.now();
    this.#probes.collect(now);
    this.#sampling.tick(now);
    this.#sampleWorkers(this.#recording);
    this.#loadLog.tick(now);
    this.#recording.flushAll(now);
    this.#wake();
  }

  #wake(): void {
    this.#silently(() => {
      this.#recording?.wake();
      this.#endUnused();
    });
  }

  // Threads.

  #threadsHost(): MainThreadsHost {
    const adapter = this.#adapter;
    return {
      ids: this.#ids,
      recording: () => this.#recording,
      timeOrigin: () => this.#setup?.timeOrigin ?? adapter.timeOrigin,
      isTransformed: () => this.#isTransformed,
      now: () => this.#clock.now(),
      startMessage: () => this.#startMessage(),
      openPort: (port, receive) => this.#openPort(port, receive),
      setBackgroundTimer: (fn, ms) => {
        const end = adapter.setBackgroundInterval(() => {
          end();
          this.#silently(fn);
        }, ms);
      },
      received: () => this.#wake(),
      silently: (fn) => this.#silently(fn),
    };
  }

  /** What comes from another thread is no work of the program's. */
  #openPort(port: unknown, receive: ThreadReceiver): ThreadPort {
    return this.#silently(() =>
      this.#adapter.openPort(port, (message, ports) => {
        this.untraced(() => this.#silently(() => receive(message, ports)));
      })
    );
  }

  /** What a worker is told to take part in the recording that goes on. */
  #startMessage(): StartMessage | undefined {
    const recording = this.#recording;
    if (recording === undefined || this.#workerThreads !== undefined) {
      return undefined;
    }
    const { stacks, wakers, batchBytes } = this.#options;
    const hooks = this.#options.hooks ?? this.#defaultHooks;
    return {
      kind: "start",
      recording: recording.number,
      origin: this.#beganAt,
      notBefore: this.#clock.now(),
      options: {
        stacks,
        wakers,
        hooks,
        batchBytes,
        cpuInterval: this.#sampling.sampleMs,
      },
    };
  }

  /**
   * This is a worker of a thread that records it: takes part from now on.
   *
   * @returns what takes what the main thread says
   */
  attachToMain(
    setup: WorkerSetup,
    { port, shared }: {
      port: ThreadPort;
      /** If it is known already. */
      shared?: SharedWithWorker;
    },
  ): ThreadReceiver {
    this.#setup = setup;
    this.#mainPort = port;
    if (setup.blocks !== undefined) {
      this.#ids.useBlocks(setup.thread, setup.blocks);
    }
    this.#recorder.threads = this.#workerThreads = new WorkerThreads(
      setup,
      { host: this.#threadsHost(), port },
    );
    if (shared !== undefined) this.share(shared);
    this.arm();
    this.#shareWithAdapter = this.#adapter.attachParent(this.#recorder, setup, {
      shared,
      ending: () => this.#sayBye(),
    });
    return (message) => {
      this.untraced(() =>
        this.#silently(() => this.#takeOrder(message as ToWorker))
      );
    };
  }

  /** The program of a worker comes next: the recording that goes on begins. */
  beginAttached(): void {
    const { start } = this.#setup ?? {};
    // What the main thread has said since may have come first.
    if (start !== undefined && this.#recording === undefined) {
      this.#takeOrder(start);
    }
  }

  /** Memory that is shared with the main thread has come. */
  share(shared: SharedWithWorker): void {
    const { ids, threads } = shared;
    this.#ids.useShared(ids);
    this.#workerThreads?.useShared(threads);
    this.#shareWithAdapter?.(shared);
  }

  /** The worker is about to end: hands over what there is. */
  #sayBye(): void {
    const port = this.#mainPort;
    if (port === undefined) return;
    // As far as they can be had at once.
    this.#sampling.finish(true, () => {});
    this.#flush();
    this.#silently(() => {
      port.post({ kind: "bye", figures: this.#workerFigures() }, []);
    });
  }

  /** What the main thread says. */
  #takeOrder(order: ToWorker): void {
    const recording = this.#recording;
    if (order.kind === "start") {
      this.#beginOrdered(order);
      return;
    }
    if (recording?.number !== order.recording || !recording.hasUpstream) return;
    const port = this.#mainPort!;
    switch (order.kind) {
      case "join": {
        this.#recorder.notBefore(order.notBefore);
        const now = Math.max(this.#clock.now(), order.notBefore);
        const prelude = recording.prelude(now);
        const { consumer } = order;
        port.post({
          kind: "prelude",
          recording: recording.number,
          consumer,
          ...prelude,
        }, prelude.batches.map(({ buffer }) => buffer));
        break;
      }
      case "leave":
        // What was sampled last is to be in its trace.
        this.#sampling.finish(false, () => this.#parted(order.consumer));
        break;
      case "sample":
        this.#sampleFor(recording, order.cpuInterval);
        break;
      case "stop":
        recording.endUpstream();
        this.#endUnused();
    }
  }

  /** Workers sample while the main thread does. */
  #sampleWorkers(recording: Recording): void {
    const { sampleMs } = this.#sampling;
    if (recording.hasUpstream || sampleMs === this.#workersSampleMs) return;
    this.#workersSampleMs = sampleMs;
    recording.workers.sample(sampleMs);
  }

  /** Hands over what there is for a consumer that ends, and says so. */
  #parted(consumer: number): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    this.#tryMap();
    this.#silently(() => {
      const now = this.#clock.now();
      this.#probes.collect(now);
      recording.flushAll(now);
      this.#mainPort?.post({
        kind: "left",
        recording: recording.number,
        consumer,
        figures: this.#workerFigures(),
      }, []);
    });
  }

  /** The main thread's consumers want CPU samples, or no longer. */
  #sampleFor(recording: Recording, cpuInterval: number | undefined): void {
    const { probes } = recording;
    if (cpuInterval === undefined) {
      // Those that are still to come are wanted.
      this.#sampling.finish(true, () => probes.handsUpSamples = false);
      return;
    }
    probes.handsUpSamples = true;
    try {
      this.#sampling.start(cpuInterval);
      this.#sampling.attach(recording);
    } catch (error) {
      // The main thread has samples of its own, and its trace goes on.
      this.#note(String(error));
    }
  }

  #beginOrdered(order: StartMessage): void {
    try {
      if (this.#recording !== undefined) {
        throw new TracerBusyError("it is recording for itself");
      }
      const { hooks } = order.options;
      // What is not transformed has to be seen by other means.
      const isHooked = hooks === "none" && !this.#isTransformed;
      const own = isHooked ? "public" : hooks;
      const options = { ...order.options, hooks: own };
      const recording = this.#begin(options, order);
      this.#workerThreads!.recording = order.recording;
      this.#sampleFor(recording, order.options.cpuInterval);
    } catch (error) {
      this.#mainPort?.post({
        kind: "refused",
        recording: order.recording,
        why: String(error),
      }, []);
    }
  }

  #upstream(order: StartMessage): Upstream {
    const { recording } = order;
    return {
      batch: (bytes, isShared, foreign, state) => {
        const batch = isShared ? bytes.slice() : bytes;
        this.#silently(() =>
          this.#mainPort?.post({
            kind: "batch",
            recording,
            bytes: batch,
            foreign,
            state,
          }, [batch.buffer])
        );
      },
      measured: (figures) =>
        this.#silently(() =>
          this.#mainPort?.post({ kind: "measured", recording, figures }, [])
        ),
    };
  }

  #workerFigures(): WorkerFigures {
    const { events = 0, goroutines = 0 } = this.statistics() ?? {};
    const { unlinkedMessages } = this.#recorder;
    return { events, goroutines, unlinkedMessages };
  }

  // Called from hooks: what ends the recording makes promises, so it waits.
  #failed(error: unknown): void {
    this.#error ??= error;
    this.#recorder.stop();
    this.#adapter.setTimer(() => {
      for (const consumer of this.#recording?.consumers ?? []) {
        this.#leave(consumer, "failed");
      }
    }, 0);
  }

  /** Runs `fn` unrecorded, but not what follows from it in this slice. */
  silently<T>(fn: () => T): T {
    return this.#silently(fn);
  }

  /** Runs a piece of the tracer's own: no promise of it is recorded. */
  #silently<T>(fn: () => T): T {
    const recorder = this.#recorder;
    recorder.untraced++;
    try {
      return fn();
    } finally {
      // A start or an end in between has set it anew.
      if (recorder.untraced > 0) recorder.untraced--;
    }
  }

  #pull(
    consumer: Consumer,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> {
    return this.#silently(() =>
      new Promise<void>((resolve) => {
        consumer.whenReady(() => {
          const batch = consumer.queue.take();
          if (batch !== undefined) controller.enqueue(batch);
          if (consumer.queue.isEmpty && consumer.end !== undefined) {
            controller.close();
          }
          resolve();
        });
      })
    );
  }

  async #pump(consumer: Consumer, sink: Sink): Promise<void> {
    const writer = "getWriter" in sink ? sink.getWriter() : sink;
    try {
      while (true) {
        await new Promise<void>((resolve) => consumer.whenReady(resolve));
        const batch = consumer.queue.take();
        if (batch === undefined) break;
        // Not every hook sees an await of what is no native promise.
        await Promise.resolve(writer.write(batch));
      }
      await Promise.resolve(writer.close?.());
    } catch (error) {
      this.#leave(consumer, "left");
      throw error;
    }
  }

  async #settle(
    sink: SinkRecording,
    figures: () => Statistics,
  ): Promise<Statistics> {
    let endTimer = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      endTimer = this.#adapter.setTimer(() => {
        const { bytes } = sink.consumer.queue;
        reject(
          new Error(
            `Cannot finish the recording: the sink did not take the last ` +
              `${bytes} bytes within ${SINK_MS / 1000} s`,
          ),
        );
      }, SINK_MS);
    });
    try {
      await Promise.race([sink.finished, tooLate]);
    } finally {
      endTimer();
    }
    return figures();
  }
}
