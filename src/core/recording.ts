/**
 * One recording: everything that exists from the first consumer to the last.
 * Its own are the tables, the batches, the tasks; it borrows the raw log and
 * the continuations, which the hooks of the loop know for good.
 */

import type { ProcId, StringId } from "../format/ids.ts";
import { BatchBuffer } from "./batch_buffer.ts";
import { toTicks } from "./clock.ts";
import { MAX_BUFFERED_BYTES } from "./batch_queue.ts";
import { Consumer, type ConsumerEnd } from "./consumer.ts";
import type { ContinuationTable } from "./continuation_table.ts";
import { EventEncoder } from "./event_encoder.ts";
import { encodePrelude, encodeTail } from "./prelude.ts";
import { ProbeWriter } from "./probe_writer.ts";
import { RawKind, type RawLog } from "./raw_log.ts";
import type { SiteTable } from "./site_table.ts";
import { StackTable } from "./stack_table.ts";
import type { RecordingStatistics } from "./statistics.ts";
import { StringTable } from "./string_table.ts";
import { CallMapper } from "./call_mapper.ts";
import { type LogMapper, TaskMapper } from "./task_mapper.ts";
import { TaskWriter } from "./task_writer.ts";
import { TaskTable } from "./task_table.ts";
import type { ThreadIds } from "./thread_ids.ts";

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
  /** What the closing log of every consumer tells. */
  statistics(): object | undefined;
}

/** See the head of this file. */
export class Recording {
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
  /** Consumers ended by a flush, who do not know it yet. */
  readonly #unwoken: Consumer[] = [];

  constructor(parts: RecordingParts) {
    this.#parts = parts;
    const { continuations, ids, sites, origin } = parts;
    const proc = this.#proc = parts.proc ?? 0 as ProcId;
    this.#buffer = new BatchBuffer(1, (batch) => this.#deliver(batch), {
      batchBytes: parts.batchBytes,
      proc,
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
    this.probes = new ProbeWriter({ sites, stacks: this.#stacks, origin });
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
    this.map();
    this.#passTime(now);
    this.flush();
    const consumer = new Consumer(maxBuffered);
    // A tick is lost where the times of a log and this are rounded down.
    const ticks = Math.max(
      toTicks(now, this.#parts.origin) - 1,
      this.#buffer.lastTicks,
    );
    const prelude = encodePrelude({
      strings: this.#strings,
      stacks: this.#stacks,
      tasks: this.#tasks,
      userTasks: this.#writer.annotations.userTasks,
      procs: this.#proc + 1,
      proc: this.#proc,
      ticks,
      isAwake: this.#encoder.isAwake,
      hasSamples,
      batchBytes: this.#parts.batchBytes,
    });
    for (const batch of prelude) {
      consumer.queue.push(batch);
      this.#preludeBytes += batch.length;
    }
    this.consumers.add(consumer);
    this.probes.join(consumer, ticks, hasSamples);
    this.#consumersEver++;
    return consumer;
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

  /** Figures of the recording so far. */
  statistics(): RecordingStatistics {
    const { counts } = this.#mapper;
    const { continuations, sites } = this.#parts;
    return {
      events: this.#encoder.events + this.probes.events,
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
    this.probes.leave(consumer, end !== "left");
    const { running, isAwake } = this.#encoder;
    const tail = encodeTail({
      ticks: Math.max(ticks, this.#buffer.lastTicks),
      running,
      isAwake,
      category: this.#category,
      message: JSON.stringify({ end, ...this.#parts.statistics() }),
    });
    for (const batch of tail) consumer.queue.push(batch);
    consumer.end = end;
    consumer.onEnd?.();
    this.consumers.delete(consumer);
  }

  // Called by a flush, in the middle of writing an event: the encoder's state
  // is that of the end of the batch.
  #deliver(batch: Uint8Array<ArrayBuffer>): void {
    let pressure = 0;
    for (const consumer of this.consumers) {
      consumer.queue.push(batch);
      this.#wakeNeeded = true;
      if (consumer.queue.pressure >= 1) {
        this.#slowConsumers++;
        this.#close(consumer, "slow", this.#buffer.lastTicks);
        this.#unwoken.push(consumer);
      } else if (consumer.queue.pressure > pressure) {
        pressure = consumer.queue.pressure;
      }
    }
    this.#writer.shedStacks = pressure > SHED_STACKS_AT;
    this.#mapper.shedCallbacks = pressure > SHED_CALLBACKS_AT;
    this.#writer.annotations.shedLogs = pressure > SHED_LOGS_AT;
  }
}
