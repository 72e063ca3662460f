/**
 * From exact logs to task events, in one pass: what transformed code and
 * wrappers report needs no guessing, and what is known only later was added to
 * the records by then.
 *
 * The mapping is that of `task_mapper.ts`. A call is a task, or part of its
 * caller's, from its Begin on.
 */

import { type GoId, NO_STACK } from "../format/ids.ts";
import type { Annotation } from "./annotation.ts";
import { TICKS_PER_MS } from "./clock.ts";
import {
  ContinuationKind,
  type ContinuationTable,
} from "./continuation_table.ts";
import {
  durationAt,
  EndFlag,
  Fate,
  NO_TIME,
  PARK_WAIT_SHIFT,
  ParkFlag,
  RAW_STRIDE,
  RawKind,
  type RawLog,
  TOLD,
  UNTRACED,
} from "./raw_log.ts";
import { Reason } from "./reason.ts";
import { NO_SITE } from "./site_table.ts";
import { type LogMapper, type MapperCounts, noCounts } from "./task_mapper.ts";
import { Activation, TaskRecord, TaskState } from "./task_table.ts";
import { Stop, type TaskWriter } from "./task_writer.ts";
import { operationOfWait } from "./wait.ts";

/** A callback that runs as long as this is a task: 100 us. */
const TASK_TICKS = Math.ceil(0.1 * TICKS_PER_MS);

/** Records that open a slice, and that close one. */
const OPENS: ReadonlySet<number> = new Set([RawKind.Resume, RawKind.Begin]);
const CLOSES: ReadonlySet<number> = new Set([
  RawKind.Suspend,
  RawKind.Park,
  RawKind.End,
]);

/** Activations kept to be used again. */
const MAX_SPARE = 256;

/** Stands for an open slice that is the time of what runs around it. */
const TRANSPARENT = new Activation(
  new TaskRecord(0 as GoId, NO_STACK),
  null,
  0,
  NO_SITE,
);

/** Maps exact logs; see the head of this file. */
export class CallMapper implements LogMapper {
  readonly counts: MapperCounts = noCounts();
  shedCallbacks = false;

  readonly #continuations: ContinuationTable;
  readonly #writer: TaskWriter;
  /** What runs in each open slice, outermost first; null for the loop. */
  readonly #open: (Activation | null)[] = [];
  /** Slot of the continuation of each open slice. */
  readonly #slots: number[] = [];
  #depth = 0;
  /** Regions that begin with calls yet to come. */
  readonly #inCalls: Annotation[] = [];
  /** Activations that are nobody's, to be used again. */
  readonly #spare: Activation[] = [];

  /** A mapper that writes through `writer`. */
  constructor(continuations: ContinuationTable, writer: TaskWriter) {
    this.#continuations = continuations;
    this.#writer = writer;
  }

