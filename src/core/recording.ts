/**
 * One recording: everything that exists from the first consumer to the last.
 * Its own are the tables, the batches, the tasks; it borrows the raw log and
 * the continuations, which the hooks of the loop know for good.
 */

import {
  NO_STACK,
  NO_USER_TASK,
  type ProcId,
  type StringId,
} from "../format/ids.ts";
import { BatchBuffer } from "./batch_buffer.ts";
import { toTicks } from "./clock.ts";
import { MAX_BUFFERED_BYTES } from "./batch_queue.ts";
import { Consumer, type ConsumerEnd } from "./consumer.ts";
import type { ContinuationTable } from "./continuation_table.ts";
import { EventEncoder } from "./event_encoder.ts";
import type { ForeignGoroutines } from "./foreign_goroutines.ts";
import { encodeCreations, encodePrelude, encodeTail } from "./prelude.ts";
import { ProbeWriter } from "./probe_writer.ts";
import { RawKind, type RawLog } from "./raw_log.ts";
import { RecordedWorkers } from "./recorded_workers.ts";
import type { RunLog } from "./run_log.ts";
import type { SiteTable } from "./site_table.ts";
import { StackTable } from "./stack_table.ts";
import type { RecordingStatistics, WorkersFigures } from "./statistics.ts";
import { StringTable } from "./string_table.ts";
import { CallMapper } from "./call_mapper.ts";
import { type LogMapper, TaskMapper } from "./task_mapper.ts";
import { TaskWriter } from "./task_writer.ts";
import { TaskTable } from "./task_table.ts";
import type { ThreadIds } from "./thread_ids.ts";
import type {
  FromWorker,
  MeasuredInWorker,
  ProcState,
} from "./thread_messages.ts";

/** Pressure from which stacks are left out, from which callbacks are, and logs. */
const SHED_STACKS_AT = 0.5;
const SHED_CALLBACKS_AT = 0.75;
const SHED_LOGS_AT = 0.9;

/** Category of the log that closes each consumer's trace. */
export const STATISTICS_CATEGORY = "looptrace.statistics";

/** What a recording is made of. */
export interface RecordingParts {
  readonly log: RawLog;
  readonly continuations: ContinuationTable;
  readonly sites: SiteTable;
  /** True if only transformed code and wrappers write the log. */
  readonly isExact?: boolean;
  /** The clock's reading now, in milliseconds: tick 1 of the trace. */
  readonly origin: number;
  /** What no other thread of the process gives out. */
  readonly ids: ThreadIds;
  /** Number of the loop: 0 for the main thread's, k for that of worker k. */
  readonly proc?: ProcId;
  /** Bytes of a batch. */
  readonly batchBytes?: number;
  /** Most strings of the table. */
  readonly maxStrings?: number;
  /** Which recording it is: threads tell them apart by that. @default {0} */
  readonly number?: number;
  /** A time that nothing in it is before, in milliseconds. */
  readonly notBefore?: number;
  /** Takes every batch to another thread, which has consumers of its own. */
  readonly upstream?: Upstream;
  /** Messages that came of which it is not known who posted them. */
  unlinkedMessages?(): number;
  /** What the closing log of every consumer tells. */
  statistics(): object | undefined;
  /** Calls `fn` after `ms`. @returns what ends it */
  setTimer?(fn: () => void, ms: number): () => void;
}

/** Where the batches of a worker go. */
export interface Upstream {
  /** `isShared` if others keep the batch, too. */
  batch(
    bytes: Uint8Array<ArrayBuffer>,
    isShared: boolean,
    foreign: ForeignGoroutines,
    state: ProcState,
  ): void;
  /** What this thread's probes have told. */
  measured(figures: MeasuredInWorker): void;
}

/** What another thread needs to hand this one's batches on from now on. */
export interface ThreadPrelude {
  readonly batches: readonly Uint8Array<ArrayBuffer>[];
  readonly foreign: ForeignGoroutines;
  readonly state: ProcState;
}

/** Without a clock nothing is waited for. */
function setNoTimer(fn: () => void): () => void {
  fn();
  return () => {};
}

/** See the head of this file. */
export class Recording {
  readonly number: number;
  /** The consumers that are being served. */
  readonly consumers: Set<Consumer> = new Set();
  /** What probes write through. */
  readonly probes: ProbeWriter;

