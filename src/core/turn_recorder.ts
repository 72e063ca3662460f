/**
 * The one place to which hook sources and wrappers report. It keeps what must
 * be known at once (what is running, is it ours, has the turn begun) and
 * appends everything else to the raw log.
 *
 * No method may throw into the program, make a promise or wait. All of them may
 * be called while nothing records; they do nothing then.
 */

import type { GoId } from "../format/ids.ts";
import { NO_USER_TASK } from "../format/ids.ts";
import { type Clock, TICKS_PER_MS } from "./clock.ts";
import {
  ContinuationKind,
  type ContinuationTable,
} from "./continuation_table.ts";
import type { ContextCarrier } from "./adapter.ts";
import { Annotation, AnnotationKind, OpenRegion } from "./annotation.ts";
import { Enqueuer, type WakerMode } from "./enqueuer.ts";
import { Explained } from "./explained.ts";
import { LoopFigures } from "./loop_figures.ts";
import {
  EndFlag,
  Fate,
  MAX_LOG_TICKS,
  NO_TIME,
  PARK_WAIT_SHIFT,
  ParkFlag,
  RAW_STRIDE,
  RawKind,
  type RawLog,
  ResumeFlag,
  TOLD,
  UNTRACED,
} from "./raw_log.ts";
import { Reason } from "./reason.ts";
import { NO_SITE, type SiteTable } from "./site_table.ts";
import type { RegionWatch } from "./region_watch.ts";
import { countFromOne, type IdSource } from "./thread_ids.ts";
import { TraceParents } from "./trace_parent.ts";
import { SiteMemory } from "./site_memory.ts";
import type { StackCapture, StackTop } from "./stack_capture.ts";
import type { Threads } from "./threads.ts";
import { operationOfWait, reasonOfWait, type Wait } from "./wait.ts";

/** Multiplier that spreads the numbers of sites over 32 bits. */
const SPREAD = 0x9e3779b1;

/**
 * Records after which the end of a turn maps the log. Short turns are mapped
 * several at a time, which is cheaper for each; the tracer's timer maps what is
 * left when the loop is idle.
 */
const MAP_RECORDS = 1024;

/** A call that blocks the loop for as long is worth telling, in milliseconds. */
const LONG_MS = 0.02;

/** Greatest number that a column holds. */
const MAX_INT32 = 2 ** 31 - 1;

/** Deepest nesting of slices that is told apart. */
const MAX_DEPTH = 256;

/** What the recorder asks of the loop it records and of the tracer. */
export interface TurnRecorderHost {
  /**
   * Calls `endTurn` when the loop has done all the work of this turn and before
   * it waits, once for each call, without being recorded.
   */
  scheduleTurnEnd(endTurn: () => void): void;
  /** Puts `marker` into the queue of microtasks, unrecorded. */
  queueMarker(marker: () => void): void;
  /** Maps the log. Called from hooks: must be synchronous. */
  mapLog(): void;
  /** A turn has ended: hand over what is ready. */
  turnEnded(): void;
  /** What carries user tasks, undefined where the runtime has nothing. */
  createCarrier(): ContextCarrier | undefined;
  /** Something of the recorder threw. Recording must stop. */
  failed(error: unknown): void;
}

/** See the head of this file. Fields are public for the hooks alone. */
export class TurnRecorder {
  /** True while anything is to report. */
  isOn = false;
  /** True while hooks that tell of each slice when it ends are to report. */
  takesPromises = false;
  /** True while the code runs that started the recording, see `endStart`. */
  isStarting = false;
  /**
   * Greater than 0 while code of the tracer or of the runtime runs, which is not
   * recorded.
   */
  untraced = 0;
  /** How many recordings there have been. */
  starts = 0;
  /** How many calls of wrapped functions were seen. */
  wrappedCalls = 0;
  /** Id of the continuation that runs, 0 for none or an unknown one. */
  current = 0;
  /** Number of slices open. */
  depth = 0;
  /** Depth of the slice that is hushed, 0 for none; see `hush`. */
  #hushed = 0;
  /** True from the end of a hushed slice to the next one. */
  isAfterHushed = false;
  /** Hash of what happened in this slice; see `site_memory.ts`. */
  path = 0;
  /**
   * True if the hooks tell of each slice when it ends. Otherwise a slice that
   * the loop or the queue of microtasks calls ends all that are still open.
   */
  hasExactSlices = true;
  /** True if it must always be known who queued a microtask. */
  marksAlways = false;
  /**
   * Called when what follows in the queue of microtasks was queued by the slice
   * that began with record `number`, up to the next marker.
   */
  onMarker: ((number: number) => void) | undefined = undefined;
  /**
   * Called before something is recorded that hooks do not see, but which lies
   * between the awaits before it and those after it.
   */
  onBreak: (() => void) | undefined = undefined;
  /** Where the goroutines of messages to other threads get their ids. */
  goIds: IdSource = countFromOne();
  /** Messages of which it was not known who had posted them. */
  unlinkedMessages = 0;
  /** Other threads; undefined where there are none. */
  threads: Threads | undefined = undefined;
  /** What wrappers know of promises. */
  readonly explained = new Explained();
  /** The user task of the code that runs, 0 if only its goroutine knows. */
  userTaskHere: () => number = () => 0;
  /** In which requests the header of a distributed trace is looked for. */
  readonly traceParents: TraceParents = new TraceParents();
  /** What ends regions around promises, while there are such. */
  watch: RegionWatch | undefined = undefined;
  /** Called before a slice begins, while a wrapper looks for something. */
  beforeSlice: (() => void) | undefined = undefined;
  /** What carries user tasks, from the first annotation of a recording on. */
  carrier: ContextCarrier | undefined = undefined;
  /** Continuations of requests, once somebody asks for them by the request. */
  requests: WeakMap<object, number> | undefined = undefined;
  /** Where ids of user tasks come from. */
  userTasks: IdSource = countFromOne();
  /** How busy the loop is. */
  readonly figures = new LoopFigures();