  map(log: RawLog): void {
    const writer = this.#writer;
    log.settleTurn();
    const { codes, times, length } = log;
    const past = log.pastRegions();
    writer.setBase(log.base);
    for (let i = 0; i < length; i++) {
      if (past?.has(i)) this.#beginPast(past.get(i)!);
      const at = i * RAW_STRIDE;
      const code = codes[at];
      const id = codes[at + 1];
      const flags = code >>> 8;
      const time = times[i];
      if (time !== NO_TIME) writer.advance(time);
      switch (code & 0xff) {
        case RawKind.Turn:
          writer.wakeLoop(time);
          break;
        case RawKind.TurnEnd:
          writer.sleepLoop(time);
          break;
        case RawKind.Resume:
          this.#beginSlice(log, i, id);
          break;
        case RawKind.Suspend:
          this.#endTime(log, i);
          this.#endSlice();
          break;
        case RawKind.Begin:
          this.#beginCall(id, flags);
          if (this.#inCalls.length > 0) this.#beginRegion(log.numberOf(i));
          break;
        case RawKind.Park:
          if (!this.#isTimedChain(log, i)) this.#endTime(log, i);
          this.#park(id, codes[at + 2], flags);
          break;
        case RawKind.End:
          this.#endTime(log, i);
          // The promise is settled after its end, but by what has ended.
          if (this.#depth <= 1 && log.firstWake(i) !== 0) this.#wakeAll(log, i);
          this.#endCall(id, (flags & EndFlag.Open) !== 0);
          break;
        case RawKind.Schedule:
          this.#schedule(id, time, (flags & TOLD) !== 0);
          break;
        case RawKind.Cancel:
          writer.cancel(id, time, this.#outside() === null);
          break;
        case RawKind.Annotate:
          this.#annotate(log, log.annotations[id]);
          break;
        case RawKind.Syscall:
          this.#beginEvent();
          writer.syscall(codes[at + 2], time, durationAt(codes, at));
          break;
      }
      if (log.firstWake(i) !== 0) this.#wakeAll(log, i);
    }
    if (writer.isAwake) this.counts.earlyMaps++;
    // Calls that did not begin after all: nobody knows where these regions were.
    writer.annotations.regionsLost += this.#inCalls.length;
    this.#inCalls.length = 0;
    log.drop(length);
  }

  /** A slice that is not inside another ends when the next record says. */
  #endTime(log: RawLog, index: number): void {
    if (this.#depth > 1) return;
    const { times, length } = log;
    for (let i = index; i < length; i++) {
      if (times[i] === NO_TIME) continue;
      this.#writer.advance(times[i]);
      return;
    }
  }

  /**
   * True if the Park at `index` awaits, by way of calls awaited on the spot, one
   * whose Park has a time: the slice ended then.
   */
  #isTimedChain({ codes, times }: RawLog, index: number): boolean {
    for (let i = index; i > 0 && times[i] === NO_TIME; i--) {
      const code = codes[i * RAW_STRIDE];
      const isLinked = (code & 0xff) === RawKind.Park &&
        (code >> 8 & ParkFlag.Linked) !== 0;
      if (!isLinked) return false;
      const before = codes[(i - 1) * RAW_STRIDE] & 0xff;
      if (before === RawKind.Park && times[i - 1] !== NO_TIME) return true;
    }
    return false;
  }

  /** What the innermost open slice is part of; null for the loop. */
  #outside(): Activation | null {
    for (let i = this.#depth - 1; i >= 0; i--) {
      if (this.#open[i] !== TRANSPARENT) return this.#open[i];
    }
    return null;
  }

  #push(activation: Activation | null, slot: number): void {
    this.#open[this.#depth] = activation;
    this.#slots[this.#depth++] = slot;
  }

  /** Takes the innermost slice off. What was in it, if it is that of `slot`. */
  #pop(slot: number): Activation | null {
    // What was open when the log overflowed may be gone.
    if (this.#depth === 0 || this.#slots[this.#depth - 1] !== slot) return null;
    const activation = this.#open[--this.#depth];
    this.#open[this.#depth] = null;
    return activation;
  }

  /** After a slice inside another one: the outside goes on. */
  #resumeOutside(): void {
    if (this.#depth === 0) return;
    const outside = this.#outside();
    this.#writer.switchTo(outside === null ? null : outside.task);
  }

  // Slices.

  #beginSlice(log: RawLog, index: number, id: number): void {
    const slot = id === UNTRACED ? 0 : this.#continuations.slot(id);
    if (slot === 0) {
      this.#writer.switchTo(null);
      this.#push(null, slot);
      return;
    }
    const kind = this.#continuations.kind[slot];
    if (kind === ContinuationKind.Call) {
      this.#resumeCall(slot);
      return;
    }
    const isCallback = kind === ContinuationKind.Microtask ||
      kind === ContinuationKind.Relay;
    const isNone = isCallback && !this.#isTask(log, index, slot) ||
      kind === ContinuationKind.Event && this.#onlyPasses(log, index);
    if (isNone) {
      this.#push(TRANSPARENT, slot);
      return;
    }
    if (kind === ContinuationKind.Sleep || kind === ContinuationKind.Relay) {
      this.#writer.switchTo(null);
      this.#push(null, slot);
      return;
    }
    const activation = this.#ownerOf(slot);
    this.#start(activation);
    this.#writer.beginRequest(slot, activation);
    this.#push(activation, slot);
  }

  /** True if the callback whose slice begins at `index` is a task. */
  #isTask(log: RawLog, index: number, slot: number): boolean {
    if (this.#continuations.owner[slot] !== null) return true;
    const next = index + 1;
    if (next >= log.length || log.firstWake(index) !== 0) return true;
    const kind = log.codes[next * RAW_STRIDE] & 0xff;
    if (kind !== RawKind.Suspend) return true;
    if (this.shedCallbacks) return false;
    let end = next;
    while (end < log.length && log.times[end] === NO_TIME) end++;
    return end < log.length &&
      log.times[end] - log.times[index] >= TASK_TICKS;
  }

  /**
   * True if the listeners whose slice begins at `index` did nothing but settle
   * promises, and call what is told of in slices of its own.
   */
  #onlyPasses(log: RawLog, index: number): boolean {
    const { codes, times, length } = log;
    const { kind } = this.#continuations;
    let depth = 0;
    let at = index + 1;
    for (; at < length; at++) {
      const record = codes[at * RAW_STRIDE] & 0xff;
      if (record === RawKind.Suspend && depth === 0) break;
      if (CLOSES.has(record)) depth--;
      else if (record === RawKind.Resume || depth > 0) {
        if (OPENS.has(record)) depth++;
      } else if (record !== RawKind.Break) {
        const slot = this.#continuations.slot(codes[at * RAW_STRIDE + 1]);
        const isRelay = record === RawKind.Schedule &&
          kind[slot] === ContinuationKind.Relay;
        if (!isRelay) return false;
      }
    }
    if (this.shedCallbacks) return true;
    while (at < length && times[at] === NO_TIME) at++;
    return at < length && times[at] - times[index] < TASK_TICKS;
  }

