/**
 * From what the loop did to what goroutines do: reads the raw records of a
 * turn, after a survey of them, and writes task events.
 *
 * 1. Each slice that is more than a passing callback belongs to a task. When it
 *    begins, whatever ran before stops and the task starts.
 * 2. An await of a call that goes on beside its caller makes a task, at its
 *    first suspension: created, started, blocked, and the caller goes on.
 * 3. When a slice ends, the tasks that it woke become runnable. Its own task
 *    blocks, stays runnable or ends; that is written when the next one begins,
 *    so that a task which goes on at once shows no gap.
 * 4. A wait of a call that its caller awaits is a wait of the caller's task.
 *    When the caller goes on before the callee ended, it was none, and the
 *    callee becomes a task of its own.
 * 5. What transformed code says to be a call is one from its beginning on.
 *
 * Mapping: design/architecture.md, section 2.
 */

import {
  type GoId,
  NO_STACK,
  NO_USER_TASK,
  type StackId,
  type UserTaskId,
} from "../format/ids.ts";
import { toTicks } from "./clock.ts";
import {
  ContinuationKind,
  type ContinuationTable,
  NOT_SETTLED,
} from "./continuation_table.ts";
import type { EventEncoder } from "./event_encoder.ts";
import {
  PARK_REASON_SHIFT,
  RAW_STRIDE,
  RawKind,
  type RawLog,
  UNTRACED,
} from "./raw_log.ts";
import { Reason } from "./reason.ts";
import { NO_SITE, type SiteTable } from "./site_table.ts";
import type { StackTable } from "./stack_table.ts";
import type { StringTable } from "./string_table.ts";
import {
  Activation,
  TaskRecord,
  TaskState,
  type TaskTable,
} from "./task_table.ts";
import {
  Fate,
  LOOP,
  Note,
  Role,
  SLICE_STRIDE,
  TurnSurvey,
} from "./turn_survey.ts";
import { WellKnownSites } from "./well_known_sites.ts";

/** Activations kept to be used again. */
const MAX_SPARE = 256;

/** Stands for an open slice that is the time of the slice around it. */
const TRANSPARENT = new Activation(
  new TaskRecord(0 as GoId, NO_STACK),
  null,
  0,
  NO_SITE,
);

/** How the running task will stop when the next one begins. */
const Stop = { None: 0, Sched: 1, Block: 2, End: 3 } as const;
type Stop = typeof Stop[keyof typeof Stop];

/** What the mapper works on. */
export interface MapperParts {
  readonly continuations: ContinuationTable;
  readonly tasks: TaskTable;
  readonly sites: SiteTable;
  readonly strings: StringTable;
  readonly stacks: StackTable;
  readonly encoder: EventEncoder;
  /** Records of the longest log that will be mapped. */
  readonly records: number;
  /** The clock's reading at tick 1, in milliseconds. */
  readonly origin: number;
  /** Thread id of the loop, for ProcStart. */
  readonly thread: number;
}

/** What could not be told exactly, counted. */
export interface MapperCounts {
  /** Tasks that ran again without a sign of what had woken them. */
  unexplainedWakes: number;
  /** Tasks that already ran when recording began. */
  foundRunning: number;
  /** Times that a log was mapped before its turn had ended. */
  earlyMaps: number;
  /** Waits whose stack was left out because a consumer was too slow. */
  shedStacks: number;
}

/** Maps the turns of one loop; see the head of this file. */
export class TaskMapper {
  readonly counts: MapperCounts = {
    unexplainedWakes: 0,
    foundRunning: 0,
    earlyMaps: 0,
    shedStacks: 0,
  };
  /** True while blocks are written with the task's name only. */
  shedStacks = false;

  /** True while a callback is no task merely for running long. */
  set shedCallbacks(shed: boolean) {
    this.#survey.shedCallbacks = shed;
  }

  readonly #parts: MapperParts;
  readonly #survey: TurnSurvey;
  readonly #known: WellKnownSites;
  #isAwake = false;
  /** The time, in ticks since the base of the log. */
  #now = 0;
  #base = NaN;
  #running: TaskRecord | null = null;
  #stop: Stop = Stop.None;
  /** Number of open slices. */
  #depth = 0;
  /** What runs in each open slice, innermost last; null for the loop. */
  readonly #open: (Activation | null)[] = [];
  /** Index of each open slice, innermost last. */
  readonly #openSlices: number[] = [];
  /** Index of the slice that began last. */
  #slice = -SLICE_STRIDE;
  #nextUserTask = 1;
  /** Activations that are nobody's, to be used again. */
  readonly #spare: Activation[] = [];

