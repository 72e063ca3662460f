/**
 * Writes what tasks do: keeps which one runs and how it will stop. How a task
 * stops is written when the next one begins, so that a task which goes on at
 * once shows no gap.
 */

import {
  NO_STACK,
  NO_USER_TASK,
  type StackId,
  type UserTaskId,
} from "../format/ids.ts";
import { AnnotationWriter } from "./annotation_writer.ts";
import { toTicks } from "./clock.ts";
import {
  ContinuationKind,
  type ContinuationTable,
} from "./continuation_table.ts";
import type { EventEncoder } from "./event_encoder.ts";
import { ForeignNotes } from "./foreign_goroutines.ts";
import { Reason } from "./reason.ts";
import { NO_SITE, type SiteTable } from "./site_table.ts";
import type { StackTable } from "./stack_table.ts";
import type { StringTable } from "./string_table.ts";
import {
  type Activation,
  type TaskRecord,
  TaskState,
  type TaskTable,
} from "./task_table.ts";
import type { ThreadIds } from "./thread_ids.ts";
import { operationOfWait, reasonOfWait, type Wait } from "./wait.ts";
import { WellKnownSites } from "./well_known_sites.ts";

/** How the running task will stop when the next one begins. */
export const Stop = { None: 0, Sched: 1, Block: 2, End: 3 } as const;
/** One of {@linkcode Stop}. */
export type Stop = typeof Stop[keyof typeof Stop];

/** Events of a call that blocked the loop, at most. */
const SYSCALL_EVENTS = 12;

/** Sequence number of what comes next to a goroutine created and started once. */
const STARTED_ONCE = 2;

/** What tasks are written with. */
export interface WriterParts {
  readonly continuations: ContinuationTable;
  readonly tasks: TaskTable;
  readonly sites: SiteTable;
  readonly strings: StringTable;
  readonly stacks: StackTable;
  readonly encoder: EventEncoder;
  readonly ids: ThreadIds;
  /** The clock's reading at tick 1, in milliseconds. */
  readonly origin: number;
  /** Thread id of the loop, for ProcStart. */
  readonly thread: number;
}

/** See the head of this file. Fields are for mappers. */
export class TaskWriter {
  /** Waits whose stack was left out. */
  stacksShed = 0;
  /** True while blocks are written with the task's name only. */
  shedStacks = false;
  isAwake = false;
  running: TaskRecord | null = null;
  stop: Stop = Stop.None;
  readonly known: WellKnownSites;
  readonly annotations: AnnotationWriter;
  /** Tasks that others run, and those of others that run here. */
  readonly foreign: ForeignNotes = new ForeignNotes();

