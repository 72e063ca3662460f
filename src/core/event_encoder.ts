/**
 * One method per event that the recorder writes: numbers in, bytes out.
 *
 * Every method takes the time first, in ticks. Only the forms that name no
 * sequence number are used (GoStartLocal, GoUnblockLocal): a goroutine never
 * changes its processor.
 */

import { EventType, leadByte } from "../format/event_catalogue.ts";
import {
  type GoId,
  NO_GO,
  type StackId,
  type StringId,
  type UserTaskId,
} from "../format/ids.ts";
import { MAX_EVENT_BYTES, MAX_UVARINT_BYTES } from "../format/limits.ts";
import { putUvarint } from "../format/varint.ts";
import type { BatchBuffer } from "./batch_buffer.ts";
import { TICKS_PER_SECOND } from "./clock.ts";
import { BLOCK_LEADS, type Reason } from "./reason.ts";

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
const LEAD_TASK_CREATE = leadByte(EventType.UserTaskCreate);
const LEAD_TASK_END = leadByte(EventType.UserTaskEnd);
const LEAD_LOG = leadByte(EventType.UserLog);

const utf8 = new TextEncoder();

/** Writes events into one processor's batches; see the head of this file. */
export class EventEncoder {
  /** How many events were written. */
  events = 0;
  /** The goroutine that runs, according to what was written. */
  running: GoId = NO_GO;
  /** True if the processor runs, according to what was written. */
  isAwake = false;

  readonly #buffer: BatchBuffer;

  constructor(buffer: BatchBuffer) {
    this.#buffer = buffer;
  }

  /** Tick of the last event. */
  get lastTicks(): number {
    return this.#buffer.lastTicks;
  }

  /** How long a tick is. Written once, right after the first Batch. */
  frequency(): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    buffer.bytes[buffer.pos++] = LEAD_FREQUENCY;
    buffer.pos = putUvarint(buffer.bytes, buffer.pos, TICKS_PER_SECOND);
  }

  /** How many processors there are from now on. */
  gomaxprocs(ticks: number, procs: number): void {
    this.#two(LEAD_GOMAXPROCS, ticks, procs, 0);
  }

  /** The loop woke up, on `thread`. */
  procStart(ticks: number, thread: number): void {
    this.#one(LEAD_PROC_START, ticks, thread);
    this.isAwake = true;
  }

  /** The loop waits for work. No goroutine may be running. */
  procStop(ticks: number): void {
    this.#none(LEAD_PROC_STOP, ticks);
    this.isAwake = false;
  }

  /**
   * `g` exists from now on and can run. `entry` is a stack of one frame, its
   * name; `creator` the stack of the goroutine that runs now.
   */
  goCreate(ticks: number, g: GoId, entry: StackId, creator: StackId): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.advance(ticks);
    const { bytes } = buffer;
    let pos = buffer.pos;
    bytes[pos++] = LEAD_GO_CREATE;
    const length = pos++;
    pos = putUvarint(bytes, pos, delta);
    pos = putUvarint(bytes, pos, g);
    pos = putUvarint(bytes, pos, entry);
    pos = putUvarint(bytes, pos, creator);
    bytes[length] = pos - length - 1;
    buffer.pos = pos;
    this.events++;
  }

  /** `g` runs from now on. Nothing else may be running. */
  goStart(ticks: number, g: GoId): void {
    this.#one(LEAD_GO_START, ticks, g);
    this.running = g;
  }

  /** The running goroutine is done. */
  goEnd(ticks: number): void {
    this.#none(LEAD_GO_END, ticks);
    this.running = NO_GO;
  }

  /** The running goroutine stays runnable but lets others go first. */
  goSched(ticks: number, stack: StackId): void {
    this.#one(LEAD_GO_SCHED, ticks, stack);
    this.running = NO_GO;
  }

  /** The running goroutine stays runnable but another takes over. */
  goPreempt(ticks: number, stack: StackId): void {
    this.#one(LEAD_GO_PREEMPT, ticks, stack);
    this.running = NO_GO;
  }

  /** The running goroutine waits, for `reason`. */
  goBlock(ticks: number, reason: Reason, stack: StackId): void {
    this.#one(BLOCK_LEADS[reason], ticks, stack);
    this.running = NO_GO;
  }

  /** `g` waits no longer; `stack` is that of what woke it, never absent. */
  goUnblock(ticks: number, g: GoId, stack: StackId): void {
    this.#two(LEAD_GO_UNBLOCK, ticks, g, stack);
  }

  /** A user task begins in the running goroutine. */
  userTaskCreate(
    ticks: number,
    task: UserTaskId,
    parent: UserTaskId,
    name: StringId,
    stack: StackId,
  ): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.advance(ticks);
    const { bytes } = buffer;
    let pos = buffer.pos;
    bytes[pos++] = LEAD_TASK_CREATE;
    const length = pos++;
    pos = putUvarint(bytes, pos, delta);
    pos = putUvarint(bytes, pos, task);
    pos = putUvarint(bytes, pos, parent);
    pos = putUvarint(bytes, pos, name);
    pos = putUvarint(bytes, pos, stack);
    bytes[length] = pos - length - 1;
    buffer.pos = pos;
    this.events++;
  }

  /** A user task is complete. */
  userTaskEnd(ticks: number, task: UserTaskId, stack: StackId): void {
    this.#two(LEAD_TASK_END, ticks, task, stack);
  }

  /**
   * A message of `task`, or of none, under a category. The text follows the
   * event, outside its length: byte length, UTF-8 bytes.
   */
  userLog(
    ticks: number,
    task: UserTaskId,
    category: StringId,
    stack: StackId,
    message: string,
  ): void {
    const text = utf8.encode(message);
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES + MAX_UVARINT_BYTES + text.length);
    const delta = buffer.advance(ticks);
    const { bytes } = buffer;
    let pos = buffer.pos;
    bytes[pos++] = LEAD_LOG;
    const length = pos++;
    pos = putUvarint(bytes, pos, delta);
    pos = putUvarint(bytes, pos, task);
    pos = putUvarint(bytes, pos, category);
    pos = putUvarint(bytes, pos, stack);
    bytes[length] = pos - length - 1;
    pos = putUvarint(bytes, pos, text.length);
    bytes.set(text, pos);
    buffer.pos = pos + text.length;
    this.events++;
  }

  #none(lead: number, ticks: number): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.advance(ticks);
    const { bytes } = buffer;
    bytes[buffer.pos] = lead;
    buffer.pos = putUvarint(bytes, buffer.pos + 1, delta);
    this.events++;
  }

  #one(lead: number, ticks: number, value: number): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.advance(ticks);
    const { bytes } = buffer;
    bytes[buffer.pos] = lead;
    const pos = putUvarint(bytes, buffer.pos + 1, delta);
    buffer.pos = putUvarint(bytes, pos, value);
    this.events++;
  }

  #two(lead: number, ticks: number, first: number, second: number): void {
    const buffer = this.#buffer;
    buffer.ensure(MAX_EVENT_BYTES);
    const delta = buffer.advance(ticks);
    const { bytes } = buffer;
    bytes[buffer.pos] = lead;
    let pos = putUvarint(bytes, buffer.pos + 1, delta);
    pos = putUvarint(bytes, pos, first);
    buffer.pos = putUvarint(bytes, pos, second);
    this.events++;
  }
}