  constructor(parts: MapperParts) {
    this.#parts = parts;
    this.#survey = new TurnSurvey(parts.continuations, parts.records);
    this.#known = new WellKnownSites(parts.sites, parts.stacks);
  }

  /** Writes the events of `log` and takes the records out of it. */
  map(log: RawLog): void {
    const survey = this.#survey;
    const read = survey.read(log);
    this.#beginWindow(log.base);
    const { codes, times } = log;
    for (let i = 0; i < read; i++) {
      const at = i * RAW_STRIDE;
      switch (codes[at] & 0xff) {
        case RawKind.Turn:
          this.#wakeLoop(times[i]);
          break;
        case RawKind.TurnEnd:
          this.#endLoopSlice();
          this.#sleepLoop(times[i]);
          break;
        case RawKind.Resume:
          this.#endLoopSlice();
          this.#beginSlice(codes[at + 1], codes);
          break;
        case RawKind.Suspend:
          this.#endSlice(codes, i, read);
          break;
        case RawKind.Begin:
          this.#endLoopSlice();
          this.#beginCall(codes[at + 1], times[i]);
          break;
        case RawKind.Park:
          this.#park(codes[at] >> 8, codes[at + 1], codes[at + 2], i);
          break;
        case RawKind.End:
          this.#endCall(codes[at + 1]);
          break;
        case RawKind.Await:
          this.#enterLoop();
          if (survey.roles[i] === Role.Child) {
            this.#beginChild(codes, times, i);
          }
          break;
        case RawKind.Settle:
          this.#enterLoop();
          break;
        case RawKind.Schedule:
          this.#enterLoop();
          this.#schedule(codes[at + 1], times[i]);
          break;
        case RawKind.Cancel:
          this.#enterLoop();
          this.#cancel(codes[at + 1], times[i]);
          break;
      }
    }
    this.#endWindow();
    log.drop(read);
  }

  // Turns.

  #wakeLoop(time: number): void {
    this.#advance(time);
    if (this.#isAwake) return;
    this.#parts.encoder.procStart(this.#parts.thread);
    this.#isAwake = true;
  }

  #sleepLoop(time: number): void {
    this.#advance(time);
    this.#stopRunning();
    if (!this.#isAwake) return;
    this.#parts.encoder.procStop();
    this.#isAwake = false;
  }

  /** Slices that were open when the last window ended are its first ones. */
  #beginWindow(base: number): void {
    this.#slice = (this.#depth - 1) * SLICE_STRIDE;
    for (let i = 0; i < this.#depth; i++) {
      this.#openSlices[i] = i * SLICE_STRIDE;
    }
    if (base === this.#base) return;
    this.#base = base;
    this.#now = 0;
    this.#parts.encoder.advanceTo(toTicks(base, this.#parts.origin));
  }

  #endWindow(): void {
    if (this.#isLoopOpen()) this.#endLoopSlice();
    if (this.#isAwake) this.counts.earlyMaps++;
    // What the open slices woke so far; the rest comes with the next window.
    for (let i = 0; i < this.#depth; i++) this.#wakeAll(this.#openSlices[i]);
  }

  /** Moves the time on, in ticks since the base; NO_TIME is earlier. */
  #advance(time: number): void {
    if (time <= this.#now) return;
    this.#parts.encoder.advance(time - this.#now);
    this.#now = time;
  }

  // Slices.

  #isLoopOpen(): boolean {
    return this.#depth > 0 &&
      this.#survey.slotOf(this.#openSlices[this.#depth - 1]) === LOOP;
  }

  /** Code under no hook: the loop's own, or that of a callback unseen. */
  #enterLoop(): void {
    if (this.#depth > 0) return;
    const slice = this.#slice += SLICE_STRIDE;
    this.#advance(this.#survey.startOf(slice));
    this.#pushOpen(null, slice);
  }

  #pushOpen(activation: Activation | null, slice: number): void {
    this.#open[this.#depth] = activation;
    this.#openSlices[this.#depth] = slice;
    this.#depth++;
  }

