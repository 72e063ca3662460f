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
 *
 * Mapping: design/architecture.md, section 2.
 */

import type { Annotation } from "./annotation.ts";
import {
  ContinuationKind,
  type ContinuationTable,
  NOT_SETTLED,
} from "./continuation_table.ts";
import {
  durationAt,
  RAW_STRIDE,
  RawKind,
  type RawLog,
  UNTRACED,
} from "./raw_log.ts";
import { Reason } from "./reason.ts";
import { NO_SITE } from "./site_table.ts";
import { Activation, type TaskRecord, TaskState } from "./task_table.ts";
import { Stop, type TaskWriter } from "./task_writer.ts";
import { LOOP, Note, Role, SLICE_STRIDE, TurnSurvey } from "./turn_survey.ts";

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

/** Turns raw records into task events: one for each way in which they come. */
export interface LogMapper {
  readonly counts: MapperCounts;
  /** True while a callback is no task merely for running long. */
  shedCallbacks: boolean;
  /** Writes the events of `log` and takes the records out of it. */
  map(log: RawLog): void;
}

/** Counts that nothing was counted in. */
export function noCounts(): MapperCounts {
  return { unexplainedWakes: 0, foundRunning: 0, earlyMaps: 0, shedStacks: 0 };
}

/** Maps what hooks and wrappers report; see the head of this file. */
export class TaskMapper implements LogMapper {
  readonly counts: MapperCounts = noCounts();