  readonly #parts: WriterParts;
  readonly #continuations: ContinuationTable;
  readonly #encoder: EventEncoder;
  readonly #tasks: TaskTable;
  readonly #stacks: StackTable;
  readonly #thread: number;
  /** The time, in ticks since the base of the log. */
  #now = 0;
  #base = NaN;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#continuations = parts.continuations;
    this.#encoder = parts.encoder;
    this.#tasks = parts.tasks;
    this.#stacks = parts.stacks;
    this.#thread = parts.thread;
    this.known = new WellKnownSites(parts.sites, parts.stacks);
    this.annotations = new AnnotationWriter({
      encoder: parts.encoder,
      strings: parts.strings,
      running: () => this.running,
      stackOf: (task) => this.callStackOf(task),
    });
  }

  /** Times count from `base` now, a reading of the clock in milliseconds. */
  setBase(base: number): void {
    if (base === this.#base) return;
    this.#base = base;
    const ticks = toTicks(base, this.#parts.origin);
    this.#encoder.advanceTo(ticks);
    // What was written meanwhile may have been later.
    this.#now = this.#encoder.now - ticks;
  }

  /** The loop has work. */
  wakeLoop(time: number): void {
    this.advance(time);
    if (this.isAwake) return;
    this.#encoder.procStart(this.#thread);
    this.isAwake = true;
  }

  /** The loop waits. */
  sleepLoop(time: number): void {
    this.advance(time);
    this.#stopRunning();
    if (!this.isAwake) return;
    this.#encoder.procStop();
    this.isAwake = false;
  }

  /** Moves the time on, in ticks since the base; NO_TIME is earlier. */
  advance(time: number): void {
    if (time <= this.#now) return;
    this.#encoder.advance(time - this.#now);
    this.#now = time;
  }

  /** Makes a task and its first activation. */
  create(entry: StackId, creator: StackId | null): Activation {
    if (creator === null) this.switchTo(null);
    const task = this.#tasks.create(entry);
    this.#encoder.goCreate(
      task.goId,
      entry,
      creator === null ? this.known.loop : creator,
    );
    if (creator !== null && this.running !== null) {
      task.context = this.running.context;
    }
    return task.top;
  }

  /**
   * Makes the task that begins with the continuation in `slot`, or takes in the
   * one that another thread has made.
   */
  createFor(slot: number, creator: StackId | null): Activation {
    const continuations = this.#continuations;
    const kind = continuations.kind[slot];
    const entry = this.known.entryOf(kind, continuations.site[slot]);
    const goId = kind === ContinuationKind.Message
      ? continuations.goroutines.get(slot)
      : undefined;
    let activation: Activation;
    if (goId === undefined) activation = this.create(entry, creator);
    else {
      activation = this.#tasks.adopt(goId, entry).top;
      activation.task.context = continuations.wait[slot] as UserTaskId;
      this.foreign.noteStarted(goId, entry);
    }
    activation.slot = slot;
    continuations.owner[slot] = activation;
    return activation;
  }

  /** A request is a user task of its task. */
  beginRequest(slot: number, activation: Activation): void {
    const continuations = this.#continuations;
    if (continuations.kind[slot] !== ContinuationKind.Request) return;
    const { sites, strings } = this.#parts;
    const { task } = activation;
    task.userTask =
      task.context =
        (continuations.wait[slot] ||
          this.#parts.ids.userTask.take()) as UserTaskId;
    task.userTaskName = strings.put(sites.get(continuations.site[slot]).fn);
    this.#encoder.userTaskCreate(
      task.userTask,
      NO_USER_TASK,
      task.userTaskName,
      task.entry,
    );
  }

  /** What runs from now on, once what ran before has stopped. */
  switchTo(task: TaskRecord | null): void {
    if (this.running === task && task !== null) {
      // What is still due was none: nothing else ran meanwhile. Even an end, if
      // something that was taken for another's turns out to be this task's.
      this.stop = Stop.None;
      return;
    }
    this.#stopRunning();
    if (task === null) return;
    this.#encoder.goStart(task.goId);
    task.state = TaskState.Running;
    this.running = task;
    if (task.regions !== null) this.annotations.started(task);
  }

  /** If the running task is about to wait: it waits from now on. */
  block(): void {
    if (this.stop === Stop.Block) this.#stopRunning();
  }

  #stopRunning(): void {
    const task = this.running;
    if (task === null) return;
    this.running = null;
    const stop = this.stop;
    this.stop = Stop.None;
    const encoder = this.#encoder;
    if (stop === Stop.End) this.end(task);
    else if (stop === Stop.Block) {
      this.#block(task, task.wait, this.stackOf(task, task.wait));
    } else {
      if (stop === Stop.Sched) encoder.goSched(this.stackOf(task, 0));
      else encoder.goPreempt(task.entry);
      task.state = TaskState.Runnable;
    }
  }

  #block(task: TaskRecord, wait: Wait, stack: StackId): void {
    this.#encoder.goBlock(reasonOfWait(wait), stack);
    task.state = TaskState.Waiting;
    task.wait = wait;
    task.stack = stack;
  }

  /** A waiting task can go on. */
  unblock(task: TaskRecord, stack: StackId): void {
    this.#encoder.goUnblock(task.goId, stack);
    task.state = TaskState.Runnable;
  }

  /** The task started last is done. */
  end(task: TaskRecord): void {
    const encoder = this.#encoder;
    if (task.regions !== null) this.annotations.ending(task);
    if (task.userTask !== NO_USER_TASK) {
      encoder.userTaskEnd(task.userTask, task.entry);
    }
    encoder.goEnd();
    this.#tasks.delete(task);
  }

  /** A runnable task beside the running one: starts, blocks, and back. */
  blockNew(task: TaskRecord, wait: Wait, stack: StackId): void {
    const caller = this.#beginBeside(task);
    this.#block(task, wait, stack);
    if (caller !== null) this.#encoder.goStart(caller.goId);
  }

  /** The same of one that stays runnable. */
  yieldNew(task: TaskRecord): void {
    const caller = this.#beginBeside(task);
    this.#encoder.goSched(this.stackOf(task, 0));
    if (caller !== null) this.#encoder.goStart(caller.goId);
  }

  #beginBeside(task: TaskRecord): TaskRecord | null {
    const caller = this.running;
    if (caller !== null) this.#encoder.goPreempt(caller.entry);
    this.#encoder.goStart(task.goId);
    if (task.regions !== null) this.annotations.started(task);
    return caller;
  }

  /**
   * `outer` goes on although what it awaits has not ended: that was no call.
   * The inner activations become a task of their own.
   */
  detach(outer: Activation): void {
    const { task, inner } = outer;
    const { top } = task;
    outer.inner = null;
    task.top = outer;
    inner!.outer = null;
    const name = this.known.entry("async function", inner!.site);
    const own = this.create(name, this.creator()).task;
    own.top = top;
    own.context = task.context;
    for (let at: Activation | null = top; at !== null; at = at.outer) {
      at.task = own;
    }
    if (task.state === TaskState.Waiting) {
      this.blockNew(own, task.wait, this.stackOf(own, task.wait));
    }
  }

  /** `activation` has ended, but what it called goes on in its place. */
  replaceByInner(activation: Activation): void {
    const { inner, outer } = activation;
    inner!.outer = outer;
    if (outer !== null) outer.inner = inner;
    activation.inner = activation.outer = null;
  }

  /** Makes the task of a callback that was just handed over. */
  schedule(slot: number, time: number): void {
    const { kind: kinds, wait: waits } = this.#continuations;
    const kind = kinds[slot];
    const isTimer = kind === ContinuationKind.Timer ||
      kind === ContinuationKind.Interval;
    if (isTimer || kind === ContinuationKind.Operation) {
      this.advance(time);
      const { task } = this.createFor(slot, this.creator());
      const wait = waits[slot] || (isTimer ? Reason.Sleep : Reason.Unknown);
      this.blockNew(task, wait, this.stackOf(task, wait));
    } else if (kind === ContinuationKind.Immediate) {
      this.advance(time);
      this.createFor(slot, this.creator());
    } else if (kind === ContinuationKind.Message) {
      this.advance(time);
      this.#post(slot);
    }
  }

  /** Makes the task of a message, which its receiver runs. */
  #post(slot: number): void {
    const { goroutines, site, wait } = this.#continuations;
    const goId = goroutines.get(slot);
    if (goId === undefined) {
      this.createFor(slot, this.creator());
      return;
    }
    const entry = this.known.entryOf(ContinuationKind.Message, site[slot]);
    this.#encoder.goCreate(goId, entry, this.creator());
    // Afterwards: a batch that was full before it does not hold it.
    this.foreign.noteCreated(goId, wait[slot]);
    this.#continuations.release(slot);
  }

  /**
   * A timer was cleared: its task ends, or will when it has run. `isLoop` if it
   * was the loop that did.
   */
  cancel(id: number, time: number, isLoop: boolean): void {
    const continuations = this.#continuations;
    const encoder = this.#encoder;
    const slot = continuations.slot(id);
    if (slot === 0) return;
    const activation = continuations.owner[slot];
    continuations.release(slot);
    if (activation === null) return;
    const isRunning = activation.slot === 0;
    activation.slot = 0;
    if (isRunning || activation.inner !== null) return;
    this.advance(time);
    if (isLoop) this.switchTo(null);
    const { task } = activation;
    const caller = this.running;
    if (task.state === TaskState.Waiting) this.unblock(task, this.creator());
    if (caller !== null) encoder.goPreempt(caller.entry);
    encoder.goStart(task.goId);
    this.end(task);
    if (caller !== null) encoder.goStart(caller.goId);
  }

  /**
   * The code that runs was blocked for `ticks` in a call of `site`: a task of
   * its own for which the caller waits. One piece, because Go wants to know how
   * often the task has been started, which only this piece tells.
   */
  syscall(site: number, time: number, ticks: number): void {
    this.wakeLoop(time);
    const encoder = this.#encoder;
    const caller = this.running;
    const entry = this.known.entry("blocking call", site);
    const stack = caller === null
      ? NO_STACK
      : this.#stacks.put(site, this.callStackOf(caller));
    const task = this.#tasks.create(entry);
    encoder.reserve(SYSCALL_EVENTS);
    encoder.goCreate(task.goId, entry, this.creator());
    if (caller !== null) encoder.goBlock(Reason.Sync, stack);
    encoder.goStart(task.goId);
    encoder.goSysCall(entry);
    encoder.goSysBlock();
    encoder.procStop();
    this.advance(this.#now + ticks);
    encoder.procStart(this.#thread);
    encoder.goSysExit(task.goId, STARTED_ONCE);
    encoder.goStart(task.goId);
    if (caller !== null) encoder.goUnblock(caller.goId, entry);
    encoder.goEnd();
    this.#tasks.delete(task);
    if (caller !== null) encoder.goStart(caller.goId);
  }

  /** The stack of an unblock: never absent. */
  wakerStack(wait: Wait): StackId {
    if (this.running !== null) return this.running.entry;
    const reason = reasonOfWait(wait);
    if (reason === Reason.Network) return this.known.network;
    return reason === Reason.Sleep ? this.known.timer : this.known.loop;
  }

  /** The stack of a creation by what runs now. */
  creator(): StackId {
    return this.running === null ? this.known.loop : this.running.entry;
  }

  /**
   * Where the task stopped: its entry frame, each call of its chain, and the
   * operation that it waits for.
   */
  stackOf(task: TaskRecord, wait: Wait): StackId {
    if (this.shedStacks) {
      this.stacksShed++;
      return task.entry;
    }
    const stack = this.#stacks.put(task.top.site, this.#outerStack(task));
    const operation = operationOfWait(wait);
    return operation === NO_SITE ? stack : this.#stacks.put(operation, stack);
  }

  /** The calls of a task that runs: where its innermost one is, is not known. */
  callStackOf(task: TaskRecord): StackId {
    if (this.shedStacks) return task.entry;
    const { top } = task;
    if (top.outer === null) return task.entry;
    const fn = this.#parts.sites.functionOf(top.site);
    return this.#stacks.put(fn, this.#outerStack(task));
  }

  /** The stack of all calls of a task but the innermost one. */
  #outerStack(task: TaskRecord): StackId {
    let outermost = task.top;
    while (outermost.outer !== null) outermost = outermost.outer;
    let stack = task.entry;
    // Where awaits are unseen, a chain may be taken for another's: it ends early.
    let at: Activation | null = outermost;
    for (; at !== task.top && at !== null; at = at.inner) {
      stack = this.#stacks.put(at.site, stack);
    }
    return stack;
  }
}