  /**
   * An event is about to be written. If it is the loop's, no task runs. Loops
   * that write nothing leave the task before them to go on.
   */
  #beginEvent(): void {
    if (this.#isLoopOpen()) this.#switchTo(null);
  }

  #endLoopSlice(): void {
    if (!this.#isLoopOpen()) return;
    this.#wakeAll(this.#openSlices[this.#depth - 1]);
    this.#depth--;
  }

  #beginSlice(id: number, codes: Int32Array): void {
    const { continuations } = this.#parts;
    const slice = this.#slice += SLICE_STRIDE;
    const slot = id === UNTRACED ? 0 : continuations.slot(id);
    let activation: Activation | null = null;
    if (this.#survey.isOpaque(slice)) {
      this.#advance(this.#survey.startOf(slice));
      if (id !== UNTRACED && !this.#survey.isLoopOnly(slice)) {
        activation = this.#activationOf(slot, codes);
      }
      this.#switchTo(activation === null ? null : activation.task);
      if (activation !== null) activation.slot = 0;
      if (slot !== 0 && activation !== null) {
        this.#beginRequest(slot, activation);
      }
    }
    this.#pushOpen(activation, slice);
  }

  /** The activation that continues in `slot`, made if there is none yet. */
  #activationOf(slot: number, codes: Int32Array): Activation | null {
    const { continuations } = this.#parts;
    const { kind, owner } = continuations;
    if (slot === 0) {
      // It ran before recording began. Where it stops next tells its name.
      this.counts.foundRunning++;
      const own = this.#survey.ownAwaitOf(this.#slice);
      const next = own < 0
        ? 0
        : continuations.slot(codes[own * RAW_STRIDE + 1]);
      const site = continuations.site[next];
      return this.#create(this.#known.entry("async function", site), null);
    }
    if (kind[slot] === ContinuationKind.Sleep) return null;
    let activation = owner[slot];
    // Whatever may have gone wrong: what has ended, or waits for something else,
    // does not go on here.
    const isStrange = activation !== null &&
      (activation.task.index < 0 || activation.slot !== slot);
    if (activation === null || isStrange) {
      activation = this.#createFor(slot, null);
    }
    if (activation.inner !== null) this.#detach(activation);
    this.#wakeUnexplained(activation.task, slot);
    return activation;
  }

  /** A task that runs was runnable: say what made it so, as far as known. */
  #wakeUnexplained(task: TaskRecord, slot: number): void {
    if (task.state !== TaskState.Waiting) return;
    const { continuations } = this.#parts;
    const kind = continuations.kind[slot];
    const isUnknown = continuations.settledBy[slot] === NOT_SETTLED;
    if (kind === ContinuationKind.Reaction && isUnknown) {
      this.counts.unexplainedWakes++;
    }
    if (this.#running !== null && this.#depth > 0) {
      // A generator, asked by the task that runs.
      this.#unblock(task, this.#running.entry);
      return;
    }
    const isTimer = kind === ContinuationKind.Timer ||
      kind === ContinuationKind.Interval;
    this.#switchTo(null);
    this.#unblock(
      task,
      isTimer ? this.#known.timer : this.#wakerStack(task.reason),
    );
  }

  #endSlice(codes: Int32Array, record: number, read: number): void {
    if (this.#depth === 0) return;
    this.#depth--;
    const slice = this.#openSlices[this.#depth];
    const activation = this.#open[this.#depth];
    this.#open[this.#depth] = null;
    const slot = this.#survey.slotOf(slice);
    if (this.#survey.isOpaque(slice)) {
      this.#advance(this.#survey.endOf(slice));
      this.#wakeAll(slice);
      if (activation !== null) {
        const outer = this.#takeOuter(codes, record, read, activation);
        this.#suspend(codes, record, slice, activation, outer);
      }
    }
    if (slot > 0) this.#release(slot);
    if (this.#depth > 0) this.#resumeOutside();
  }

  /** A slice inside another ended: the outside goes on. */
  #resumeOutside(): void {
    const outside = this.#outside();
    this.#switchTo(outside === null ? null : outside.task);
  }

  /** What the innermost open slice is part of; null for the loop. */
  #outside(): Activation | null {
    for (let i = this.#depth - 1; i >= 0; i--) {
      // A call that never suspends is its caller's time.
      if (this.#open[i] !== TRANSPARENT) return this.#open[i];
    }
    return null;
  }

  /** A continuation has run. Intervals and calls run again. */
  #release(slot: number): void {
    const { continuations } = this.#parts;
    const kind = continuations.kind[slot];
    const runsAgain = kind === ContinuationKind.Interval ||
      kind === ContinuationKind.Call;
    if (!runsAgain) continuations.release(slot);
  }

  /** Decides how the task of `activation` stops at the end of `slice`. */
  #suspend(
    codes: Int32Array,
    record: number,
    slice: number,
    activation: Activation,
    outer: Activation | null,
  ): void {
    const { roles, runStart } = this.#survey;
    const last = record - 1;
    const isAwait = last >= 0 &&
      (codes[last * RAW_STRIDE] & 0xff) === RawKind.Await;
    const { task } = activation;
    if (isAwait && roles[last] === Role.Own) {
      this.#chain(codes, runStart[last], last, activation, slice);
      this.#setStop(task, slice);
      return;
    }
    if (this.#isInterval(slice) || this.#isCall(slice)) {
      activation.slot = this.#survey.slotOf(slice);
      activation.isReady = false;
      this.#setStop(task, slice);
      return;
    }
    if (activation.inner !== null) {
      this.#replaceByInner(activation);
      this.#setStop(task, slice);
      return;
    }
    const next = activation.outer ?? outer;
    if (next === null) {
      this.#stop = Stop.End;
      return;
    }
    next.inner = null;
    task.top = next;
    // The outer one was cancelled while this ran: nothing will resume it.
    if (next.slot === 0) this.#stop = Stop.End;
    else this.#setStop(task, slice);
  }

  /** `activation` has ended, but what it called goes on in its place. */
  #replaceByInner(activation: Activation): void {
    const { inner, outer } = activation;
    inner!.outer = outer;
    if (outer !== null) outer.inner = inner;
    activation.inner = activation.outer = null;
  }

  #isCall(slice: number): boolean {
    const slot = this.#survey.slotOf(slice);
    return slot > 0 &&
      this.#parts.continuations.kind[slot] === ContinuationKind.Call;
  }

  #isInterval(slice: number): boolean {
    const { continuations } = this.#parts;
    const slot = this.#survey.slotOf(slice);
    return slot > 0 && continuations.owner[slot] !== null &&
      continuations.kind[slot] === ContinuationKind.Interval;
  }

  /** The task's innermost activation waits or can go on at once. */
  #setStop(task: TaskRecord, slice: number): void {
    const { continuations } = this.#parts;
    const { slot, isReady } = task.top;
    const kind = continuations.kind[slot];
    const isInterval = kind === ContinuationKind.Interval;
    const isSettled = kind === ContinuationKind.Call
      ? isReady
      : !isInterval && this.#survey.isSettled(slot, slice);
    if (isSettled) {
      this.#stop = Stop.Sched;
      return;
    }
    this.#stop = Stop.Block;
    task.reason =
      (isInterval ? Reason.Sleep : continuations.reason[slot]) as Reason;
  }

  // Calls of transformed code.

  #beginCall(id: number, time: number): void {
    const { continuations } = this.#parts;
    const slice = this.#slice += SLICE_STRIDE;
    const fate = this.#survey.fateOf(slice);
    if (fate === Fate.None) {
      this.#pushOpen(TRANSPARENT, slice);
      return;
    }
    const slot = continuations.slot(id);
    const caller = this.#outside();
    const isFolded = fate === Fate.Folded && caller !== null &&
      caller.inner === null;
    const call = isFolded
      ? this.#fold(caller, continuations.site[slot])
      : this.#beginBeside(slot, time);
    continuations.owner[slot] = call;
    this.#pushOpen(call, slice);
  }

  /** A new innermost activation of the running task, in a call of `caller`. */
  #fold(caller: Activation, site: number): Activation {
    const call = this.#spare.pop() ??
      new Activation(caller.task, caller, 0, site);
    call.task = caller.task;
    call.outer = caller;
    call.site = site;
    call.isReady = false;
    caller.inner = call;
    caller.task.top = call;
    return call;
  }

  /** A call that goes on beside its caller begins. */
  #beginBeside(slot: number, time: number): Activation {
    this.#advance(time);
    const { site } = this.#parts.continuations;
    const name = this.#known.entry("async function", site[slot]);
    const creator = this.#running === null ? null : this.#running.entry;
    const call = this.#create(name, creator);
    this.#switchTo(call.task);
    return call;
  }

  /** The innermost slice ends, and its call waits. */
  #park(flags: number, id: number, site: number, record: number): void {
    const { continuations } = this.#parts;
    const slot = continuations.slot(id);
    const slice = this.#popCall(slot);
    if (slice < 0) return;
    const call = this.#open[this.#depth];
    this.#open[this.#depth] = null;
    this.#wakeAll(slice);
    if (call === null || call === TRANSPARENT) return;
    call.slot = slot;
    call.site = site;
    call.isReady = this.#survey.roles[record] !== 0;
    continuations.reason[slot] = flags >> PARK_REASON_SHIFT;
    continuations.owner[slot] = call;
    // Inside its caller's slice a folded call just returns.
    const outside = this.#depth > 0 ? this.#outside() : null;
    if (outside !== null && outside === call.outer) return;
    this.#setStop(call.task, slice);
    if (this.#depth > 0) this.#resumeOutside();
  }

  /** The innermost slice ends, and with it the call `id`. */
  #endCall(id: number): void {
    const { continuations } = this.#parts;
    const slot = continuations.slot(id);
    const slice = this.#popCall(slot);
    if (slice >= 0) {
      const call = this.#open[this.#depth];
      this.#open[this.#depth] = null;
      this.#wakeAll(slice);
      if (call !== null && call !== TRANSPARENT) {
        this.#stopCall(call, slice);
        if (this.#depth > 0) this.#resumeOutside();
      }
    }
    continuations.release(slot);
  }

  /** Takes the innermost slice off, if it is the call's in `slot`, else -1. */
  #popCall(slot: number): number {
    if (this.#depth === 0) return -1;
    const slice = this.#openSlices[this.#depth - 1];
    if (this.#survey.slotOf(slice) !== slot) return -1;
    this.#depth--;
    this.#advance(this.#survey.endOf(slice));
    return slice;
  }

  /** Decides how the task of a call that has ended stops. */
  #stopCall(call: Activation, slice: number): void {
    const { task, inner, outer } = call;
    call.slot = 0;
    if (inner !== null) {
      this.#replaceByInner(call);
      this.#setStop(task, slice);
      return;
    }
    if (outer === null || outer.slot === 0) {
      this.#stop = Stop.End;
      return;
    }
    outer.inner = null;
    task.top = outer;
    call.outer = null;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(call);
    const { kind } = this.#parts.continuations;
    // Its end is what its caller waits for.
    if (kind[outer.slot] === ContinuationKind.Call) this.#stop = Stop.Sched;
    else this.#setStop(task, slice);
  }

  /**
   * Makes the awaits of a run one chain of calls inside `activation`'s task:
   * the last is its own, those before it are calls, innermost first.
   */
  #chain(
    codes: Int32Array,
    from: number,
    last: number,
    activation: Activation,
    slice: number,
  ): void {
    const { continuations } = this.#parts;
    // An interval's own continuation is its timer, so what it awaits is a call.
    let at = this.#isInterval(slice)
      ? this.#push(activation, this.#survey.slotOf(slice))
      : activation;
    for (let i = last; i >= from; i--) {
      const slot = continuations.slot(codes[i * RAW_STRIDE + 1]);
      if (i < last) at = this.#push(at, at.slot);
      at.slot = slot;
      at.site = continuations.site[slot];
      continuations.owner[slot] = at;
    }
  }

  /** A new innermost activation, awaited by `outer` through `slot`. */
  #push(outer: Activation, slot: number): Activation {
    outer.slot = slot;
    const inner = new Activation(outer.task, outer, 0, NO_SITE);
    outer.inner = inner;
    outer.task.top = inner;
    return inner;
  }

  /**
   * After a request handler returned: what the runtime does with its promise
   * belongs to the request too, so its await is made the outermost activation.
   *
   * @returns it, or null if there is none
   */
  #takeOuter(
    codes: Int32Array,
    record: number,
    read: number,
    activation: Activation,
  ): Activation | null {
    const next = record + 1;
    if (next >= read || this.#survey.roles[next] !== Role.Outer) return null;
    if ((codes[next * RAW_STRIDE] & 0xff) !== RawKind.Await) return null;
    const { continuations } = this.#parts;
    const slot = continuations.slot(codes[next * RAW_STRIDE + 1]);
    const outer = new Activation(activation.task, null, slot, NO_SITE);
    outer.inner = activation;
    activation.outer = outer;
    continuations.owner[slot] = outer;
    return outer;
  }

  // Children.

  /** A call that goes on beside its caller made its first await. */
  #beginChild(codes: Int32Array, times: Int32Array, record: number): void {
    const { continuations } = this.#parts;
    this.#beginEvent();
    const from = this.#survey.runStart[record];
    for (let i = from; i <= record; i++) this.#advance(times[i]);
    const slot = continuations.slot(codes[record * RAW_STRIDE + 1]);
    const name = this.#known.entry("async function", continuations.site[slot]);
    const root = this.#create(name, this.#creator());
    const slice = this.#openSlices[this.#depth - 1];
    this.#chain(codes, from, record, root, slice);
    this.#settleIn(root.task, slice);
  }

  /** Writes the wait of a task just made, unless it can go on at once. */
  #settleIn(task: TaskRecord, slice: number): void {
    const { continuations } = this.#parts;
    const { slot } = task.top;
    if (this.#survey.isSettled(slot, slice)) return;
    const reason = continuations.reason[slot] as Reason;
    this.#blockNew(task, reason, this.#stackOf(task));
  }

  /** A runnable task beside the running one: starts, blocks, and back. */
  #blockNew(task: TaskRecord, reason: Reason, stack: StackId): void {
    const { encoder } = this.#parts;
    const caller = this.#running;
    if (caller !== null) encoder.goPreempt(caller.entry);
    encoder.goStart(task.goId);
    this.#block(task, reason, stack);
    if (caller !== null) encoder.goStart(caller.goId);
  }

  #schedule(id: number, time: number): void {
    const { continuations } = this.#parts;
    const slot = continuations.slot(id);
    if (slot === 0) return;
    const kind = continuations.kind[slot];
    this.#beginEvent();
    if (kind === ContinuationKind.Timer || kind === ContinuationKind.Interval) {
      this.#advance(time);
      const { task } = this.#createFor(slot, this.#creator());
      this.#blockNew(task, Reason.Sleep, task.entry);
    } else if (kind === ContinuationKind.Immediate) {
      this.#advance(time);
      this.#createFor(slot, this.#creator());
    }
  }

  /** A timer was cleared: its task ends, or will when it has run. */
  #cancel(id: number, time: number): void {
    const { continuations, encoder } = this.#parts;
    const slot = continuations.slot(id);
    if (slot === 0) return;
    const activation = continuations.owner[slot];
    continuations.release(slot);
    if (activation === null) return;
    const isRunning = activation.slot === 0;
    activation.slot = 0;
    if (isRunning || activation.inner !== null) return;
    this.#advance(time);
    this.#beginEvent();
    const { task } = activation;
    const caller = this.#running;
    if (task.state === TaskState.Waiting) this.#unblock(task, this.#creator());
    if (caller !== null) encoder.goPreempt(caller.entry);
    encoder.goStart(task.goId);
    this.#end(task);
    if (caller !== null) encoder.goStart(caller.goId);
  }

  /**
   * `outer` goes on although what it awaits has not ended: that was no call.
   * The inner activations become a task of their own.
   */
  #detach(outer: Activation): void {
    const { task, inner } = outer;
    const { top } = task;
    outer.inner = null;
    task.top = outer;
    inner!.outer = null;
    const name = this.#known.entry("async function", inner!.site);
    const own = this.#create(name, this.#creator()).task;
    own.top = top;
    for (let at: Activation | null = top; at !== null; at = at.outer) {
      at.task = own;
    }
    if (task.state === TaskState.Waiting) {
      this.#blockNew(own, task.reason, this.#stackOf(own));
    }
  }

  // Waking.

  /** Writes what `slice` woke, from the task that runs or the loop. */
  #wakeAll(slice: number): void {
    let at = this.#survey.takeWakes(slice);
    for (const { wakes } = this.#survey; at >= 0; at = wakes[at + 1]) {
      this.#wake(wakes[at]);
    }
  }

  #wake(id: number): void {
    const { continuations } = this.#parts;
    const slot = continuations.slot(id);
    if (slot === 0) return;
    const activation = continuations.owner[slot];
    if (activation === null) {
      if ((continuations.notes[slot] & Note.Becomes) !== 0) {
        this.#beginEvent();
        this.#createFor(slot, this.#creator());
      }
      return;
    }
    const { task } = activation;
    activation.isReady = true;
    // The running task settled what an outer activation of its own awaits:
    // that is the end of a call.
    if (task === this.#running && !this.#isLoopOpen()) return;
    this.#beginEvent();
    if (activation.inner !== null) this.#detach(activation);
    if (task.state !== TaskState.Waiting) return;
    this.#unblock(task, this.#wakerStack(task.reason));
  }

  /** The stack of an unblock: never absent. */
  #wakerStack(reason: Reason): StackId {
    if (this.#running !== null) return this.#running.entry;
    if (reason === Reason.Network) return this.#known.network;
    return reason === Reason.Sleep ? this.#known.timer : this.#known.loop;
  }

  /** The stack of a creation by what runs now. */
  #creator(): StackId {
    return this.#running === null ? this.#known.loop : this.#running.entry;
  }

  // Tasks.

  /** Makes a task and its first activation. */
  #create(entry: StackId, creator: StackId | null): Activation {
    if (creator === null) this.#switchTo(null);
    const { encoder, tasks } = this.#parts;
    const task = tasks.create(entry);
    encoder.goCreate(
      task.goId,
      entry,
      creator === null ? this.#known.loop : creator,
    );
    return task.top;
  }

  /** Makes the task that begins with the continuation in `slot`. */
  #createFor(slot: number, creator: StackId | null): Activation {
    const { continuations } = this.#parts;
    const kind = continuations.kind[slot];
    const entry = this.#known.entryOf(kind, continuations.site[slot]);
    const activation = this.#create(entry, creator);
    activation.slot = slot;
    continuations.owner[slot] = activation;
    return activation;
  }

  /** A request is a user task of its task. */
  #beginRequest(slot: number, activation: Activation): void {
    const { continuations, encoder, sites, strings } = this.#parts;
    if (continuations.kind[slot] !== ContinuationKind.Request) return;
    const { task } = activation;
    task.userTask = this.#nextUserTask++ as UserTaskId;
    task.userTaskName = strings.put(sites.get(continuations.site[slot]).fn);
    encoder.userTaskCreate(
      task.userTask,
      NO_USER_TASK,
      task.userTaskName,
      task.entry,
    );
  }

  /** What runs from now on, once what ran before has stopped. */
  #switchTo(task: TaskRecord | null): void {
    if (this.#running === task && task !== null && this.#stop !== Stop.End) {
      // A block that is still due was none: nothing else ran meanwhile.
      this.#stop = Stop.None;
      return;
    }
    this.#stopRunning();
    if (task === null) return;
    this.#parts.encoder.goStart(task.goId);
    task.state = TaskState.Running;
    this.#running = task;
  }

  #stopRunning(): void {
    const task = this.#running;
    if (task === null) return;
    this.#running = null;
    const stop = this.#stop;
    this.#stop = Stop.None;
    const { encoder } = this.#parts;
    if (stop === Stop.End) this.#end(task);
    else if (stop === Stop.Block) {
      this.#block(task, task.reason, this.#stackOf(task));
    } else {
      if (stop === Stop.Sched) encoder.goSched(this.#stackOf(task));
      else encoder.goPreempt(task.entry);
      task.state = TaskState.Runnable;
    }
  }

  #block(task: TaskRecord, reason: Reason, stack: StackId): void {
    this.#parts.encoder.goBlock(reason, stack);
    task.state = TaskState.Waiting;
    task.reason = reason;
    task.stack = stack;
  }

  #unblock(task: TaskRecord, stack: StackId): void {
    this.#parts.encoder.goUnblock(task.goId, stack);
    task.state = TaskState.Runnable;
  }

  /** The task started last is done. */
  #end(task: TaskRecord): void {
    const { encoder, tasks } = this.#parts;
    if (task.userTask !== NO_USER_TASK) {
      encoder.userTaskEnd(task.userTask, task.entry);
    }
    encoder.goEnd();
    tasks.delete(task);
  }

  /** Where the task stopped: its entry frame, then each call of its chain. */
  #stackOf(task: TaskRecord): StackId {
    if (this.shedStacks) {
      this.counts.shedStacks++;
      return task.entry;
    }
    const { stacks } = this.#parts;
    let outermost = task.top;
    while (outermost.outer !== null) outermost = outermost.outer;
    let stack = task.entry;
    for (let at: Activation | null = outermost; at !== null; at = at.inner) {
      stack = stacks.put(at.site, stack);
    }
    return stack;
  }
}
