/** A readable face for one event at a time. */

import {
  EVENT_SPECS,
  type EventName,
  type EventTypeNumber,
} from "./event_catalogue.ts";
import {
  ARGUMENT_KINDS,
  type EventColumns,
  SHOWN_TYPE,
} from "./event_columns.ts";
import type { GoId, ProcId, StackId } from "./ids.ts";
import type { Frame } from "./read_tables.ts";
import type { Trace } from "./trace.ts";

/** Number of arguments of the shown type, by written type. */
const SHOWN_COUNT: Uint8Array = Uint8Array.from(
  SHOWN_TYPE,
  (type) => ARGUMENT_KINDS[type].length,
);

/**
 * Walks over the events of a trace; the getters tell about the one it is at.
 * Values beyond 2^53 are given as the nearest `number`.
 *
 * For loops over millions of events read the columns of `Trace.events`.
 */
export class EventCursor {
  /** Row of the event; -1 before the first `next`. */
  row: number = -1;
  readonly #trace: Trace;
  readonly #events: EventColumns;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#events = trace.events;
  }

  /** Goes to the next event; false after the last. */
  next(): boolean {
    return ++this.row < this.#events.length;
  }

  /** Goes to the event of `row`, 0 to `Trace.length - 1`. */
  seek(row: number): void {
    this.row = row;
  }

  /** Nanoseconds since the first event. */
  get time(): number {
    return this.#events.time[this.row];
  }

  /** The type, Local forms shown as ordinary ones. */
  get type(): EventTypeNumber {
    return SHOWN_TYPE[this.#events.type[this.row]] as EventTypeNumber;
  }

  /** Name of `type`, Go's without the `Ev`. */
  get name(): EventName {
    return EVENT_SPECS[this.type - 1].name;
  }

  /** Type as the file has it, Local forms included. */
  get writtenType(): EventTypeNumber {
    return this.#events.type[this.row] as EventTypeNumber;
  }

  /** Processor under which Go shows the event: -1 none, 1000001 to 1000005 its invented ones. */
  get p(): ProcId {
    const { wides, procs } = this.#trace;
    const id = procs.ids[this.#events.proc[this.row]];
    return (id === -1 ? id : wides.toNumber(id)) as ProcId;
  }

  /** Goroutine of the event; 0 none. */
  get g(): GoId {
    return this.#id(
      this.#trace.goroutines.ids,
      this.#events.go[this.row],
    ) as GoId;
  }

  /** Stack of the event; for the first start of a goroutine that of its creation. */
  get stack(): StackId {
    return this.#id(
      this.#trace.stacks.ids.ids,
      this.#events.stack[this.row],
    ) as StackId;
  }

  /** The frames of `stack`, leaf first. */
  get frames(): readonly Frame[] {
    return this.#trace.stacks.frames(this.#events.stack[this.row]);
  }

  /** Byte offset of the record in the file. */
  get offset(): number {
    return this.#events.offset[this.row];
  }

  /** Number of arguments of the type, the stack left out. */
  get argCount(): number {
    return SHOWN_COUNT[this.writtenType];
  }

  /** Argument `index` as the format has it: ids, not indices. 0 where there is none. */
  arg(index: number): number {
    const value = this.#events.argument(this.row, index);
    const kinds = ARGUMENT_KINDS[this.writtenType];
    switch (index < kinds.length ? kinds[index] : "number") {
      case "go":
        return this.#id(this.#trace.goroutines.ids, value);
      case "stack":
        return this.#id(this.#trace.stacks.ids.ids, value);
      case "string":
        return this.#id(this.#trace.strings.ids.ids, value);
      default:
        return this.#trace.wides.toNumber(value);
    }
  }

  /** All arguments, as `arg` gives them. */
  get args(): number[] {
    return Array.from({ length: this.argCount }, (_, index) => this.arg(index));
  }

  /** The text of a string argument: a label, a task, region or category name. */
  get label(): string {
    const index = ARGUMENT_KINDS[this.writtenType].indexOf("string");
    if (index < 0) return "";
    return this.#trace.strings.text(this.#events.argument(this.row, index));
  }

  /** The text of a UserLog; empty for other types. */
  get message(): string {
    const index = this.#events.message(this.row);
    return index === 0 ? "" : this.#trace.messages.text(index);
  }

  #id(ids: readonly number[], index: number): number {
    return this.#trace.wides.toNumber(ids[index]);
  }
}
