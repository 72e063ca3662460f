/** A trace that was read: ordered, validated events and the tables they refer to. */

import { EventCursor } from "./event_cursor.ts";
import type { EventColumns } from "./event_columns.ts";
import type { HeaderVersion } from "./header.ts";
import type { IdTable } from "./id_table.ts";
import type { StackId, StringId } from "./ids.ts";
import { findPageDefects, type PageDefect } from "./page_rules.ts";
import type { Frame, ReadStacks, ReadStrings } from "./read_tables.ts";
import type { RecordNotes, RecordReader } from "./record_reader.ts";
import type { WideValues } from "./wide_values.ts";

/** What is missing of a trace that ends inside a record. */
export interface TraceCut {
  /** Offset of the record that is not whole. */
  readonly cutAt: number;
  /**
   * Events that wait for one behind the cut: they are where their time puts
   * them, and states of goroutines may be wrong from the first of them on.
   */
  readonly unordered: number;
  /** False if the clock rate was behind the cut: times are then in ticks. */
  readonly hasClock: boolean;
}

/** Made by `readTrace` and `parseTrace`. */
export class Trace {
  /** The N of the header `go 1.N trace`. */
  readonly version: HeaderVersion;
  /** One row an event, in order of time. */
  readonly events: EventColumns;
  /** Texts by string id. */
  readonly strings: ReadStrings;
  /** Frames by stack id. */
  readonly stacks: ReadStacks;
  /** Texts of UserLog events. */
  readonly messages: ReadStrings;
  /** Goroutine ids by dense index. */
  readonly goroutines: IdTable;
  /** Processor ids by dense index. */
  readonly procs: IdTable;
  /** Values that do not fit into a `number`. */
  readonly wides: WideValues;
  /** Set if the file ends inside a record. */
  readonly cut: TraceCut | undefined;
  /** Ticks a second; 0 if the record was lost with the end of the file. */
  readonly frequency: number;
  /** What only the bytes show. */
  readonly notes: RecordNotes;
  #defects: readonly PageDefect[] | undefined;

  constructor(records: RecordReader, cut: TraceCut | undefined) {
    this.version = records.version;
    this.events = records.events;
    this.strings = records.strings;
    this.stacks = records.stacks;
    this.messages = records.messages;
    this.goroutines = records.goroutines;
    this.procs = records.procs;
    this.wides = records.wides;
    this.frequency = records.frequency;
    this.notes = records.notes;
    this.cut = cut;
  }

  /** Number of events. */
  get length(): number {
    return this.events.length;
  }

  /** Time of the last event in nanoseconds; the first is at 0. */
  get duration(): number {
    return this.length === 0 ? 0 : this.events.time[this.length - 1];
  }

  /** A cursor before the first event. */
  cursor(): EventCursor {
    return new EventCursor(this);
  }

  /** The frames of a stack, leaf first; empty for none and for an unknown one. */
  frames(stack: StackId): readonly Frame[] {
    return this.stacks.framesOf(stack);
  }

  /** The text of a string id; empty for none and for an unknown one. */
  text(id: StringId): string {
    return this.strings.textOf(id);
  }

  /**
   * What Go's parsers take but Go's pages and later tools do not (spec,
   * sections 13 and 14). Found by one pass at first use.
   */
  get warnings(): readonly PageDefect[] {
    return this.#defects ??= findPageDefects(this);
  }
}