  readonly #parts: RecordingParts;
  readonly #proc: ProcId;
  readonly #buffer: BatchBuffer;
  readonly #strings: StringTable;
  readonly #stacks: StackTable;
  readonly #tasks: TaskTable;
  readonly #encoder: EventEncoder;
  readonly #writer: TaskWriter;
  readonly #mapper: LogMapper;
  readonly #category: StringId;
  #consumersEver = 0;
  #slowConsumers = 0;
  #preludeBytes = 0;
  #wakeNeeded = false;
  /** The workers whose batches go to this one's consumers. */
  readonly workers: RecordedWorkers;
  /** Number of processors that the trace has been told of. */
  #procs: number;
  #upstream: Upstream | undefined;
  /** Consumers ended by a flush, who do not know it yet. */
  readonly #unwoken: Consumer[] = [];

  constructor(parts: RecordingParts) {
    this.#parts = parts;
    this.number = parts.number ?? 0;
    const { continuations, ids, sites, origin } = parts;
    const proc = this.#proc = parts.proc ?? 0 as ProcId;
    this.#procs = proc + 1;
    this.#upstream = parts.upstream;
    const first = Math.max(toTicks(parts.notBefore ?? origin, origin), 1);
    this.#buffer = new BatchBuffer(first, (batch) => this.#deliver(batch), {
      batchBytes: parts.batchBytes,
      proc,
    });
    this.workers = new RecordedWorkers({
      recording: this.number,
      flush: () => {
        this.map();
        this.flush();
      },
      push: (consumer, batch) => this.#pushFromWorker(consumer, batch),
      ended: (thread) => this.probes.forget(thread),
      setTimer: parts.setTimer ?? setNoTimer,
    });
    this.#strings = new StringTable(
      this.#buffer,
      parts.maxStrings,
      ids.string,
    );
    this.#stacks = new StackTable(
      this.#buffer,
      this.#strings,
      sites,
      undefined,
      ids.stack,
    );
    this.#tasks = new TaskTable(ids.go);
    this.#encoder = new EventEncoder(this.#buffer);
    this.probes = new ProbeWriter({
      sites,
      stacks: this.#stacks,
      proc,
      origin,
      handUp: parts.upstream?.measured,
    });
    this.#category = this.#strings.put(STATISTICS_CATEGORY);
    this.#writer = new TaskWriter({
      continuations,
      tasks: this.#tasks,
      sites,
      strings: this.#strings,
      stacks: this.#stacks,
      encoder: this.#encoder,
      origin,
      ids,
      thread: proc + 1,
    });
    this.#mapper = parts.isExact
      ? new CallMapper(continuations, this.#writer)
      : new TaskMapper(continuations, this.#writer, parts.log.capacity);
  }

  /** Maps the raw log. Called from hooks. */
  map(): void {
    this.#mapper.map(this.#parts.log);
    const { continuations } = this.#parts;
    if (continuations.isCrowded) continuations.forget();
  }

  /** True if a consumer has something to read that it was not told of. */
  get wantsWake(): boolean {
    return this.#wakeNeeded;
  }

  /** Tells consumers what there is. Not to be called from a hook. */
  wake(): void {
    this.#wakeNeeded = false;
    for (const consumer of this.consumers) consumer.wake();
    for (const consumer of this.#unwoken.splice(0)) consumer.wake();
  }

  /** Hands the open batch over, however little is in it. */
  flush(): void {
    this.#buffer.flush();
  }

  /** From now on it is noted in `runs` which goroutine runs, if it is given. */
  noteRuns(runs: RunLog | undefined): void {
    this.#encoder.runs = runs;
    runs?.note(this.#buffer.lastTicks, this.#encoder.running);
  }

  /** Writes a log of the tracer's own. */
  log(category: string, message: string, now: number): void {
    this.map();
    this.#writer.setBase(now);
    const name = this.#strings.put(category);
    this.#encoder.userLog(NO_USER_TASK, name, NO_STACK, message);
  }

  /**
   * As `flush`, and what probes told until it was called last. `now` is the
   * clock's reading, in milliseconds.
   */
  flushAll(now: number): void {
    this.flush();
    this.probes.write(now);
  }

  /**
   * A new consumer: gets a prelude now and every batch from now on. `now` is the
   * clock's reading, in milliseconds.
   *
   * @param hasSamples true if it is to get CPU samples
   */
  join(
    now: number,
    maxBuffered: number = MAX_BUFFERED_BYTES,
    hasSamples = false,
  ): Consumer {
    const procs = this.#procs;
    const { batches, foreign, state } = this.prelude(now, {
      procs,
      hasSamples,
    });
    const id = ++this.#consumersEver;
    const consumer = new Consumer(maxBuffered, id, state.ticks);
    for (const batch of batches) {
      consumer.queue.push(batch);
      this.#preludeBytes += batch.length;
    }
    consumer.foreign.add(foreign);
    this.consumers.add(consumer);
    this.probes.join(consumer, consumer.ticks, hasSamples);
    this.workers.join(consumer, now);
    return consumer;
  }

  /**
   * What must come before the batches from now on: the beginning of a trace, or,
   * without `procs`, that of this processor in one.
   */
  prelude(
    now: number,
    head: { procs?: number; hasSamples?: boolean } = {},
  ): ThreadPrelude {
    this.map();
    this.#passTime(now);
    this.flush();
    // A tick is lost where the times of a log and this are rounded down.
    const ticks = Math.max(
      toTicks(now, this.#parts.origin) - 1,
      this.#buffer.lastTicks,
    );
    const batches = encodePrelude({
      strings: this.#strings,
      stacks: this.#stacks,
      tasks: this.#tasks,
      userTasks: this.#writer.annotations.userTasks,
      ...head,
      proc: this.#proc,
      ticks,
      isAwake: this.#encoder.isAwake,
      batchBytes: this.#parts.batchBytes,
    });
    const started = this.#tasks.inOrder().filter((task) => task.isForeign)
      .flatMap(({ goId, entry }) => [goId, entry]);
    const { running, isAwake } = this.#encoder;
    return {
      batches,
      foreign: { created: [], started },
      state: { running, isAwake, ticks },
    };
  }

  /** The trace is told that there are processors up to `proc`. */
  addProc(proc: ProcId): void {
    if (proc < this.#procs) return;
    this.#procs = proc + 1;
    this.map();
    this.#encoder.gomaxprocs(this.#procs);
  }

  /** No batch is handed up from now on. */
  endUpstream(): void {
    this.#upstream = undefined;
  }

  /** True if batches go to another thread. */
  get hasUpstream(): boolean {
    return this.#upstream !== undefined;
  }

  /**
   * Ends a consumer: what it was sent becomes a whole trace. `now` is the
   * clock's reading, in milliseconds, at which the trace ends.
   */
  leave(consumer: Consumer, end: ConsumerEnd, now: number): void {
    if (!this.consumers.has(consumer)) return;
    if (end === "left") consumer.queue.clear();
    else {
      if (end === "done") this.map();
      this.flush();
    }
    // A flush may just have ended it for being slow.
    if (this.consumers.has(consumer)) {
      this.#close(consumer, end, toTicks(now, this.#parts.origin));
    }
    consumer.wake();
  }

  /** Something has come from a worker. */
  receive(thread: number, message: FromWorker, now: number): void {
    if (message.kind === "measured") {
      const takers = this.workers.consumersOf(thread);
      this.probes.measured(thread, message.figures, { now, takers });
    }
    this.workers.receive(thread, message, this.consumers);
  }

  /** Events written. */
  get events(): number {
    return this.#encoder.events + this.probes.events;
  }

  /** Figures of the threads that take part; those of workers come later. */
  workerFigures(): WorkersFigures {
    const { workers } = this;
    const { unlinkedMessages } = this.#parts;
    return {
      workers: workers.count,
      workersLost: workers.lost,
      workerEvents: workers.events,
      unlinkedMessages: workers.unlinkedMessages + (unlinkedMessages?.() ?? 0),
    };
  }

  /** Figures of the recording so far. */
  statistics(): RecordingStatistics {
    const { counts } = this.#mapper;
    const { continuations, sites } = this.#parts;
    return {
      events: this.events,
      goroutines: this.#tasks.created,
      liveGoroutines: this.#tasks.size,
      bytes: this.#buffer.flushedBytes,
      batches: this.#buffer.flushedBatches,
      preludeBytes: this.#preludeBytes,
      consumers: this.#consumersEver,
      slowConsumers: this.#slowConsumers,
      strings: this.#strings.size,
      stringsOverflowed: this.#strings.overflowed,
      stacks: this.#stacks.size,
      stacksOverflowed: this.#stacks.overflowed,
      sites: sites.size,
      sitesOverflowed: sites.overflowed,
      continuationsRefused: continuations.refused,
      continuationsForgotten: continuations.forgotten,
      collections: this.probes.collections,
      collectionMs: this.probes.collectionMs,
      cpuSamples: this.probes.samples,
      ...counts,
      shedStacks: this.#writer.stacksShed,
      shedLogs: this.#writer.annotations.logsShed,
      regionsLost: this.#writer.annotations.regionsLost,
      ...this.workerFigures(),
    };
  }

  /** Sees to it that what is written from now on does not happen before now. */
  #passTime(now: number): void {
    const { log } = this.#parts;
    // While the loop sleeps, what comes next is a turn, with its own time.
    if (!this.#encoder.isAwake || log.isFull) return;
    log.put(RawKind.Turn, 0, 0, log.ticksAt(now));
    this.map();
  }

  /** Appends the end of a trace to a consumer's queue. */
  #close(consumer: Consumer, end: ConsumerEnd, ticks: number): void {
    this.probes.close(consumer);
    const { running, isAwake } = this.#encoder;
    const tail = encodeTail({
      ticks: Math.max(ticks, this.#buffer.lastTicks),
      running,
      isAwake,
      category: this.#category,
      message: JSON.stringify({ end, ...this.#parts.statistics() }),
    });
    for (const batch of tail) consumer.queue.push(batch);
    consumer.onEnd?.();
    this.consumers.delete(consumer);
    const finish = () => {
      this.probes.leave(consumer, end !== "left");
      this.#writeUncreated(consumer);
      consumer.end = end;
    };
    if (end !== "done") {
      this.workers.abandon(consumer);
      finish();
      return;
    }
    this.workers.leave(consumer, () => {
      finish();
      consumer.wake();
    });
  }

  /** What was started in a consumer's trace was created, too. */
  #writeUncreated({ foreign, queue, ticks }: Consumer): void {
    if (foreign.uncreated.size === 0) return;
    const proc = this.#procs as ProcId;
    const batches = encodeCreations(foreign.uncreated, { proc, ticks });
    for (const batch of batches) queue.push(batch);
  }

  #pushFromWorker(consumer: Consumer, batch: Uint8Array<ArrayBuffer>): void {
    consumer.queue.push(batch);
    this.#wakeNeeded = true;
    if (consumer.queue.pressure < 1 || !this.consumers.has(consumer)) return;
    this.#endSlow(consumer);
  }

  #endSlow(consumer: Consumer): void {
    this.#slowConsumers++;
    this.#close(consumer, "slow", this.#buffer.lastTicks);
    this.#unwoken.push(consumer);
  }

  // Called by a flush, in the middle of writing an event: the encoder's state
  // is that of the end of the batch.
  #deliver(batch: Uint8Array<ArrayBuffer>): void {
    let pressure = 0;
    const foreign = this.#writer.foreign.take();
    if (this.#upstream !== undefined) {
      const { running, isAwake } = this.#encoder;
      const state = { running, isAwake, ticks: this.#buffer.lastTicks };
      const isShared = this.consumers.size > 0;
      this.#upstream.batch(batch, isShared, foreign, state);
    }
    for (const consumer of this.consumers) {
      consumer.foreign.add(foreign);
      consumer.queue.push(batch);
      this.#wakeNeeded = true;
      if (consumer.queue.pressure >= 1) this.#endSlow(consumer);
      else if (consumer.queue.pressure > pressure) {
        pressure = consumer.queue.pressure;
      }
    }
    this.#writer.shedStacks = pressure > SHED_STACKS_AT;
    this.#mapper.shedCallbacks = pressure > SHED_CALLBACKS_AT;
    this.#writer.annotations.shedLogs = pressure > SHED_LOGS_AT;
  }
}