  readonly log: RawLog;
  readonly continuations: ContinuationTable;
  readonly siteTable: SiteTable;
  readonly #clock: Clock;
  readonly #sites: SiteMemory;
  readonly capture: StackCapture;
  readonly #host: TurnRecorderHost;
  readonly #outside = new Int32Array(MAX_DEPTH);
  readonly #enqueuer: Enqueuer;
  /** Number of the record with which each open slice began. */
  readonly #began = new Int32Array(MAX_DEPTH + 1);
  /** Calls of each open slice that suspended since the last `beginArgument`. */
  readonly #calls = new Int32Array(MAX_DEPTH + 1);
  /** 1 for an open slice with which a call began. */
  readonly #isFirst = new Uint8Array(MAX_DEPTH + 1);
  /** Number of the Begin of the last call of each open slice that suspended. */
  readonly #lastCall = new Int32Array(MAX_DEPTH + 1);
  /** True if only wrappers and transformed code report. */
  #isExact = false;
  /** Depth of each slice that a wrapper entered and has not left. */
  readonly #entered = new Int32Array(MAX_DEPTH);
  #entries = 0;
  /** Waits of which only the queue of microtasks can tell who ends them. */
  #waiters = 0;
  #inTurn = false;
  /** What was recorded is not before this, in milliseconds. */
  #earliest = -Infinity;
  /** The last reading of the clock, in ticks since the base of the log. */
  #ticks = 0;
  #site = NO_SITE;
  /** False if what is remembered of that site may be another's. */
  #isSure = true;
  /** The path with which the slice began. */
  #begin = 0;
  /** The last known site of the slice, and the one before. */
  #old = NO_SITE;
  #older = NO_SITE;
  readonly #runtimeSite: number;
  /** Slices deeper than can be told apart. */
  #tooDeep = 0;