  /** The activation that goes on in `slot`, made if there is none yet. */
  #ownerOf(slot: number): Activation {
    const owner = this.#continuations.owner[slot];
    // Whatever may have gone wrong: what has ended, or waits for something else,
    // does not go on here.
    const isStrange = owner === null || owner.task.index < 0 ||
      owner.slot !== slot;
    return isStrange ? this.#writer.createFor(slot, null) : owner;
  }

  /** The task of `activation` runs: whatever ran before stops. */
  #start(activation: Activation): void {
    const writer = this.#writer;
    if (activation.inner !== null) writer.detach(activation);
    const { task } = activation;
    if (task.state === TaskState.Waiting) {
      if (writer.running !== null && this.#depth > 0) {
        // A generator, asked by the task that runs.
        writer.unblock(task, writer.running.entry);
      } else {
        writer.switchTo(null);
        const kind = this.#continuations.kind[activation.slot];
        const isTimer = kind === ContinuationKind.Timer ||
          kind === ContinuationKind.Interval;
        writer.unblock(
          task,
          isTimer ? writer.known.timer : writer.wakerStack(task.wait),
        );
      }
    }
    writer.switchTo(task);
    activation.slot = 0;
  }

  #endSlice(): void {
    if (this.#depth === 0) return;
    const slot = this.#slots[this.#depth - 1];
    const activation = this.#pop(slot);
    const { kind } = this.#continuations;
    const isCall = kind[slot] === ContinuationKind.Call;
    if (activation === TRANSPARENT && isCall) {
      // It was not known that it would wait: its task begins now.
      this.#park(0, NO_SITE, 0);
    } else if (activation !== null && activation !== TRANSPARENT) {
      if (isCall) this.#suspendCall(activation, slot, NO_SITE, 0);
      else {
        this.#stop(activation, slot);
        this.#resumeOutside();
      }
    } else if (activation === null) this.#resumeOutside();
    const runsAgain = isCall || kind[slot] === ContinuationKind.Interval;
    if (slot > 0 && !runsAgain) this.#continuations.release(slot);
  }

  /** The callback of `activation` has returned. */
  #stop(activation: Activation, slot: number): void {
    const { task, inner } = activation;
    const isInterval =
      this.#continuations.kind[slot] === ContinuationKind.Interval;
    if (isInterval && this.#continuations.owner[slot] !== null) {
      activation.slot = slot;
      this.#setStop(task);
    } else if (inner !== null) {
      this.#writer.replaceByInner(activation);
      this.#setStop(task);
    } else this.#writer.stop = Stop.End;
  }

  /** The task's innermost activation waits, or can go on at once. */
  #setStop(task: TaskRecord): void {
    const { slot, isReady } = task.top;
    const { kind, wait } = this.#continuations;
    if (kind[slot] === ContinuationKind.Interval) task.wait = Reason.Sleep;
    else if (isReady) {
      this.#writer.stop = Stop.Sched;
      return;
    } else task.wait = wait[slot];
    this.#writer.stop = Stop.Block;
  }

  // Calls.

  #beginCall(id: number, flags: number): void {
    const slot = this.#continuations.slot(id);
    if (flags === 0) {
      this.#push(TRANSPARENT, slot);
      return;
    }
    const caller = this.#outside();
    const isFolded = (flags & Fate.Folded) !== 0 && caller !== null &&
      caller.inner === null;
    const call = isFolded
      ? this.#fold(caller, this.#continuations.site[slot])
      : this.#beginBeside(slot);
    this.#continuations.owner[slot] = call;
    this.#push(call, slot);
  }

  /** A new innermost activation of the running task, in a call of `caller`. */
  #fold(caller: Activation, site: number): Activation {
    const { task } = caller;
    const call = this.#spare.pop() ?? new Activation(task, caller, 0, site);
    call.task = task;
    call.outer = caller;
    call.slot = 0;
    call.site = site;
    call.isReady = false;
    call.region = null;
    caller.inner = call;
    task.top = call;
    return call;
  }

  /** A call that goes on beside its caller begins. */
  #beginBeside(slot: number): Activation {
    const writer = this.#writer;
    if (this.#outside() === null) writer.switchTo(null);
    const creator = writer.running === null ? null : writer.running.entry;
    const call = writer.createFor(slot, creator);
    call.slot = 0;
    writer.switchTo(call.task);
    return call;
  }

  #resumeCall(slot: number): void {
    const call = this.#ownerOf(slot);
    this.#start(call);
    this.#push(call, slot);
  }

  /** The innermost slice ends, and its call waits. */
  #park(id: number, site: number, flags: number): void {
    const slot = this.#continuations.slot(id);
    const call = this.#pop(slot);
    if (call === null) return;
    if (call === TRANSPARENT) {
      // It was not known that it would wait: its task begins now.
      const late = this.#beginBeside(slot);
      this.#continuations.owner[slot] = late;
      this.#suspendCall(late, slot, site, flags);
    } else this.#suspendCall(call, slot, site, flags);
  }

  /** The slice of `call` has ended with a wait. */
  #suspendCall(
    call: Activation,
    slot: number,
    site: number,
    flags: number,
  ): void {
    call.slot = slot;
    if (site !== NO_SITE) call.site = site;
    call.isReady = (flags & ParkFlag.Settled) !== 0;
    this.#continuations.wait[slot] = flags >>> PARK_WAIT_SHIFT;
    // Inside its caller's slice a folded call just returns.
    const outside = this.#depth > 0 ? this.#outside() : null;
    if (outside !== null && outside === call.outer) return;
    this.#setStop(call.task);
    // What waits for a known operation waits, even if nothing else runs meanwhile.
    const isKnown = operationOfWait(call.task.wait) !== NO_SITE;
    if (isKnown) this.#writer.block();
    this.#resumeOutside();
  }

  /** The innermost slice ends, and with it the call `id`. */
  #endCall(id: number, isOpen: boolean): void {
    const slot = this.#continuations.slot(id);
    const call = this.#pop(slot);
    if (call !== null && call !== TRANSPARENT) {
      this.#stopCall(call, isOpen);
      this.#resumeOutside();
    }
    this.#continuations.release(slot);
  }

  /** Decides how the task of a call that has ended stops. */
  #stopCall(call: Activation, isOpen: boolean): void {
    const writer = this.#writer;
    const { task, inner, outer } = call;
    if (call.region !== null) this.#endRegion(call, isOpen);
    if (inner !== null) {
      writer.replaceByInner(call);
      this.#setStop(task);
      return;
    }
    if (outer === null || outer.slot === 0) {
      writer.stop = Stop.End;
      return;
    }
    outer.inner = null;
    task.top = outer;
    call.outer = null;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(call);
    // Its end is what its caller waits for.
    const { kind } = this.#continuations;
    const isCall = kind[outer.slot] === ContinuationKind.Call;
    if (isCall && !isOpen) outer.isReady = true;
    this.#setStop(task);
  }

  #schedule(id: number, time: number, isTold: boolean): void {
    const slot = this.#continuations.slot(id);
    if (slot === 0) return;
    const kind = this.#continuations.kind[slot];
    if (kind === ContinuationKind.Relay) return;
    const writer = this.#writer;
    if (kind === ContinuationKind.Microtask) {
      if (!isTold) return;
      if (this.#outside() === null) writer.switchTo(null);
      writer.createFor(slot, writer.creator());
      return;
    }
    if (this.#outside() === null) writer.switchTo(null);
    writer.schedule(slot, time);
  }

  /**
   * What is worth an event happens in the code that runs. A call that never waits
   * becomes a task then, if it is no part of another. Otherwise it is the loop's.
   */
  #beginEvent(): void {
    if (this.#outside() !== null) return;
    const { kind, owner } = this.#continuations;
    for (let i = 0; i < this.#depth; i++) {
      const slot = this.#slots[i];
      const isCall = this.#open[i] === TRANSPARENT && slot !== 0 &&
        kind[slot] === ContinuationKind.Call;
      if (!isCall) continue;
      owner[slot] = this.#open[i] = this.#beginBeside(slot);
      return;
    }
    this.#writer.switchTo(null);
  }

  // Annotations.

  #annotate(log: RawLog, annotation: Annotation): void {
    if (!annotation.isLate) this.#beginEvent();
    const isLater = annotation.call !== 0 && log.indexOf(annotation.call) >= 0;
    if (isLater) this.#inCalls.push(annotation);
    else this.#writer.annotations.write(annotation);
  }

  /** Regions begin here of which it is told at their end. */
  #beginPast(annotations: readonly Annotation[]): void {
    // The loop has no regions.
    if (this.#outside() === null) return;
    for (const annotation of annotations) {
      this.#writer.advance(annotation.beganTicks);
      this.#writer.annotations.beginHere(annotation);
    }
  }

  /** The call begins, with record `number`, that a region may be around. */
  #beginRegion(number: number): void {
    const at = this.#inCalls.findIndex(({ call }) => call === number);
    if (at < 0) return;
    const [annotation] = this.#inCalls.splice(at, 1);
    const call = this.#open[this.#depth - 1];
    if (call === TRANSPARENT || call === null) {
      this.#writer.annotations.write(annotation);
      return;
    }
    this.#writer.annotations.beginRegion(call.task, annotation);
    call.region = annotation.region!;
  }

  /** `call` ends, and with it the region around it, unless that goes on. */
  #endRegion(call: Activation, isOpen: boolean): void {
    const { region, inner } = call;
    call.region = null;
    if (inner !== null) inner.region ??= region;
    else if (!isOpen) this.#writer.annotations.endRegion(region!);
  }

  // Waking.

  /** Writes what was woken by what ran from the record at `index` on. */
  #wakeAll(log: RawLog, index: number): void {
    for (let at = log.firstWake(index); at !== 0; at = log.nextWake(at)) {
      this.#wake(log.codes[at * RAW_STRIDE + 1]);
    }
    log.clearWakes(index);
  }

  #wake(id: number): void {
    const activation = this.#continuations.owner[this.#continuations.slot(id)];
    if (activation === null) return;
    activation.isReady = true;
    const writer = this.#writer;
    const { task } = activation;
    if (this.#outside() === null) writer.switchTo(null);
    // A task that waits for what another call of its own settles.
    if (task === writer.running) return;
    if (activation.inner !== null) writer.detach(activation);
    if (task.state === TaskState.Waiting) {
      writer.unblock(task, writer.wakerStack(task.wait));
    }
  }
}
