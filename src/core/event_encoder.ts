/**
 * One method per event that the recorder writes: numbers in, bytes out.
 *
 * Time is a state: `advance` and `advanceTo` move it on, and every event happens
 * at it. It never runs backwards. Of the forms that name no sequence number all
 * are used (GoStartLocal, GoUnblockLocal): a goroutine never changes its
 * processor. GoSysExit has no such form.
 */

import { EventType, leadByte } from "../format/event_catalogue.ts";
import {
  type GoId,
  NO_GO,
  type ProcId,
  type StackId,
  type StringId,
  type UserTaskId,
} from "../format/ids.ts";
import { MAX_EVENT_BYTES, MAX_UVARINT_BYTES } from "../format/limits.ts";
import { putUvarint } from "../format/varint.ts";
import type { BatchBuffer } from "./batch_buffer.ts";
import { TICKS_PER_SECOND } from "./clock.ts";
import { BLOCK_LEADS, type Reason } from "./reason.ts";
import type { RunLog } from "./run_log.ts";

const LEAD_FREQUENCY = leadByte(EventType.Frequency);
const LEAD_GOMAXPROCS = leadByte(EventType.Gomaxprocs);
const LEAD_PROC_START = leadByte(EventType.ProcStart);
const LEAD_PROC_STOP = leadByte(EventType.ProcStop);
const LEAD_GO_CREATE = leadByte(EventType.GoCreate);
const LEAD_GO_START = leadByte(EventType.GoStartLocal);
const LEAD_GO_END = leadByte(EventType.GoEnd);
const LEAD_GO_SCHED = leadByte(EventType.GoSched);
const LEAD_GO_PREEMPT = leadByte(EventType.GoPreempt);
const LEAD_GO_UNBLOCK = leadByte(EventType.GoUnblockLocal);
const LEAD_GO_SYS_CALL = leadByte(EventType.GoSysCall);
const LEAD_GO_SYS_BLOCK = leadByte(EventType.GoSysBlock);
const LEAD_GO_SYS_EXIT = leadByte(EventType.GoSysExit);
const LEAD_TASK_CREATE = leadByte(EventType.UserTaskCreate);
const LEAD_TASK_END = leadByte(EventType.UserTaskEnd);
const LEAD_REGION = leadByte(EventType.UserRegion);
const LEAD_LOG = leadByte(EventType.UserLog);
const LEAD_GC_START = leadByte(EventType.GCStart);
const LEAD_GC_DONE = leadByte(EventType.GCDone);
const LEAD_HEAP_ALLOC = leadByte(EventType.HeapAlloc);
const LEAD_HEAP_GOAL = leadByte(EventType.HeapGoal);
const LEAD_CPU_SAMPLE = leadByte(EventType.CPUSample);

const utf8 = new TextEncoder();

/** Longest text that is looked through for what is not ASCII. */
const MAX_SHORT = 256;

/** True for a short text of which each character is one byte. */
function isAscii(text: string): boolean {
  if (text.length > MAX_SHORT) return false;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return false;
  }
  return true;
}

/** Writes events into one processor's batches; see the head of this file. */
export class EventEncoder {
  /** How many events were written. */
  events = 0;
  /** The goroutine that runs, according to what was written. */
  running: GoId = NO_GO;
  /** Where it is noted which goroutine ran when, while that matters. */
  runs: RunLog | undefined = undefined;
  /** True if the processor runs, according to what was written. */
  isAwake = false;

  readonly #buffer: BatchBuffer;

  constructor(buffer: BatchBuffer) {
    this.#buffer = buffer;
  }

  /** The time, in ticks. */
  get now(): number {
    return this.#buffer.now;
  }

  /** Moves the time on to `ticks`, if that is later. */
  advanceTo(ticks: number): void {
    this.#buffer.advanceTo(ticks);
  }

  /** Moves the time on by `ticks`, 0 or more. */
  advance(ticks: number): void {
    this.#buffer.advance(ticks);
  }

  /** Sees to it that the next `events` come into one batch. */
  reserve(events: number): void {
    this.#buffer.ensure(events * MAX_EVENT_BYTES);
  }

