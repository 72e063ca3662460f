/**
 * An event loop made by hand: writes the raw log as a runtime's hooks would, and tells what the recorder made of it as
 * lines of text such as `f block sleep`.
 *
 * Everything in it goes by a name. The name of a continuation is that of the function that it continues, so
 * `loop.await("f")` reads "f awaits something": its site is in function `f`.
 */
import {
  Annotation,
  AnnotationKind,
  OpenRegion,
} from "../../src/core/annotation.ts";
import {
  ContinuationKind,
  ContinuationTable,
} from "../../src/core/continuation_table.ts";
import type { Consumer, ConsumerEnd } from "../../src/core/consumer.ts";
import { TICKS_PER_MS } from "../../src/core/clock.ts";
import {
  AwaitFlag,
  NO_TIME,
  RawKind,
  RawLog,
  UNTRACED,
} from "../../src/core/raw_log.ts";
import { Reason } from "../../src/core/reason.ts";
import { Recording } from "../../src/core/recording.ts";
import { NO_SITE, SiteTable } from "../../src/core/site_table.ts";
import { ThreadIds } from "../../src/core/thread_ids.ts";
import { NO_USER_TASK, type UserTaskId } from "../../src/format/ids.ts";
import type { Trace } from "../../src/format/trace.ts";
import { eventLines, type LineOptions } from "./event_lines.ts";
import { concat } from "./raw_records.ts";
import { judgeTrace } from "./trace_judge.ts";

/** How a fake loop is made. */
export interface FakeLoopOptions {
  /** Records of the raw log; few, to have it mapped in the middle of things. */
  readonly records?: number;
  readonly batchBytes?: number;
  readonly maxStrings?: number;
  readonly maxContinuations?: number;
  /** False for a loop that nobody reads. @default {true} */
  readonly consumer?: boolean;
}

/** What an await is beside its name. */
export interface AwaitOptions {
  readonly reason?: Reason;
  /** Function of its site; `null` for a site not known. @default the name */
  readonly at?: string | null;
  /** Line of its site. @default {1} */
  readonly line?: number;
  /** What is awaited was settled before. @default {false} */
  readonly settled?: boolean;
}

/** The loop; see the head of this file. Its clock stands still but for `wait`. */
export class FakeLoop {
  readonly log: RawLog;
  readonly continuations: ContinuationTable;
  readonly sites: SiteTable = new SiteTable();
  readonly recording: Recording;
  readonly ids: ThreadIds = new ThreadIds();
  readonly #ids = new Map<string, number>();
  readonly #regions = new Map<string, OpenRegion>();
  readonly #userTaskIds = new Map<string, UserTaskId>();
  readonly #consumer;
  /** The clock, in milliseconds: no round number, as in life. */
  now = 1234.5;
  depth = 0;
  /** How often the log was mapped before its turn had ended. */
  earlyMaps = 0;

  constructor(options: FakeLoopOptions = {}) {
    this.log = new RawLog(options.records);
    this.continuations = new ContinuationTable(options.maxContinuations);
    const { log, continuations, sites } = this;
    log.base = this.now;
    this.recording = new Recording({
      log,
      continuations,
      sites,
      ids: this.ids,
      origin: this.now,
      batchBytes: options.batchBytes,
      maxStrings: options.maxStrings,
      statistics: () => this.recording.statistics(),
    });
    this.#consumer = options.consumer === false
      ? undefined
      : this.recording.join(this.now, Infinity);
  }

  /** Time passes. */
  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  /** A turn begins; `end` it. */
  turn(): this {
    return this.#put(RawKind.Turn, 0, this.now);
  }

  /** The turn is over, and mapped. */
  end(): this {
    this.#put(RawKind.TurnEnd, 0, this.now);
    this.recording.map();
    return this;
  }

  /** A slice begins: of a continuation made before, or of one never seen. */
  resume(name: string): this {
    this.depth++;
    return this.#put(RawKind.Resume, this.#ids.get(name) ?? 0, this.now);
  }

  /** The slice ends. Only inside another one is the clock read for it, as the hooks do. */
  suspend(): this {
    const isInside = --this.depth > 0;
    return this.#put(RawKind.Suspend, 0, isInside ? this.now : undefined);
  }

  /** A whole slice: resume, what `body` does, suspend. */
  slice(name: string, body?: () => void): this {
    this.resume(name);
    body?.();
    return this.suspend();
  }