  constructor(
    log: RawLog,
    continuations: ContinuationTable,
    siteTable: SiteTable,
    capture: StackCapture,
    clock: Clock,
    host: TurnRecorderHost,
  ) {
    this.log = log;
    this.continuations = continuations;
    this.#clock = clock;
    this.siteTable = siteTable;
    this.#runtimeSite = siteTable.runtime;
    this.capture = capture;
    this.#sites = new SiteMemory(capture);
    this.#host = host;
    this.#enqueuer = new Enqueuer(
      (marker) => host.queueMarker(marker),
      (number) => this.onMarker?.(number),
    );
  }

  /** True if only wrappers and transformed code report. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** True if what happens now is to be recorded. */
  get isRecording(): boolean {
    return this.isOn && this.untraced === 0;
  }

  /**
   * Begins to report. `starter` is the continuation that is running: the id of
   * `main`, or `UNTRACED` when a request for a trace is what started it. `wakers`
   * is how markers are queued.
   */
  start(starter: number, wakers: WakerMode = "budget"): void {
    this.isOn = true;
    this.starts++;
    this.takesPromises = this.hasExactSlices;
    this.#isExact = !this.hasExactSlices && !this.marksAlways;
    this.#waiters = 0;
    this.traceParents.begin();
    const now = this.#clock.now();
    this.#enqueuer.start(wakers, now);
    this.figures.start(now);
    this.#readClock();
    this.isStarting = true;
    if (starter === UNTRACED) {
      this.enterUntraced();
      return;
    }
    this.#append(RawKind.Resume, starter, this.#ticks);
    this.current = starter;
    this.depth = 1;
    this.#began[1] = this.log.numberOf(this.log.length - 1);
    this.#calls[1] = this.#lastCall[1] = this.#isFirst[1] = 0;
  }

  /** Ceases to report. What was reported stays in the log. */
  stop(): void {
    this.isOn = this.takesPromises = false;
    this.isStarting = false;
    this.untraced = 0;
    this.depth = 0;
    this.current = 0;
    this.#tooDeep = 0;
    this.#hushed = 0;
    this.#entries = 0;
    this.isAfterHushed = false;
    this.#inTurn = false;
    this.figures.stop();
    this.watch = undefined;
    this.carrier?.disable();
    this.carrier = undefined;
    this.requests = undefined;
    this.explained.forget();
  }

  /** The code that started the recording has run to its end or first await. */
  endStart(): void {
    this.isStarting = false;
    this.untraced = 0;
    if (this.depth === 0) return;
    if (!this.hasExactSlices) this.#suspendTo(0);
    else {
      this.depth = 0;
      this.current = 0;
      this.#append(RawKind.Suspend, 0, NO_TIME);
    }
  }

  /**
   * A callback that is no promise's begins to run, as continuation `id`.
   *
   * @returns whether it is recorded: then `leave` must be called at its end
   */
  enter(id: number): boolean {
    if (!this.isOn || id === 0) return false;
    if (this.isStarting) this.endStart();
    if (this.hasExactSlices) {
      if (this.untraced > 0) return false;
      this.resume(id);
      return true;
    }
    // The loop calls one callback at a time; inside one that runs, another is
    // called by it.
    if (this.#entries === 0) this.#suspendTo(0);
    if (this.untraced > 0) return false;
    this.resume(id);
    this.#entered[this.#entries++] = this.depth;
    this.#mark();
    return true;
  }

  /**
   * The callback that `enter` announced has returned, or thrown.
   *
   * @param result of `EndFlag`, 0 if it is not known what it returned
   */
  leave(result = 0): void {
    if (!this.isOn) return;
    if (!this.hasExactSlices) {
      // Whatever ran in between has ended all slices already.
      if (this.#entries === 0) return;
      this.#suspendTo(this.#entered[--this.#entries]);
      // Which of several calls it gives back the promise of is not known.
      if (this.#calls[this.depth] !== 1) result &= ~EndFlag.Linked;
      if (this.#isExact) this.#endCallback(result);
    } else if (this.#hushed === this.depth && this.#hushed > 0) this.unhush();
    this.suspend(result);
    this.#mark();
  }

  /** Adds to earlier records what is known of a callback at its end. */
  #endCallback(result: number): void {
    if ((result & EndFlag.Linked) !== 0) this.#fold();
    const { continuations, log } = this;
    const slot = continuations.slot(this.current);
    if (continuations.kind[slot] !== ContinuationKind.Microtask) return;
    const didNothing = this.#began[this.depth] === log.numberOf(log.length - 1);
    if (!didNothing) log.flag(continuations.settledBy[slot], TOLD);
  }

  /** The last call of the innermost slice that suspended is the slice's own. */
  #fold(): void {
    const call = this.#lastCall[this.depth];
    if (call !== 0) this.log.flag(call, Fate.Folded);
  }

  /** What a callback returned, for `leave`: of `EndFlag`. */
  static resultOf(value: unknown): number {
    return value instanceof Promise ? EndFlag.Linked : EndFlag.Plain;
  }

  /**
   * A slice begins that the queue of microtasks called, and of whose end nobody
   * will tell: all slices still open have ended.
   *
   * @param by the record since which the slice ran that ended the wait, or 0
   * @param isTimed false if it is not worth a reading of the clock
   */
  resumeMicrotask(id: number, by = this.#enqueuer.now, isTimed = true): void {
    if (this.isStarting) this.endStart();
    this.#suspendTo(0);
    if (this.untraced > 0) return;
    this.resume(id, by, isTimed);
    this.#mark();
  }

  /**
   * Something may run that nobody has seen begin: `id` stands for what goes on
   * there of the slice that began with record `by`. See `ResumeFlag.Continues`.
   */
  resumeUnseen(id: number, by: number): void {
    this.resumeMicrotask(id, by);
    const { log } = this;
    if (log.lastKind !== RawKind.Resume) return;
    log.codes[(log.length - 1) * RAW_STRIDE] |= ResumeFlag.Continues << 8;
  }

  /** Number of the record with which the running slice began, 0 for none. */
  get sliceNumber(): number {
    return this.depth === 0 ? 0 : this.#began[this.depth];
  }

  /**
   * The slice of `id` that `resumeMicrotask` began is over after all: it was a
   * callback, which has returned.
   *
   * @param result of `EndFlag`
   */
  endMicrotask(id: number, result: number): void {
    if (!this.isOn || this.depth !== 1 || this.current !== id) return;
    if (this.isHushed) this.unhush();
    this.#readClock();
    this.suspend(result, this.#ticks);
  }

  /** The record since which the slice ran that queued what runs now, or 0. */
  get enqueuedBy(): number {
    const by = this.#enqueuer.now;
    if (by === 0) return 0;
    // After its end a call settles its promise, but what the engine's own jobs
    // queue comes behind that too.
    const { log } = this;
    const index = log.indexOf(by);
    if (index < 0) return by;
    const code = log.codes[index * RAW_STRIDE];
    const isLast = (code & 0xff) === RawKind.End &&
      (code >> 8 & EndFlag.Nested) === 0;
    return isLast ? 0 : by;
  }

  /**
   * True if the innermost slice is surely over: the marker has run that it put
   * into the queue when it began.
   */
  get hasRunOut(): boolean {
    return this.depth > 0 && this.#enqueuer.now === this.#began[this.depth];
  }

  /**
   * True if what runs now was called by the loop, or by code of the runtime's
   * that the loop called: by no code of the program.
   */
  get isAtLoop(): boolean {
    if (this.depth === 0) return true;
    if (!this.hasExactSlices && this.hasRunOut) return true;
    const { continuations } = this;
    const slot = continuations.slot(this.current);
    return slot > 0 && continuations.site[slot] === this.#runtimeSite;
  }

  /** Ends the innermost slices until `depth` of them are open. */
  #suspendTo(depth: number, time: number = NO_TIME): void {
    while (this.depth > depth) {
      if (this.isHushed) this.unhush();
      this.suspend(0, this.depth === 1 ? time : NO_TIME);
    }
    while (this.#entries > 0 && this.#entered[this.#entries - 1] > depth) {
      this.#entries--;
    }
  }

  /** Says whom what is queued from now on comes from, if anybody asks. */
  #mark(): void {
    if (this.#waiters === 0 && !this.marksAlways) return;
    this.#enqueuer.mark(this.depth === 0 ? 0 : this.#began[this.depth]);
  }

  /**
   * The rest of the running slice, and all that follows from it, is the
   * tracer's own: it serves a request for a trace.
   */
  hush(): void {
    if (!this.isOn || this.isStarting || this.untraced > 0) return;
    if (this.depth === 0) {
      // No slice to end it: until the next one begins.
      this.isAfterHushed = true;
      return;
    }
    this.untraced++;
    this.#hushed = this.depth;
  }

  /** True if the running slice is hushed. */
  get isHushed(): boolean {
    return this.#hushed > 0 && this.#hushed === this.depth;
  }

  /** The hushed slice is about to end. */
  unhush(): void {
    this.untraced--;
    this.#hushed = 0;
    this.isAfterHushed = true;
  }

  /**
   * The slice of continuation `id` begins; 0 is one not known. `by` is the record
   * since which the slice ran that ended the wait, or 0.
   */
  resume(id: number, by = 0, isTimed = true): void {
    this.isAfterHushed = false;
    if (this.watch !== undefined) this.#lookAtPromises(false);
    this.beforeSlice?.();
    if (isTimed || !this.#inTurn) this.#readClock();
    if (this.log.length >= this.log.high) this.#mapEarly();
    if (this.depth >= MAX_DEPTH) {
      this.#tooDeep++;
      return;
    }
    this.#outside[this.depth++] = this.current;
    this.current = id;
    this.#openSlice(0);
    const { continuations } = this;
    this.path = this.#begin = id > 0
      ? Math.imul(continuations.site[continuations.slot(id)], SPREAD)
      : id;
    this.#old = this.#older = NO_SITE;
    this.log.put(RawKind.Resume, id, by, isTimed ? this.#ticks : NO_TIME);
    if (by > 0 && this.#isExact) this.#noteWaker(id, by);
  }

  /** Promises that regions are around may have been settled. */
  #lookAtPromises(isTurnEnd: boolean): void {
    if (!this.isRecording || this.isAfterHushed) return;
    const watch = this.watch!;
    if (isTurnEnd) watch.atTurnEnd();
    else watch.beforeSlice();
    if (watch.isEmpty) this.watch = undefined;
  }

  /** A slice begins with the record that comes next. */
  #openSlice(isFirst: number): void {
    const { depth } = this;
    this.#calls[depth] = 0;
    this.#lastCall[depth] = 0;
    this.#isFirst[depth] = isFirst;
    this.#began[depth] = this.log.numberOf(this.log.length);
  }

  /** The call `id`, resumed by the last record, was queued by record `by` on. */
  #noteWaker(id: number, by: number): void {
    const { continuations, log } = this;
    const index = log.indexOf(by);
    if (index < 0) return;
    const code = log.codes[index * RAW_STRIDE];
    const flags = code >> 8;
    const isNested = (flags & ParkFlag.Nested) !== 0;
    const isOwn = continuations.settledBy[continuations.slot(id)] === by;
    if ((code & 0xff) !== RawKind.Park) log.addWake(by);
    else if (isOwn && !(isNested && (flags & ParkFlag.Pending) !== 0)) {
      // Queued by the wait itself: what it waits for was settled.
      log.flag(by, ParkFlag.Settled);
    } else if (isNested) log.addWake(by);
  }

  /**
   * The slice that began last ends.
   *
   * @param result of `EndFlag`
   * @param time now, if it has been read
   */
  suspend(result = 0, time: number = NO_TIME): void {
    if (this.#tooDeep > 0) {
      this.#tooDeep--;
      return;
    }
    if (this.depth === 0) return;
    this.current = this.#outside[--this.depth];
    if (this.#isFirst[this.depth + 1] !== 0) this.#suspendCall();
    this.path =
      this.#begin =
      this.#old =
      this.#older =
        0;
    let ticks = time;
    // Inside another slice the next event has no reading of its own.
    if (this.depth > 0) ticks = this.#readClock();
    this.#append(RawKind.Suspend | result << 8, 0, ticks);
  }

  // Transformed code: calls. See `runtime/calls.ts`.

  /**
   * An async function was called and begins to run.
   *
   * @param isTimed true if it is worth a reading of the clock
   * @returns the id of the call, 0 when there is no room for more
   */
  beginCall(site: number, isTimed: boolean): number {
    if (this.depth >= MAX_DEPTH - 1) return 0;
    const id = this.continuations.make(ContinuationKind.Call, site, 0);
    if (id === 0) return 0;
    const ticks = isTimed || !this.#inTurn ? this.#readClock() : NO_TIME;
    if (this.log.isFull) this.#host.mapLog();
    this.#outside[this.depth++] = this.current;
    this.current = id;
    this.#openSlice(1);
    this.path = this.#begin = Math.imul(site, SPREAD);
    this.#old = this.#older = NO_SITE;
    this.log.put(RawKind.Begin, id, 0, ticks);
    this.#mark();
    return id;
  }

  /**
   * A call is seen that began before the recording.
   *
   * @returns its id, 0 when there is no room for more
   */
  adoptCall(site: number): number {
    // It is the code that started the recording: that goes by the name of main.
    if (this.isStarting && this.depth === 1) {
      this.isStarting = false;
      return this.current;
    }
    return this.continuations.make(ContinuationKind.Call, site, 0);
  }

  /** The slice just closed was a call's first, and the call goes on later. */
  #suspendCall(isAwaitable = true): void {
    const began = this.#began[this.depth + 1];
    this.log.flag(began, Fate.Beside);
    if (!isAwaitable) return;
    this.#lastCall[this.depth] = began;
    this.#calls[this.depth]++;
  }

  /** What is awaited or returned next is about to be called. */
  beginArgument(): void {
    this.#calls[this.depth] = 0;
    this.#lastCall[this.depth] = 0;
    this.explained.takeClaim();
  }

  /** How many calls suspended since `beginArgument`. */
  get suspendedCalls(): number {
    return this.#calls[this.depth];
  }

  /**
   * The call `id` suspends.
   *
   * @param flags of `ParkFlag`
   * @param isTimed true if it is worth a reading of the clock
   * @param isAwaitable false for a generator, which is no call of its caller's
   * @param isWatched true if a callback of the program's will end the wait
   * @returns true if only markers can tell who will end the wait
   */
  park(
    id: number,
    site: number,
    wait: Wait,
    flags: number,
    isTimed: boolean,
    isAwaitable: boolean,
    isWatched = false,
  ): boolean {
    this.bringToTop(id);
    // The time of a wait for a known operation is what the trace is for.
    const isWorth = isTimed || operationOfWait(wait) !== NO_SITE;
    const ticks = isWorth ? this.#readClock() : NO_TIME;
    if ((flags & ParkFlag.Linked) !== 0) this.#fold();
    if (this.depth > 1) flags |= ParkFlag.Nested;
    if (this.log.isFull) this.#host.mapLog();
    const { continuations } = this;
    const number = this.log.numberOf(this.log.length);
    continuations.settledBy[continuations.slot(id)] = number;
    this.#append(
      RawKind.Park | (flags | wait << PARK_WAIT_SHIFT) << 8,
      id,
      ticks,
      site,
    );
    // Wrappers know who ends the other waits.
    const reason = reasonOfWait(wait);
    const isWaiter = (reason === Reason.Unknown || reason >= Reason.Receive ||
      isWatched) &&
      (flags & (ParkFlag.Linked | ParkFlag.Settled)) === 0;
    if (isWaiter) this.#waiters++;
    this.#endCall();
    if (this.#isFirst[this.depth + 1] !== 0) this.#suspendCall(isAwaitable);
    return isWaiter;
  }

  /** A wait begins of which only markers can tell who will end it. */
  beginWait(): void {
    this.#waiters++;
  }

  /** True if `record` is the last one: nothing was recorded since. */
  isLast(record: number): boolean {
    return record === this.log.numberOf(this.log.length - 1);
  }

  /** Such a wait is over. */
  endWait(): void {
    if (this.#waiters > 0) this.#waiters--;
  }

  /** The call `id` goes on inside the slice that runs: a generator is asked. */
  resumeInside(id: number): void {
    if (this.untraced > 0) return;
    this.resume(id);
    this.#mark();
  }

  /**
   * The call `id` ends.
   *
   * @param flags of `EndFlag`
   * @returns the number of the record that says so, 0 if there is none
   */
  exitCall(id: number, flags: number): number {
    const { log } = this;
    const isEmpty = this.current === id && this.depth > 0 &&
      log.lastKind === RawKind.Begin && !this.#areMarked &&
      this.#began[this.depth] === log.numberOf(log.length - 1);
    if (isEmpty) {
      // It did nothing: as if it had not been called.
      log.length--;
      this.continuations.release(this.continuations.slot(id));
      this.current = this.#outside[--this.depth];
      return 0;
    }
    this.bringToTop(id);
    if (this.depth > 1) flags |= EndFlag.Nested;
    this.#append(RawKind.End | flags << 8, id, NO_TIME);
    const end = log.numberOf(log.length - 1);
    const isFirst = this.#isFirst[this.depth] !== 0;
    const call = this.#lastCall[this.depth];
    if ((flags & EndFlag.Linked) !== 0 && !isFirst) this.#fold();
    this.#endCall();
    if ((flags & EndFlag.Linked) !== 0 && isFirst) {
      // It did nothing but call another, which is its caller's then.
      this.#lastCall[this.depth] = call;
      this.#calls[this.depth]++;
    }
    return end;
  }

  get #areMarked(): boolean {
    return this.#waiters > 0 || this.marksAlways;
  }

  /** Makes `id` the innermost slice: what is open inside it has ended. */
  bringToTop(id: number): void {
    if (this.current === id && this.depth > 0) {
      if (this.isHushed) this.unhush();
      return;
    }
    for (let depth = this.depth - 1; depth > 0; depth--) {
      if (this.#outside[depth] !== id) continue;
      this.#suspendTo(depth);
      return;
    }
    // That it went on was not seen, and what else is open has ended.
    this.resumeMicrotask(id);
  }

  /** The innermost slice, a call's, is over. */
  #endCall(): void {
    if (this.depth === 0) return;
    this.current = this.#outside[--this.depth];
    this.#old = this.#older = NO_SITE;
    this.path = this.#begin = this.depth === 0 ? 0 : this.current;
    // Inside another slice what follows is that one's, but not what this one's
    // own await queues: the marker is the record that ended it.
    if (!this.#areMarked) return;
    this.#enqueuer.mark(this.log.numberOf(this.log.length - 1));
  }

  // Hooks.

  /** Something happened that only matters because it lies in between. */
  break(): void {
    this.path = Math.imul(this.path, 31) + 1 | 0;
    const { lastKind } = this.log;
    // It only matters after an await, and in a slice of which nothing is known.
    const isBetween = lastKind === RawKind.Await ||
      lastKind === RawKind.Resume && this.current === 0;
    // A module makes promises of its own after its top-level await: they must
    // not come between that await and the end of its slice.
    if (!isBetween || this.isStarting) return;
    this.#append(RawKind.Break, 0, NO_TIME);
  }

  /**
   * The running code, or a call in it, waits. `await` follows.
   *
   * @param top see `SiteMemory.at`
   * @returns true if this is a `then`, false if it is an await or not known
   */
  beginAwait(wait: Wait, isLinked: boolean, top: StackTop): boolean {
    if (!this.#inTurn) this.#readClock();
    const step = 2 + reasonOfWait(wait) + (isLinked ? 16 : 0);
    this.path = Math.imul(this.path, 31) + step | 0;
    // Many slices begin in ways of which nothing is known: what one remembers
    // may be another's.
    const isVague = this.#begin === 0 && this.#old === NO_SITE;
    const site = this.#site = this.#sites.at(this.path, top);
    if (site !== NO_SITE) this.#passSite(site);
    this.#isSure = this.#sites.isSeen || !isVague;
    return this.#sites.isThen && this.#isSure;
  }

  /**
   * From a known site on, the last three count and what led to them does not,
   * so that loops come round.
   */
  #passSite(site: number): void {
    this.path = this.#begin + Math.imul(this.#older, 7) +
        Math.imul(this.#old, 961) + Math.imul(site, SPREAD) | 0;
    this.#older = this.#old;
    this.#old = site;
  }

  /** True if what `beginAwait` saw is in the runtime's own code alone. */
  get isRuntimeAwait(): boolean {
    return this.#site === this.#runtimeSite;
  }

  /** Where in the memory of sites `beginAwait` was. */
  get place(): number {
    return this.#sites.place;
  }

  /** True unless calls at this place are known to be awaited by their caller. */
  get isBeside(): boolean {
    return this.#sites.isBeside;
  }

  /** The call that first suspended at `place` goes on beside its caller, or not. */
  noteRun(place: number, isBeside: boolean): void {
    if (place >= 0) this.#sites.note(place, isBeside);
  }

  /**
   * Second half of `beginAwait`.
   *
   * @param flags of `AwaitFlag`
   * @param isTimed true if the time is worth a reading of the clock
   * @returns the id of its continuation, 0 when there is no room for more
   */
  await(wait: Wait, flags: number, isTimed: boolean): number {
    const known = wait === 0 && this.#isSure ? this.#sites.reason : wait;
    return this.awaitAt(this.#site, known, flags, isTimed);
  }

  /** An await at `site`, which the hooks have found out themselves. As `await`. */
  awaitAt(
    site: number,
    wait: Wait,
    flags: number,
    isTimed: boolean,
  ): number {
    const id = this.continuations.make(ContinuationKind.Reaction, site, wait);
    if (id === 0) {
      this.break();
      return 0;
    }
    const ticks = isTimed || !this.#inTurn ? this.#readClock() : NO_TIME;
    if (this.log.isFull) this.#host.mapLog();
    this.log.put(RawKind.Await | flags << 8, id, wait, ticks);
    return id;
  }

  /** The last await was none after all. It still lies in between. */
  undoAwait(id: number): void {
    const { continuations, log } = this;
    continuations.release(continuations.slot(id));
    if (log.lastKind === RawKind.Await) log.length--;
    this.break();
  }

  /** What continuation `id` waits for is settled. */
  settle(id: number): void {
    if (!this.#inTurn) this.#readClock();
    this.#append(RawKind.Settle, id, NO_TIME);
  }

  /**
   * A callback is going to be called later, after `wait`.
   *
   * @returns the id of its continuation, 0 when there is no room for more
   */
  schedule(kind: ContinuationKind, site: number, wait: Wait = 0): number {
    this.wrappedCalls++;
    const id = this.continuations.make(kind, site, wait);
    // The survey puts a sleeper's wake down to the loop, whoever set the timer.
    if (id === 0 || kind === ContinuationKind.Sleep) return id;
    // A microtask runs in this turn: its slice's own time will do.
    const isSoon = kind === ContinuationKind.Microtask ||
      kind === ContinuationKind.Relay;
    const isTimed = !isSoon || !this.#inTurn;
    this.#append(RawKind.Schedule, id, isTimed ? this.#readClock() : NO_TIME);
    if (this.#isExact) {
      const { continuations, log } = this;
      const number = log.numberOf(log.length - 1);
      continuations.settledBy[continuations.slot(id)] = number;
    }
    return id;
  }

  /**
   * A message is posted to `thread`: a task that is created here and runs there.
   *
   * @returns its goroutine, 0 when there is no room for more
   */
  post(site: number, thread: number): number {
    const goId = this.goIds.take() as GoId;
    const id = this.continuations.makeMessage(site, goId, thread);
    if (id === 0) return 0;
    this.#append(RawKind.Schedule, id, this.#readClock());
    return goId;
  }

  /** The last reading of the clock, as the trace will have it. */
  get lastTime(): number {
    return this.log.base + this.#ticks / TICKS_PER_MS;
  }

  /**
   * Nothing that is recorded from now on was before `time`, of a clock that may
   * be ahead of this one's: it led to what comes now.
   */
  notBefore(time: number): void {
    if (time > this.#earliest) this.#earliest = time;
  }

  /** The callback of continuation `id` will not be called. */
  cancel(id: number): void {
    this.#append(RawKind.Cancel, id, this.#readClock());
  }

  /** The clock, in milliseconds, for `isLong`. */
  clockNow(): number {
    return this.#clock.now();
  }

  /** True if it is recorded, and worth it, what took from `beganMs` to now. */
  isLong(beganMs: number): boolean {
    return this.isOn && this.#clock.now() - beganMs >= LONG_MS;
  }

  /**
   * A call blocked the loop from `beganMs` to now. What was recorded since it
   * began happened before it, so that no time goes backwards.
   *
   * @param operationSite what was called, see `SiteTable`
   * @param beganMs a reading of `clockNow`
   */
  syscall(operationSite: number, beganMs: number): void {
    if (!this.isRecording || this.isAfterHushed) return;
    this.onBreak?.();
    const { log } = this;
    const now = this.#clock.now();
    if (!this.#inTurn) {
      const last = log.base + this.#ticks / TICKS_PER_MS;
      this.#beginTurn(Math.max(beganMs, last));
    } else if ((beganMs - log.base) * TICKS_PER_MS > MAX_LOG_TICKS) {
      this.#rebase(beganMs);
    }
    const began = Math.max(this.#ticks, log.ticksAt(beganMs));
    const end = Math.floor((now - log.base) * TICKS_PER_MS);
    if (log.isFull) this.#host.mapLog();
    log.putSyscall(operationSite, began, Math.max(end - began, 0));
    if (end > MAX_LOG_TICKS) this.#rebase(now);
    else this.#ticks = Math.max(end, began);
  }

  /**
   * The program says something of itself.
   *
   * @returns the number of its record, 0 if it is not recorded
   */
  annotate(annotation: Annotation): number {
    if (!this.isRecording || this.isAfterHushed) return 0;
    this.onBreak?.();
    const ticks = this.#readClock();
    const { log } = this;
    if (log.isFull || log.isWordy) this.#host.mapLog();
    log.putAnnotation(annotation, ticks);
    return log.numberOf(log.length - 1);
  }

  /** Number of the record that comes next. */
  get nextRecord(): number {
    return this.log.numberOf(this.log.length);
  }

  /**
   * Something of the name of `site` ran from `beganMs` to now: a region. All
   * that was recorded from number `since` on was inside it, see `nextRecord`.
   */
  region(site: number, beganMs: number, since: number): void {
    if (!this.isRecording || this.isAfterHushed) return;
    const region = new OpenRegion(this.siteTable.get(site).fn);
    const annotation = new Annotation(
      AnnotationKind.RegionPast,
      NO_USER_TASK,
      "",
      "",
      region,
    );
    const { log } = this;
    annotation.before = since;
    annotation.beganTicks = Math.floor((beganMs - log.base) * TICKS_PER_MS);
    this.annotate(annotation);
  }

  /** From now on user tasks are carried, if the runtime can. */
  carry(): ContextCarrier | undefined {
    return this.carrier ??= this.#host.createCarrier();
  }

  /**
   * The record with which the last call since `record` began, if that is known,
   * or first waited, 0 if there is none.
   */
  callSince(record: number): number {
    const { log } = this;
    const since = log.indexOf(record);
    if (since < 0) return 0;
    const last = log.length - 1;
    const call = this.#isExact
      ? this.#lastCall[this.depth]
      : log.lastKind === RawKind.Await
      ? log.numberOf(last)
      : 0;
    return call !== 0 && log.indexOf(call) > since ? call : 0;
  }

  /**
   * The continuation of a request named by `site`. Its user task is what
   * `continuations.wait` says, 0 for one that is not known yet.
   *
   * @returns its id, 0 when there is no room for more
   */
  makeRequest(site: number): number {
    const task = this.userTasks.take();
    return this.continuations.make(
      ContinuationKind.Request,
      site,
      task <= MAX_INT32 ? task : 0,
    );
  }

  /** The request whose handler runs, up to its first await: its slot, or 0. */
  get requestSlot(): number {
    const { continuations } = this;
    for (let depth = this.depth; depth > 0; depth--) {
      const id = depth === this.depth ? this.current : this.#outside[depth];
      const slot = id > 0 ? continuations.slot(id) : 0;
      const isRequest = slot !== 0 &&
        continuations.kind[slot] === ContinuationKind.Request;
      if (isRequest) return slot;
    }
    return 0;
  }

  /**
   * Names the request that runs, or the one that began with `continuation`.
   *
   * @returns false if it is not known, or its name is written already
   */
  nameRequest(name: string, continuation = 0): boolean {
    const { continuations } = this;
    const slot = this.requestSlot || continuations.slot(continuation);
    const { kind, site, owner } = continuations;
    // A mapper makes it a task, and then it has an owner.
    const isOpen = slot !== 0 && kind[slot] === ContinuationKind.Request &&
      owner[slot] === null;
    if (!isOpen) return false;
    const renamed = this.siteTable.renamed(site[slot], name);
    if (renamed !== NO_SITE) site[slot] = renamed;
    return renamed !== NO_SITE;
  }

  /** The site of the running code, as far as the budget allows. */
  siteOf(discriminator: number, top: StackTop): number {
    this.path = Math.imul(this.path, 31) + 64 + discriminator | 0;
    const site = this.#sites.at(this.path, top);
    if (site !== NO_SITE) this.#passSite(site);
    return site;
  }

  /** A site named `name` where the program is now, whatever it costs. */
  siteHere(name: string, top: StackTop): number {
    return this.capture.named(name, top);
  }

  /** How many markers were left out for want of budget. */
  get markersRefused(): number {
    return this.#enqueuer.refused;
  }

  /** How many remembered places turned out to stand for several. */
  get ambiguousSites(): number {
    return this.#sites.ambiguous;
  }

  /** A slice of the tracer's own begins. End it with `leaveUntraced`. */
  enterUntraced(): void {
    if (this.untraced++ === 0 && this.isOn) this.resume(UNTRACED);
  }

  /** Ends what `enterUntraced` began. */
  leaveUntraced(): void {
    if (--this.untraced === 0 && this.isOn) this.suspend();
  }

  /** Something of the recorder threw: recording stops. */
  fail(error: unknown): void {
    this.isOn = this.takesPromises = false;
    this.#host.failed(error);
  }

  /** The turn has ended. Called by the loop, see `TurnRecorderHost`. */
  readonly endTurn = (): void => {
    if (!this.isOn || !this.#inTurn) return;
    try {
      if (this.isStarting) this.endStart();
      if (this.watch !== undefined) this.#lookAtPromises(true);
      const ticks = this.#readClock();
      if (!this.hasExactSlices) this.#suspendTo(0, ticks);
      this.log.endTurn(ticks);
      this.isAfterHushed = false;
      this.#inTurn = false;
      this.path = 0;
      const now = this.log.base + this.#ticks / TICKS_PER_MS;
      this.figures.turnEnded(now);
      this.#enqueuer.reset(now);
      if (this.log.length >= MAP_RECORDS) this.#host.mapLog();
      this.#host.turnEnded();
    } catch (error) {
      this.#host.failed(error);
    }
  };

  #append(code: number, a: number, ticks: number, b = 0): void {
    if (this.log.isFull) this.#host.mapLog();
    this.log.put(code, a, b, ticks);
  }

  /** Maps the log between two slices, the first of which ends now. */
  #mapEarly(): void {
    this.#append(RawKind.Turn, 0, this.#ticks);
    this.#host.mapLog();
  }

  /**
   * Reads the clock, and begins a turn if none has begun.
   *
   * @returns ticks since the base of the log
   */
  #readClock(): number {
    let now = this.#clock.now();
    if (now < this.#earliest) now = this.#earliest;
    const { log } = this;
    if (!this.#inTurn) this.#beginTurn(now);
    const ticks = (now - log.base) * TICKS_PER_MS;
    if (ticks > MAX_LOG_TICKS) this.#rebase(now);
    else this.#ticks = ticks | 0;
    return this.#ticks;
  }

  #beginTurn(now: number): void {
    this.#inTurn = true;
    this.path = 0;
    this.figures.turnBegan(now);
    const { log } = this;
    if (log.length === 0) log.base = now;
    this.#ticks = log.ticksAt(now);
    if (log.isFull) this.#host.mapLog();
    log.beginTurn(this.#ticks);
    this.#host.scheduleTurnEnd(this.endTurn);
  }

  /** A turn has gone on for so long that its times would not fit. */
  #rebase(now: number): void {
    this.#host.mapLog();
    this.log.rebase(now);
    this.#ticks = 0;
  }
}