  /** How long a tick is. Written once, right after the first Batch. */
  frequency(): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    buffer.bytes[buffer.pos++] = LEAD_FREQUENCY;
    buffer.pos = putUvarint(buffer.bytes, buffer.pos, TICKS_PER_SECOND);
  }

  /** How many processors there are from now on. */
  gomaxprocs(procs: number): void {
    this.#two(LEAD_GOMAXPROCS, procs, 0);
  }

  /** The loop woke up, on `thread`. */
  procStart(thread: number): void {
    this.#one(LEAD_PROC_START, thread);
    this.isAwake = true;
  }

  /** The loop waits for work. No goroutine may be running. */
  procStop(): void {
    this.#none(LEAD_PROC_STOP);
    this.isAwake = false;
  }

  /**
   * `g` exists from now on and can run. `entry` is a stack of one frame, its
   * name; `creator` the stack of the goroutine that runs now.
   */
  goCreate(g: GoId, entry: StackId, creator: StackId): void {
    const length = this.#beginLong(LEAD_GO_CREATE, 0);
    const { bytes } = this.#buffer;
    let { pos } = this.#buffer;
    pos = putUvarint(bytes, pos, g);
    pos = putUvarint(bytes, pos, entry);
    pos = putUvarint(bytes, pos, creator);
    this.#endLong(length, pos);
  }

  /** `g` runs from now on. Nothing else may be running. */
  goStart(g: GoId): void {
    this.#one(LEAD_GO_START, g);
    this.running = g;
    this.runs?.note(this.#buffer.lastTicks, g);
  }

  /** The running goroutine is done. */
  goEnd(): void {
    this.#none(LEAD_GO_END);
    this.#stopped();
  }

  /** The running goroutine stays runnable but lets others go first. */
  goSched(stack: StackId): void {
    this.#one(LEAD_GO_SCHED, stack);
    this.#stopped();
  }

  /** The running goroutine stays runnable but another takes over. */
  goPreempt(stack: StackId): void {
    this.#one(LEAD_GO_PREEMPT, stack);
    this.#stopped();
  }

  /** The running goroutine waits, for `reason`. */
  goBlock(reason: Reason, stack: StackId): void {
    this.#one(BLOCK_LEADS[reason], stack);
    this.#stopped();
  }

  /** `g` waits no longer; `stack` is that of what woke it, never absent. */
  goUnblock(g: GoId, stack: StackId): void {
    this.#two(LEAD_GO_UNBLOCK, g, stack);
  }

  /** The running goroutine calls what may block its thread. */
  goSysCall(stack: StackId): void {
    this.#one(LEAD_GO_SYS_CALL, stack);
  }

  /** That call blocks. ProcStop comes next. */
  goSysBlock(): void {
    this.#none(LEAD_GO_SYS_BLOCK);
    // What is sampled in the call is still its goroutine's.
    this.running = NO_GO;
  }

  /**
   * The call of `g` is over, and `g` can run. `seq` is how often it was created,
   * started and woken up to now.
   */
  goSysExit(g: GoId, seq: number): void {
    const length = this.#beginLong(LEAD_GO_SYS_EXIT, 0);
    const { bytes } = this.#buffer;
    let { pos } = this.#buffer;
    pos = putUvarint(bytes, pos, g);
    pos = putUvarint(bytes, pos, seq);
    // When it really ended: now.
    pos = putUvarint(bytes, pos, 0);
    this.#endLong(length, pos);
  }

  /** A user task begins in the running goroutine. */
  userTaskCreate(
    task: UserTaskId,
    parent: UserTaskId,
    name: StringId,
    stack: StackId,
  ): void {
    const length = this.#beginLong(LEAD_TASK_CREATE, 0);
    const { bytes } = this.#buffer;
    let { pos } = this.#buffer;
    pos = putUvarint(bytes, pos, task);
    pos = putUvarint(bytes, pos, parent);
    pos = putUvarint(bytes, pos, name);
    pos = putUvarint(bytes, pos, stack);
    this.#endLong(length, pos);
  }

  /** A region begins in the running goroutine, or ends there. */
  userRegion(
    task: UserTaskId,
    isEnd: boolean,
    name: StringId,
    stack: StackId,
  ): void {
    const length = this.#beginLong(LEAD_REGION, 0);
    const { bytes } = this.#buffer;
    let { pos } = this.#buffer;
    pos = putUvarint(bytes, pos, task);
    pos = putUvarint(bytes, pos, isEnd ? 1 : 0);
    pos = putUvarint(bytes, pos, name);
    pos = putUvarint(bytes, pos, stack);
    this.#endLong(length, pos);
  }

  /** A user task is complete. */
  userTaskEnd(task: UserTaskId, stack: StackId): void {
    this.#two(LEAD_TASK_END, task, stack);
  }

  /**
   * A message of `task`, or of none, under a category. The text follows the
   * event, outside its length: byte length, UTF-8 bytes.
   */
  userLog(
    task: UserTaskId,
    category: StringId,
    stack: StackId,
    message: string,
  ): void {
    const text = isAscii(message) ? undefined : utf8.encode(message);
    const size = text === undefined ? message.length : text.length;
    const length = this.#beginLong(LEAD_LOG, MAX_UVARINT_BYTES + size);
    const buffer = this.#buffer;
    const { bytes } = buffer;
    let { pos } = buffer;
    pos = putUvarint(bytes, pos, task);
    pos = putUvarint(bytes, pos, category);
    pos = putUvarint(bytes, pos, stack);
    this.#endLong(length, pos);
    pos = putUvarint(bytes, pos, size);
    buffer.pos = pos + size;
    if (text !== undefined) bytes.set(text, pos);
    else {
      for (let i = 0; i < size; i++) bytes[pos + i] = message.charCodeAt(i);
    }
  }

  /**
   * A garbage collection begins; `seq` counts them from 0 on, in each trace.
   * None may be under way.
   */
  gcStart(seq: number, stack: StackId): void {
    this.#two(LEAD_GC_START, seq, stack);
  }

  /** The garbage collection is over. */
  gcDone(): void {
    this.#none(LEAD_GC_DONE);
  }

  /** Bytes of heap in use. */
  heapAlloc(bytes: number): void {
    this.#one(LEAD_HEAP_ALLOC, bytes);
  }

  /** Bytes that the heap may grow to; 0 for no goal. */
  heapGoal(bytes: number): void {
    this.#one(LEAD_HEAP_GOAL, bytes);
  }

  /**
   * What `proc` was at, and `g` on it, at `ticks`, which may be long ago. `g`
   * must have been created before then.
   */
  cpuSample(ticks: number, proc: ProcId, g: GoId, stack: StackId): void {
    const length = this.#beginLong(LEAD_CPU_SAMPLE, 0);
    const { bytes } = this.#buffer;
    let { pos } = this.#buffer;
    pos = putUvarint(bytes, pos, ticks);
    pos = putUvarint(bytes, pos, proc);
    pos = putUvarint(bytes, pos, g);
    pos = putUvarint(bytes, pos, stack);
    this.#endLong(length, pos);
  }

  #stopped(): void {
    this.running = NO_GO;
    this.runs?.note(this.#buffer.lastTicks, NO_GO);
  }

  /**
   * Begins an event of three values or more, with room for it and for `more`
   * bytes after it.
   *
   * @returns where its length is, for `endLong`
   */
  #beginLong(lead: number, more: number): number {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES + more);
    const delta = buffer.takeDelta();
    const { bytes } = buffer;
    const length = buffer.pos + 1;
    bytes[buffer.pos] = lead;
    buffer.pos = putUvarint(bytes, length + 1, delta);
    return length;
  }

  /** Ends an event before `pos`: always shorter than its length byte can say. */
  #endLong(length: number, pos: number): void {
    this.#buffer.bytes[length] = pos - length - 1;
    this.#buffer.pos = pos;
    this.events++;
  }

  #none(lead: number): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.takeDelta();
    const { bytes } = buffer;
    bytes[buffer.pos] = lead;
    buffer.pos = putUvarint(bytes, buffer.pos + 1, delta);
    this.events++;
  }

  #one(lead: number, value: number): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.takeDelta();
    const { bytes } = buffer;
    bytes[buffer.pos] = lead;
    const pos = putUvarint(bytes, buffer.pos + 1, delta);
    buffer.pos = putUvarint(bytes, pos, value);
    this.events++;
  }

  #two(lead: number, first: number, second: number): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.takeDelta();
    const { bytes } = buffer;
    bytes[buffer.pos] = lead;
    let pos = putUvarint(bytes, buffer.pos + 1, delta);
    pos = putUvarint(bytes, pos, first);
    buffer.pos = putUvarint(bytes, pos, second);
    this.events++;
  }
}