  readonly #continuations: ContinuationTable;
  readonly #writer: TaskWriter;
  readonly #survey: TurnSurvey;
  /** Number of open slices. */
  #depth = 0;
  /** What runs in each open slice, innermost last; null for the loop. */
  readonly #open: (Activation | null)[] = [];
  /** Index of each open slice, innermost last. */
  readonly #openSlices: number[] = [];
  /** Regions that begin in children yet to come, with the record of each. */
  readonly #inChildren: {
    readonly record: number;
    readonly annotation: Annotation;
  }[] = [];
  /** Index of the slice that began last. */
  #slice = -SLICE_STRIDE;

  /** A mapper of logs of at most `records` records. */
  constructor(
    continuations: ContinuationTable,
    writer: TaskWriter,
    records: number,
  ) {
    this.#continuations = continuations;
    this.#writer = writer;
    this.#survey = new TurnSurvey(continuations, records);
  }

  get shedCallbacks(): boolean {
    return this.#survey.shedCallbacks;
  }

  set shedCallbacks(shed: boolean) {
    this.#survey.shedCallbacks = shed;
  }

  /** Writes the events of `log` and takes the records out of it. */
  map(log: RawLog): void {
    const survey = this.#survey;
    log.settleTurn();
    const read = survey.read(log);
    this.#beginWindow(log.base);
    const { codes, times } = log;
    const past = log.pastRegions();
    for (let i = 0; i < read; i++) {
      const at = i * RAW_STRIDE;
      if (past?.has(i)) this.#beginPast(past.get(i)!);
      switch (codes[at] & 0xff) {
        case RawKind.Turn:
          this.#writer.wakeLoop(times[i]);
          break;
        case RawKind.TurnEnd:
          this.#endLoopSlice();
          this.#writer.sleepLoop(times[i]);
          break;
        case RawKind.Resume:
          this.#endLoopSlice();
          this.#beginSlice(codes[at + 1], codes);
          break;
        case RawKind.Suspend:
          this.#endSlice(codes, i, read);
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
          this.#beginEvent();
          this.#writer.schedule(
            this.#continuations.slot(codes[at + 1]),
            times[i],
          );
          break;
        case RawKind.Cancel:
          this.#enterLoop();
          this.#writer.cancel(codes[at + 1], times[i], this.#isLoopOpen());
          break;
        case RawKind.Annotate:
          this.#annotate(log, i, read);
          break;
        case RawKind.Syscall:
          this.#enterLoop();
          this.#beginEvent();
          this.#writer.syscall(
            codes[at + 2],
            times[i],
            durationAt(codes, at),
          );
          break;
      }
    }
    this.#endWindow();
    this.#forgetRegions();
    log.drop(read);
  }

  // Turns.

  /** Slices that were open when the last window ended are its first ones. */
  #beginWindow(base: number): void {
    this.#slice = (this.#depth - 1) * SLICE_STRIDE;
    for (let i = 0; i < this.#depth; i++) {
      this.#openSlices[i] = i * SLICE_STRIDE;
    }
    this.#writer.setBase(base);
  }

  #endWindow(): void {
    if (this.#isLoopOpen()) this.#endLoopSlice();
    if (this.#writer.isAwake) this.counts.earlyMaps++;
    // What the open slices woke so far; the rest comes with the next window.
    for (let i = 0; i < this.#depth; i++) this.#wakeAll(this.#openSlices[i]);
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
    this.#writer.advance(this.#survey.startOf(slice));
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
    if (this.#isLoopOpen()) this.#writer.switchTo(null);
  }

  #endLoopSlice(): void {
    if (!this.#isLoopOpen()) return;
    this.#wakeAll(this.#openSlices[this.#depth - 1]);
    this.#depth--;
  }

  #beginSlice(id: number, codes: Int32Array): void {
    const continuations = this.#continuations;
    const slice = this.#slice += SLICE_STRIDE;
    const slot = id === UNTRACED ? 0 : continuations.slot(id);
    let activation: Activation | null = null;
    if (this.#survey.isOpaque(slice)) {
      this.#writer.advance(this.#survey.startOf(slice));
      if (id !== UNTRACED && !this.#survey.isLoopOnly(slice)) {
        activation = this.#activationOf(slot, codes);
      }
      this.#writer.switchTo(activation === null ? null : activation.task);
      if (activation !== null) activation.slot = 0;
      if (slot !== 0 && activation !== null) {
        this.#writer.beginRequest(slot, activation);
      }
    }
    this.#pushOpen(activation, slice);
  }

  /** The activation that continues in `slot`, made if there is none yet. */
  #activationOf(slot: number, codes: Int32Array): Activation | null {
    const continuations = this.#continuations;
    const { kind, owner } = continuations;
    if (slot === 0) {
      // It ran before recording began. Where it stops next tells its name.
      this.counts.foundRunning++;
      const own = this.#survey.ownAwaitOf(this.#slice);
      const next = own < 0
        ? 0
        : continuations.slot(codes[own * RAW_STRIDE + 1]);
      const site = continuations.site[next];
      return this.#writer.create(
        this.#writer.known.entry("async function", site),
        null,
      );
    }
    if (kind[slot] === ContinuationKind.Sleep) return null;
    if ((this.#continuations.notes[slot] & Note.Over) !== 0) return null;
    let activation = owner[slot];
    // Whatever may have gone wrong: what has ended, or waits for something else,
    // does not go on here.
    const isStrange = activation !== null &&
      (activation.task.index < 0 || activation.slot !== slot);
    if (activation === null || isStrange) {
      activation = this.#writer.createFor(slot, null);
    }
    if (activation.inner !== null) this.#leaveInner(activation);
    this.#wakeUnexplained(activation.task, slot);
    return activation;
  }

  /** A task that runs was runnable: say what made it so, as far as known. */
  #wakeUnexplained(task: TaskRecord, slot: number): void {
    if (task.state !== TaskState.Waiting) return;
    const continuations = this.#continuations;
    const kind = continuations.kind[slot];
    const isUnknown = continuations.settledBy[slot] === NOT_SETTLED;
    if (kind === ContinuationKind.Reaction && isUnknown) {
      this.counts.unexplainedWakes++;
    }
    const isTimer = kind === ContinuationKind.Timer ||
      kind === ContinuationKind.Interval;
    this.#writer.switchTo(null);
    this.#writer.unblock(
      task,
      isTimer ? this.#writer.known.timer : this.#writer.wakerStack(task.wait),
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
      this.#writer.advance(this.#survey.endOf(slice));
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
    const outside = this.#open[this.#depth - 1];
    this.#writer.switchTo(outside === null ? null : outside.task);
  }

  /** A continuation has run. Intervals run again. */
  #release(slot: number): void {
    const continuations = this.#continuations;
    const isInterval = continuations.kind[slot] === ContinuationKind.Interval;
    if (!isInterval) continuations.release(slot);
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
    const unseen = this.#survey.continuedBy(slice);
    if (unseen !== 0) {
      this.#continueUnseen(unseen, activation, slice);
      return;
    }
    if (this.#isInterval(slice)) {
      activation.slot = this.#survey.slotOf(slice);
      this.#setStop(task, slice);
      return;
    }
    const next = activation.outer ?? outer;
    if (next === null) {
      this.#writer.stop = Stop.End;
      return;
    }
    next.inner = null;
    task.top = next;
    // The outer one was cancelled while this ran: nothing will resume it.
    if (next.slot === 0) this.#writer.stop = Stop.End;
    else this.#setStop(task, slice);
  }

  /** `activation` goes on in `slot`, after an await that was not seen. */
  #continueUnseen(slot: number, activation: Activation, slice: number): void {
    const at = this.#isInterval(slice)
      ? this.#push(activation, this.#survey.slotOf(slice))
      : activation;
    at.slot = slot;
    this.#continuations.owner[slot] = at;
    this.#setStop(at.task, slice);
  }

  /** `outer` goes on: what it awaits has ended, or was none of its calls. */
  #leaveInner(outer: Activation): void {
    const { kind, notes, owner } = this.#continuations;
    const { top } = outer.task;
    if (kind[top.slot] !== ContinuationKind.Unseen) {
      this.#writer.detach(outer);
      return;
    }
    // That it went on once more was only a guess.
    owner[top.slot] = null;
    notes[top.slot] |= Note.Over;
    outer.inner = null;
    outer.task.top = outer;
  }

  #isInterval(slice: number): boolean {
    const continuations = this.#continuations;
    const slot = this.#survey.slotOf(slice);
    return slot > 0 && continuations.owner[slot] !== null &&
      continuations.kind[slot] === ContinuationKind.Interval;
  }

  /** The task's innermost activation waits or can go on at once. */
  #setStop(task: TaskRecord, slice: number): void {
    const continuations = this.#continuations;
    const { slot } = task.top;
    const isInterval = continuations.kind[slot] === ContinuationKind.Interval;
    if (!isInterval && this.#survey.isSettled(slot, slice)) {
      this.#writer.stop = Stop.Sched;
      return;
    }
    this.#writer.stop = Stop.Block;
    task.wait = isInterval ? Reason.Sleep : continuations.wait[slot];
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
    const continuations = this.#continuations;
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
    // The innermost of them awaits a call that has awaited unseen.
    const unseen = this.#survey.unseen[from];
    if (unseen === 0) return;
    const inner = this.#push(at, at.slot);
    inner.slot = unseen;
    continuations.owner[unseen] = inner;
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
    const continuations = this.#continuations;
    const slot = continuations.slot(codes[next * RAW_STRIDE + 1]);
    const outer = new Activation(activation.task, null, slot, NO_SITE);
    outer.inner = activation;
    activation.outer = outer;
    continuations.owner[slot] = outer;
    return outer;
  }

  // Annotations.

  #annotate(log: RawLog, record: number, read: number): void {
    const annotation = log.annotations[log.codes[record * RAW_STRIDE + 1]];
    if (annotation.isLate) {
      this.#writer.advance(log.times[record]);
      this.#writer.annotations.write(annotation);
      return;
    }
    this.#enterLoop();
    this.#beginEvent();
    this.#writer.advance(log.times[record]);
    const child = this.#childOf(log, annotation.call, read);
    if (child < 0) this.#writer.annotations.write(annotation);
    else this.#inChildren.push({ record: child, annotation });
  }

  /** Regions begin here of which it is told at their end. */
  #beginPast(annotations: readonly Annotation[]): void {
    // The loop has no regions.
    if (this.#depth === 0 || this.#isLoopOpen()) return;
    for (const annotation of annotations) {
      this.#writer.advance(annotation.beganTicks);
      this.#writer.annotations.beginHere(annotation);
    }
  }

  /**
   * The last record of the run of awaits in which the call that first waited at
   * record `number` turned out to go on beside its caller, or -1.
   */
  #childOf(log: RawLog, number: number, read: number): number {
    let record = number === 0 ? -1 : log.indexOf(number);
    if (record < 0) return -1;
    const kind = log.codes[record * RAW_STRIDE] & 0xff;
    if (kind !== RawKind.Await) return -1;
    const { roles } = this.#survey;
    while (record < read && roles[record] === Role.Inner) record++;
    return record < read && roles[record] === Role.Child ? record : -1;
  }

  /** Regions whose call did not begin after all: nobody knows where they were. */
  #forgetRegions(): void {
    const { annotations } = this.#writer;
    for (const { annotation } of this.#inChildren) {
      if (annotation.region!.task === null) annotations.regionsLost++;
    }
    this.#inChildren.length = 0;
  }

  /** A region around an async call ends when `slot` is settled. */
  #endRegion(slot: number): void {
    const continuations = this.#continuations;
    const region = continuations.takeRegion(slot);
    if (region !== undefined) this.#writer.annotations.endRegion(region);
    continuations.release(slot);
  }

  // Children.

  /** A call that goes on beside its caller made its first await. */
  #beginChild(codes: Int32Array, times: Int32Array, record: number): void {
    const continuations = this.#continuations;
    this.#beginEvent();
    const from = this.#survey.runStart[record];
    for (let i = from; i <= record; i++) this.#writer.advance(times[i]);
    const slot = continuations.slot(codes[record * RAW_STRIDE + 1]);
    const name = this.#writer.known.entry(
      "async function",
      continuations.site[slot],
    );
    const root = this.#writer.create(name, this.#writer.creator());
    if (this.#inChildren.length > 0) this.#beginRegions(record, root.task);
    const slice = this.#openSlices[this.#depth - 1];
    this.#chain(codes, from, record, root, slice);
    this.#settleIn(root.task, slice);
  }

  /** Regions around the call that `record` made a task are on that. */
  #beginRegions(record: number, task: TaskRecord): void {
    for (const { record: at, annotation } of this.#inChildren) {
      if (at === record) {
        this.#writer.annotations.beginRegion(task, annotation);
      }
    }
  }

  /** Writes the wait of a task just made, unless it can go on at once. */
  #settleIn(task: TaskRecord, slice: number): void {
    const continuations = this.#continuations;
    const { slot } = task.top;
    if (this.#survey.isSettled(slot, slice)) {
      // Its regions have begun.
      if (task.regions !== null) this.#writer.yieldNew(task);
      return;
    }
    const wait = continuations.wait[slot];
    this.#writer.blockNew(task, wait, this.#writer.stackOf(task, wait));
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
    const continuations = this.#continuations;
    const slot = continuations.slot(id);
    if (slot === 0) return;
    const activation = continuations.owner[slot];
    if (activation === null) {
      if (continuations.kind[slot] === ContinuationKind.Region) {
        this.#endRegion(slot);
      } else if ((continuations.notes[slot] & Note.Becomes) !== 0) {
        this.#beginEvent();
        this.#writer.createFor(slot, this.#writer.creator());
      }
      return;
    }
    const { task } = activation;
    // The running task settled what an outer activation of its own awaits:
    // that is the end of a call.
    if (task === this.#writer.running && !this.#isLoopOpen()) return;
    this.#beginEvent();
    if (activation.inner !== null) this.#leaveInner(activation);
    if (task.state !== TaskState.Waiting) return;
    this.#writer.unblock(task, this.#writer.wakerStack(task.wait));
  }

  // Tasks.
}