  /** The code that called `start()` runs on: the first slice of a program. */
  main(body: () => void): this {
    this.make("main", ContinuationKind.Main, NO_SITE);
    return this.slice("main", body);
  }

  /** The tracer's own slice. */
  untraced(body?: () => void): this {
    this.depth++;
    this.#put(RawKind.Resume, UNTRACED, this.now);
    body?.();
    return this.suspend();
  }

  /** `name` awaits a promise that is no call's. */
  await(name: string, options: AwaitOptions = {}): this {
    return this.#await(name, 0, options);
  }

  /** `name` was just called and makes its first await. */
  callAwait(name: string, options: AwaitOptions = {}): this {
    return this.#await(name, AwaitFlag.Call, options);
  }

  /** `name` awaits the call whose first await came just before. */
  awaitCall(name: string, options: AwaitOptions = {}): this {
    return this.#await(name, AwaitFlag.Linked, {
      reason: Reason.Task,
      ...options,
    });
  }

  /** A `then`, which is an await that nothing suspends for. */
  then(name: string, options: AwaitOptions = {}): this {
    return this.#await(name, 0, options);
  }

  /** A reaction that passes on a result, as those of `Promise.all`. */
  relay(name: string): this {
    this.#await(name, 0, { at: null });
    const { continuations } = this;
    continuations.kind[continuations.slot(this.id(name))] =
      ContinuationKind.Relay;
    return this;
  }

  /** What `name` waits for is settled. */
  settle(...names: readonly string[]): this {
    for (const name of names) this.#put(RawKind.Settle, this.id(name));
    return this;
  }

  /** A promise is made, or settled for nobody. */
  break(): this {
    return this.#put(RawKind.Break, 0);
  }

  /** A timer, interval, immediate or microtask is set. */
  schedule(name: string, kind: ContinuationKind): this {
    this.make(name, kind, this.site(name));
    if (kind === ContinuationKind.Sleep) return this;
    const isTimed = kind !== ContinuationKind.Microtask;
    return this.#put(
      RawKind.Schedule,
      this.id(name),
      isTimed ? this.now : undefined,
    );
  }

  /** It will not be called. */
  cancel(name: string): this {
    return this.#put(RawKind.Cancel, this.id(name), this.now);
  }

  /** The code that runs calls `operation`, which blocks the loop for `ms`. */
  syscall(operation: string, ms: number): this {
    const { log } = this;
    const began = Math.floor((this.now - log.base) * TICKS_PER_MS);
    this.now += ms;
    const ended = Math.floor((this.now - log.base) * TICKS_PER_MS);
    if (log.isFull) this.#mapEarly();
    log.putSyscall(this.site(operation), began, ended - began);
    return this;
  }

  /** The code that runs begins a user task. */
  beginTask(name: string): this {
    const id = this.ids.userTask.take() as UserTaskId;
    this.#userTaskIds.set(name, id);
    return this.#annotate(new Annotation(AnnotationKind.TaskBegin, id, name));
  }

  /** The user task is complete. */
  endTask(name: string): this {
    const id = this.#userTaskIds.get(name) ?? NO_USER_TASK;
    return this.#annotate(new Annotation(AnnotationKind.TaskEnd, id, ""));
  }

  /** The code that runs notes a message, in the user task `of` or its own. */
  note(category: string, message: string, of = ""): this {
    const id = this.#userTaskIds.get(of) ?? NO_USER_TASK;
    return this.#annotate(
      new Annotation(AnnotationKind.Log, id, category, message),
    );
  }

  /** The code that runs begins a region. */
  enter(name: string): this {
    return this.#annotate(this.#region(name));
  }

  /** A region ends, wherever it began. */
  leave(name: string): this {
    const region = this.#regions.get(name);
    return this.#annotate(
      new Annotation(AnnotationKind.RegionEnd, NO_USER_TASK, "", "", region),
    );
  }

  /**
   * The code that runs begins a region around `call`, which makes its first
   * await last. Settle `name` where the region ends.
   */
  around(name: string, call: () => void): this {
    const annotation = this.#region(name);
    this.#annotate(annotation);
    const begin = this.log.numberOf(this.log.length - 1);
    call();
    const { log } = this;
    const isCall = log.lastKind === RawKind.Await &&
      log.length - 1 > log.indexOf(begin) && log.indexOf(begin) >= 0;
    if (isCall) annotation.call = log.numberOf(log.length - 1);
    const id = this.continuations.makeRegion(annotation.region!);
    this.#ids.set(name, id);
    return this;
  }

  /** What `body` does takes long, and is told of as a region when it is over. */
  past(name: string, body: () => void): this {
    const { log } = this;
    const before = log.numberOf(log.length);
    const began = this.now;
    body();
    const { RegionPast } = AnnotationKind;
    const region = new OpenRegion(name);
    const annotation = new Annotation(RegionPast, NO_USER_TASK, "", "", region);
    annotation.before = before;
    annotation.beganTicks = Math.floor((began - log.base) * TICKS_PER_MS);
    return this.#annotate(annotation);
  }

  #region(name: string): Annotation {
    const region = new OpenRegion(name);
    this.#regions.set(name, region);
    const { RegionBegin } = AnnotationKind;
    return new Annotation(RegionBegin, NO_USER_TASK, name, "", region);
  }

  #annotate(annotation: Annotation): this {
    const { log } = this;
    if (log.isFull || log.isWordy) this.#mapEarly();
    const ticks = Math.floor((this.now - log.base) * TICKS_PER_MS);
    log.putAnnotation(annotation, ticks);
    return this;
  }

  /** A request comes in: `handle` is its handler's first slice. */
  request(name: string, handle: () => void): this {
    this.make(name, ContinuationKind.Request, this.site(name));
    return this.slice(name, handle);
  }

  /** A continuation without a record of its own. */
  make(name: string, kind: ContinuationKind, site: number): this {
    this.#ids.set(name, this.continuations.make(kind, site, 0));
    return this;
  }

  /** A site in function `fn`. */
  site(fn: string, line = 1): number {
    return this.sites.put(fn, "app.ts", line, 1);
  }

  id(name: string): number {
    const id = this.#ids.get(name);
    if (id === undefined) {
      throw new Error(`Cannot name a continuation: ${name}`);
    }
    return id;
  }

  /** One more consumer joins. */
  join(maxBuffered = Infinity): Consumer {
    return this.recording.join(this.now, maxBuffered);
  }

  /** Ends a consumer, the first one unless told, and gives its batches. */
  batches(
    consumer: Consumer | undefined = this.#consumer,
    end: ConsumerEnd = "done",
  ): Uint8Array[] {
    if (consumer === undefined) throw new Error("Cannot read: no consumer");
    this.recording.leave(consumer, end, this.now);
    const batches: Uint8Array[] = [];
    for (;;) {
      const batch = consumer.queue.take();
      if (batch === undefined) return batches;
      batches.push(batch);
    }
  }

  /** Ends a consumer, the first one unless told, and gives its bytes. */
  bytes(consumer?: Consumer): Uint8Array<ArrayBuffer> {
    return concat(this.batches(consumer));
  }

  /** Ends the recording; the trace must be good. */
  trace(name = "the trace of a fake loop"): Trace {
    return judgeTrace(this.bytes(), name);
  }

  /** Ends the recording; the trace, which must be good, as lines. */
  lines(options?: LineOptions): string[] {
    return eventLines(this.trace(), options);
  }

  #await(name: string, flags: number, options: AwaitOptions): this {
    const { reason = Reason.Unknown, at = name, line = 1 } = options;
    const known = options.settled ? flags | AwaitFlag.Settled : flags;
    const site = at === null ? NO_SITE : this.site(at, line);
    const id = this.continuations.make(ContinuationKind.Reaction, site, reason);
    this.#ids.set(name, id);
    const isTimed = flags === AwaitFlag.Call;
    return this.#put(
      RawKind.Await | known << 8,
      id,
      isTimed ? this.now : undefined,
    );
  }

  #mapEarly(): void {
    this.earlyMaps++;
    this.recording.map();
  }

  // Every use of the log's own form is here: `time` is the clock's, or none.
  #put(code: number, a: number, time?: number): this {
    const { log } = this;
    // As TurnRecorder: a slice begins with half of the log free.
    const isHigh = code === RawKind.Resume && log.length >= log.high;
    if (log.isFull || isHigh) this.#mapEarly();
    const ticks = time === undefined
      ? NO_TIME
      : Math.floor((time - log.base) * TICKS_PER_MS);
    log.put(code, a, 0, ticks);
    return this;
  }
}
