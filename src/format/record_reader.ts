/**
 * Bytes to records: events into columns, strings and stacks into their tables.
 * Bytes come in pieces of any size; nothing but an unfinished record is kept.
 *
 *   1. the header names the version, and with it the types and their counts
 *   2. each record is decoded and checked on its own
 *   3. its processor, goroutine and ticks are filled in from its batch
 *   4. the row goes to the list of its processor, a CPU sample to the list of samples
 *
 * As in Go 1.19, an error in the encoding of any record comes before an error
 * in what the records say.
 */

import { TraceFormatError } from "./errors.ts";
import {
  EVENT_SPECS,
  EventType,
  type EventTypeNumber,
  leadByte,
} from "./event_catalogue.ts";
import { ARGUMENT_KINDS, ENDS_SLICE, EventColumns } from "./event_columns.ts";
import { decodeHeader, type HeaderVersion } from "./header.ts";
import { IdTable } from "./id_table.ts";
import {
  HEADER_BYTES,
  MAX_READ_STACK_FRAMES,
  MAX_RECORD_BYTES,
  MAX_STRING_BYTES,
  MAX_UVARINT_BYTES,
} from "./limits.ts";
import { ReadStacks, ReadStrings } from "./read_tables.ts";
import { TOO_LONG, UvarintReader } from "./varint.ts";
import { WideValues } from "./wide_values.ts";

/**
 * Processors that Go's readers invent to show some events on rows of their
 * own. They have the dense indices 1 to 5, in this order.
 */
export const FAKE_PROCS = {
  timer: 1_000_001,
  network: 1_000_002,
  syscall: 1_000_003,
  gc: 1_000_004,
  sample: 1_000_005,
} as const;

/** Their dense indices. */
/** Dense indices of {@linkcode FAKE_PROCS}. */
export const TIMER_PROC = 1;
export const NETWORK_PROC = 2;
export const SYSCALL_PROC = 3;
export const GC_PROC = 4;
export const SAMPLE_PROC = 5;

/** Bytes that decoding may look at beyond the record it has decided to read. */
const SLACK = 64;
/** More than any record but long strings, logs and stacks. */
const SHORT_BYTES = 1024;
/** A row's offset is kept in 32 bits. */
const MAX_FILE_BYTES = 2 ** 32;
const INT64_WRAP = 2n ** 63n;
const MAX_VALUES = 2 + 4 * MAX_READ_STACK_FRAMES;
const MIN_CAPACITY = 1024;
/** Go's own traces have 3.3 bytes an event and more; room unused is not backed by memory. */
const BYTES_PER_EVENT = 3;

/** What `#record` gives for a record that needs bytes that are not there yet. */
const INCOMPLETE = -1;

/** How the hot loop treats a lead byte; 0 goes the general way. */
const GENERAL = 0;
const PARK = 1;
const PARK_STACKLESS = 2;
const START_LOCAL = 3;
const UNBLOCK_LOCAL = 4;

const ROUTES: Uint8Array = new Uint8Array(256);
for (const { type, args, stack } of EVENT_SPECS) {
  if (ENDS_SLICE[type] && args.length === 0) {
    ROUTES[leadByte(type)] = stack ? PARK : PARK_STACKLESS;
  }
}
ROUTES[leadByte(EventType.GoStartLocal)] = START_LOCAL;
ROUTES[leadByte(EventType.GoUnblockLocal)] = UNBLOCK_LOCAL;

/** Rows of one processor: file-order ranges, first row and the row after the last. */
export interface ProcList {
  /** Dense index of the processor. */
  readonly proc: number;
  readonly ranges: number[];
  /** Goroutine that runs at the end of what was read. */
  go: number;
}

/** Defects that no reader of Go 1.19 refuses but later ones do, as seen in the bytes. */
export interface RecordNotes {
  /** Offset of the first record if it is no Batch. */
  notBatchFirst: number | undefined;
  /** Offset of the first record with a body of more than 2048 bytes. */
  longRecord: number | undefined;
  hasFutileWakeups: boolean;
  /** Frequency records seen. */
  frequencyCount: number;
}

/** Reads the records of one trace: `push` pieces, then `finish`. */
export class RecordReader {
  readonly strings: ReadStrings = new ReadStrings();
  readonly wides: WideValues = new WideValues();
  readonly stacks: ReadStacks = new ReadStacks(this.strings, this.wides);
  readonly messages: ReadStrings = new ReadStrings();
  readonly goroutines: IdTable = new IdTable();
  readonly procs: IdTable = new IdTable();
  readonly events: EventColumns;
  /** Lists of the processors that have events, in order of first sight. */
  readonly lists: ProcList[] = [];
  /** Rows of CPU samples in file order. */
  readonly samples: number[] = [];
  /** Goroutines that TimerGoroutine records name, by index. */
  readonly timerGoroutines: Set<number> = new Set();
  readonly notes: RecordNotes = {
    notBatchFirst: undefined,
    longRecord: undefined,
    hasFutileWakeups: false,
    frequencyCount: 0,
  };
  /** Ticks a second; 0 as long as no Frequency came. */
  frequency: number = 0;
  /**
   * Ticks are kept relative to this, so that a late clock loses no digits.
   * N.B. Times more than 2^53 ticks (years) apart are rounded.
   */
  baseTicks: bigint = 0n;
  /** Where a cut record begins, after `finish`. */
  cutAt: number | undefined;

  #version: HeaderVersion | undefined;
  /** Values of a record by type, time delta and stack included; -1 unknown. */
  #valueCounts: Int8Array = new Int8Array(64).fill(-1);
  #input: UvarintReader = new UvarintReader();
  #values: Float64Array = new Float64Array(MAX_VALUES);
  #rest: Uint8Array = new Uint8Array(0);
  /** File offset of the bytes that are decoded; between pieces, of `#rest`. */
  #offset: number = 0;
  #list: ProcList;
  #listByProc: (ProcList | undefined)[] = [];
  #ticks: number = 0;
  #messageCount: number = 0;
  #batches: number = 0;
  /** First error in what a record says; thrown when all could be decoded. */
  #saidWrong: TraceFormatError | undefined;

  /** @param bytesExpected Size of the file if known, else 0; decides the first room. */
  constructor(bytesExpected: number = 0) {
    const capacity = Math.ceil(bytesExpected / BYTES_PER_EVENT);
    this.events = new EventColumns(Math.max(MIN_CAPACITY, capacity));
    for (const id of Object.values(FAKE_PROCS)) this.procs.put(id);
    this.#list = this.#listOf(0);
  }

  /** @throws {Error} Before the header was read. */
  get version(): HeaderVersion {
    if (this.#version === undefined) {
      throw new Error("Internal error: no header was read");
    }
    return this.#version;
  }

  /**
   * Takes the next bytes of the file. `bytes` may be used again afterwards.
   *
   * @throws {TraceFormatError} When a record cannot be decoded.
   */
  push(bytes: Uint8Array): void {
    let pos = 0;
    if (this.#version === undefined) {
      const missing = HEADER_BYTES - this.#rest.length;
      this.#rest = joined(this.#rest, bytes.subarray(0, missing));
      if (this.#rest.length < HEADER_BYTES) return;
      this.#begin(this.#rest);
      pos = missing;
      this.#offset = HEADER_BYTES - missing;
    } else if (this.#rest.length > 0) {
      pos = this.#scanRest(bytes);
      if (pos === INCOMPLETE) return;
    }
    const end = bytes.length - SLACK;
    pos = this.#scan(bytes, pos, end, end);
    this.#rest = bytes.slice(pos);
    this.#offset += pos;
  }

  /**
   * Decodes the records that begin in what is left of the last piece, and
   * returns where in `bytes` the next one begins, or {@linkcode INCOMPLETE} if
   * one does not end there; it is then all kept.
   */
  #scanRest(bytes: Uint8Array): number {
    // Most records are short: a little of the new piece is enough to end them.
    for (const size of [Math.min(SHORT_BYTES, bytes.length), bytes.length]) {
      const rest = this.#rest.length;
      const both = joined(this.#rest, bytes.subarray(0, size));
      const limit = both.length - SLACK;
      const pos = this.#scan(both, 0, Math.min(rest, limit), limit);
      if (pos >= rest) {
        this.#offset += rest;
        return pos - rest;
      }
      this.#rest = this.#rest.subarray(pos);
      this.#offset += pos;
    }
    this.#rest = joined(this.#rest, bytes);
    return INCOMPLETE;
  }

  /**
   * Reads what is left. `cutAt` tells afterwards whether the last record is
   * whole.
   *
   * @throws {TraceFormatError} When a record cannot be decoded, or one says
   * what it must not.
   */
  finish(): void {
    const size = this.#rest.length;
    if (this.#version === undefined) this.#begin(this.#rest);
    // Zero bytes behind the end let decoding run over it; it is noticed after.
    const padded = joined(this.#rest, new Uint8Array(2 * SLACK));
    const pos = this.#scan(padded, 0, size, size);
    if (pos < size) this.cutAt = this.#offset + pos;
    this.#rest = new Uint8Array(0);
    if (this.#saidWrong !== undefined) throw this.#saidWrong;
    this.#dropEmptyLists();
    // Starts will get the stacks that creations name.
    this.events.reserveStacks(this.stacks.ids.length);
  }

  /** Ticks of an absolute value, relative to `baseTicks`. */
  relativeTicks(value: number): number {
    if (value >= 0 && this.baseTicks === 0n) return value;
    const ticks = BigInt.asIntN(64, this.wides.toBigInt(value));
    return Number(ticks - this.baseTicks);
  }

  #begin(bytes: Uint8Array): void {
    const version = decodeHeader(bytes);
    this.#version = version;
    for (const { type, args, stack, timed, since, added } of EVENT_SPECS) {
      if (version < since) continue;
      const missing = added !== undefined && version < added.since
        ? added.count
        : 0;
      this.#valueCounts[type] = args.length - missing + (stack ? 1 : 0) +
        (timed ? 1 : 0);
    }
  }

  /**
   * Decodes records that begin before `safe` and end by `limit`, and returns
   * where the first one not decoded begins. `SLACK` bytes behind `limit` are
   * readable.
   */
  #scan(bytes: Uint8Array, start: number, safe: number, limit: number): number {
    this.#input.bytes = bytes;
    if (this.#offset + bytes.length > MAX_FILE_BYTES) {
      throw this.#error("record", 0, "the file is larger than 4 GiB");
    }
    let pos = start;
    if (this.#offset + pos === HEADER_BYTES && pos < safe) {
      if ((bytes[pos] & 0x3f) !== EventType.Batch) {
        this.notes.notBatchFirst = HEADER_BYTES;
      }
    }
    while (pos < safe) {
      pos = this.#scanCommon(bytes, pos, safe, limit);
      if (pos >= safe) return pos;
      const next = this.#record(bytes, pos, limit);
      if (next === INCOMPLETE) return pos;
      pos = next;
    }
    return pos;
  }

  /**
   * Decodes records of the common types, up to the first of another type or
   * form, and returns where that begins. Most of a trace passes here, so the
   * columns and the state of the batch are held in local variables.
   */
  #scanCommon(
    bytes: Uint8Array,
    start: number,
    safe: number,
    limit: number,
  ): number {
    const { events, goroutines } = this;
    const { time, type: types, proc, go, stack, arg, offset } = events;
    const { capacity, stackLimit } = events;
    const stackIds = this.stacks.ids;
    const valueCounts = this.#valueCounts;
    const input = this.#input;
    const list = this.#list;
    const base = this.#offset;
    let row = events.length;
    let ticks = this.#ticks;
    let current = list.go;
    let pos = start;
    while (pos < safe && row < capacity) {
      const route = ROUTES[bytes[pos]];
      if (route === GENERAL) break;
      const type = bytes[pos] & 0x3f;
      let value = bytes[pos + 1];
      if (value < 0x80) input.pos = pos + 2;
      else {
        input.pos = pos + 1;
        value = input.next();
      }
      const now = ticks + value;
      // What is rare here is left to the general way.
      if (value < 0 || now > Number.MAX_SAFE_INTEGER) break;
      let own = current;
      let after = 0;
      let target = 0;
      let stackIndex = 0;
      if (route === START_LOCAL) {
        value = input.next();
        if (value < 0 || input.pos > limit) break;
        own = after = target = goroutines.put(value);
      } else {
        let woken = 0;
        if (route === UNBLOCK_LOCAL) {
          woken = input.next();
          if (woken < 0) break;
          after = current;
        }
        if (route !== PARK_STACKLESS) {
          value = input.next();
          if (value < 0) break;
          if (value !== 0) stackIndex = stackIds.put(value);
          if (stackIndex >= stackLimit) break;
        }
        if (input.pos > limit) break;
        if (route === UNBLOCK_LOCAL) target = goroutines.put(woken);
      }
      if (valueCounts[type] < 0) break;
      ticks = now;
      current = after;
      time[row] = now;
      types[row] = type;
      proc[row] = list.proc;
      go[row] = own;
      stack[row] = stackIndex;
      arg[row] = target;
      offset[row] = base + pos;
      row++;
      pos = input.pos;
    }
    events.length = row;
    this.#ticks = ticks;
    list.go = current;
    return pos;
  }

  /** Decodes any record at `pos` and returns the position after it, or {@linkcode INCOMPLETE}. */
  #record(bytes: Uint8Array, pos: number, limit: number): number {
    const type = bytes[pos] & 0x3f;
    const form = bytes[pos] >> 6;
    const want = this.#valueCounts[type];
    if (want < 0 && type !== EventType.String) {
      throw this.#unknownType(type, pos);
    }
    if (type === EventType.String) return this.#string(bytes, pos, limit);
    const input = this.#input;
    const values = this.#values;
    let count = 0;
    input.pos = pos + 1;
    if (form < 3) {
      while (count <= form) values[count++] = this.#value(pos);
    } else {
      const length = this.#value(pos);
      const body = input.pos;
      // Longer than all values at their longest: it cannot come out right.
      const most = MAX_UVARINT_BYTES *
        (type === EventType.Stack ? MAX_VALUES : want);
      if (length < 0 || length > most) {
        if (body > limit) return INCOMPLETE;
        throw this.#wrongCount(type, pos, `${this.wides.toText(length)} bytes`);
      }
      if (body + length > limit) return INCOMPLETE;
      if (length > MAX_RECORD_BYTES) {
        this.notes.longRecord ??= this.#offset + pos;
      }
      while (input.pos < body + length) {
        const value = this.#value(pos);
        if (count < MAX_VALUES) values[count] = value;
        count++;
      }
      if (input.pos !== body + length) {
        throw this.#error("record", pos, "event has wrong length", {
          found: `${input.pos - body} bytes`,
          wanted: `${length}`,
        });
      }
    }
    if (input.pos > limit) return INCOMPLETE;
    let message: Uint8Array | undefined;
    if (type === EventType.UserLog) {
      message = this.#text(bytes, pos, limit);
      if (message === undefined) return INCOMPLETE;
    }
    const end = input.pos;
    if (this.#saidWrong !== undefined) return end;
    if (type !== EventType.Stack && count !== want) {
      this.#saidWrong = this.#wrongCount(type, pos, `${count}`);
      return end;
    }
    this.#take(type as EventTypeNumber, count, pos, message);
    return end;
  }

  /** Acts on a decoded record whose `count` values are in `#values`. */
  #take(
    type: EventTypeNumber,
    count: number,
    pos: number,
    message: Uint8Array | undefined,
  ): void {
    const values = this.#values;
    switch (type) {
      case EventType.Batch:
        return this.#batch(values[0], values[1]);
      case EventType.Frequency:
        return this.#setFrequency(values[0], pos);
      case EventType.TimerGoroutine:
        this.timerGoroutines.add(this.goroutines.put(values[0]));
        return;
      case EventType.Stack:
        return this.#stack(count, pos);
      default:
        return this.#event(type, count, pos, message);
    }
  }

  #batch(proc: number, ticks: number): void {
    // Go's table of lists is keyed by the processor as a signed number; so is this.
    const index = this.procs.put(proc);
    if (this.#batches++ === 0 && (ticks < 0 || ticks > 2 ** 52)) {
      this.baseTicks = BigInt.asIntN(64, this.wides.toBigInt(ticks));
    }
    this.#list = this.#listOf(index);
    this.#ticks = this.relativeTicks(ticks);
  }

  #setFrequency(value: number, pos: number): void {
    this.notes.frequencyCount++;
    const ticks = this.wides.toBigInt(value);
    if (ticks === 0n || ticks >= INT64_WRAP) {
      this.#saidWrong = this.#error("time", pos, "time stamps out of order", {
        found: `a frequency of ${BigInt.asIntN(64, ticks)}`,
        wanted: "a positive one",
      });
      return;
    }
    this.frequency = Number(ticks);
  }

  #stack(count: number, pos: number): void {
    const values = this.#values;
    const size = count < 2 ? 0 : values[1];
    const tooMany = size < 0 || size > MAX_READ_STACK_FRAMES;
    if (count < 2 || tooMany || count !== 2 + 4 * size) {
      this.#saidWrong = this.#error(
        "table",
        pos,
        tooMany
          ? "Stack has bad number of frames"
          : "Stack has wrong number of arguments",
        tooMany
          ? {
            found: this.wides.toText(size),
            wanted: `at most ${MAX_READ_STACK_FRAMES}`,
          }
          : {
            found: `${count}`,
            wanted: count < 2 ? "at least 2" : `${2 + 4 * size}`,
          },
      );
      return;
    }
    if (values[0] === 0 || size === 0) return;
    const strings = this.strings.ids;
    this.stacks.begin(this.stacks.ids.put(values[0]), size);
    for (let at = 2; at < count; at += 4) {
      this.stacks.pushFrame(
        values[at],
        strings.put(values[at + 1]),
        strings.put(values[at + 2]),
        values[at + 3],
      );
    }
  }

  #event(
    type: EventTypeNumber,
    count: number,
    pos: number,
    message: Uint8Array | undefined,
  ): void {
    const { events } = this;
    const values = this.#values;
    const spec = EVENT_SPECS[type - 1];
    const kinds = ARGUMENT_KINDS[type];
    let ticks = this.#ticks + values[0];
    if (values[0] < 0 || ticks > Number.MAX_SAFE_INTEGER) {
      ticks = this.#addWide(this.wides.toBigInt(values[0]));
    }
    this.#ticks = ticks;
    const stack = spec.stack ? this.stacks.ids.put(values[count - 1]) : 0;
    if (stack >= events.stackLimit) events.reserveStacks(stack + 1);
    const given = count - 1 - (spec.stack ? 1 : 0);
    const list = this.#list;
    let go = list.go;
    let { proc } = list;
    for (let index = 0; index < kinds.length; index++) {
      const value = index < given ? values[1 + index] : 0;
      values[1 + index] = kinds[index] === "go"
        ? this.goroutines.put(value)
        : kinds[index] === "stack"
        ? this.stacks.ids.put(value)
        : kinds[index] === "string"
        ? this.strings.ids.put(value)
        : value;
    }
    switch (type) {
      case EventType.GoStart:
      case EventType.GoStartLocal:
      case EventType.GoStartLabel:
        go = list.go = values[1];
        break;
      case EventType.STWStart:
        go = 0;
        if (values[1] !== 0 && values[1] !== 1 && !this.#knowsKind(values[1])) {
          this.#saidWrong = this.#error("record", pos, "unknown STW kind", {
            found: this.wides.toText(values[1]),
            wanted: this.version < 21 ? "0 or 1" : "0 to 16",
          });
          return;
        }
        break;
      case EventType.GCStart:
      case EventType.GCDone:
      case EventType.STWDone:
        go = 0;
        break;
      case EventType.GoSysExit:
      case EventType.GoWaiting:
      case EventType.GoInSyscall:
        go = values[1];
        break;
      case EventType.CPUSample:
        ticks = this.relativeTicks(values[1]);
        proc = this.procs.put(values[2]);
        go = values[3];
        values[1] = 0;
        this.samples.push(events.length);
        break;
      case EventType.FutileWakeup:
        this.notes.hasFutileWakeups = true;
        break;
      default:
        if (ENDS_SLICE[type]) list.go = 0;
    }
    const row = events.length;
    if (row === events.capacity) events.reserve(2 * row);
    if (proc !== list.proc) events.reserveProcs(this.procs.length);
    events.time[row] = ticks;
    events.type[row] = type;
    events.proc[row] = proc;
    events.go[row] = go;
    events.stack[row] = stack;
    events.setArguments(row, values);
    if (message !== undefined) {
      this.messages.set(++this.#messageCount, message);
      events.pool.push(this.#messageCount);
    }
    events.offset[row] = this.#offset + pos;
    events.length = row + 1;
  }

  #knowsKind(kind: number): boolean {
    return this.version >= 21 && kind >= 0 && kind <= 16;
  }

  #string(bytes: Uint8Array, pos: number, limit: number): number {
    const input = this.#input;
    input.pos = pos + 1;
    const id = this.#value(pos);
    if (input.pos > limit) return INCOMPLETE;
    if (id === 0) throw this.#error("table", pos, "string has invalid id 0");
    const index = this.strings.ids.put(id);
    if (this.strings.has(index)) {
      throw this.#error("table", pos, "string has duplicate id", {
        found: this.wides.toText(id),
      });
    }
    const text = this.#text(bytes, pos, limit);
    if (text === undefined) return INCOMPLETE;
    if (text.length === 0) {
      throw this.#error("table", pos, "string has invalid length 0");
    }
    this.strings.set(index, text);
    return input.pos;
  }

  /** A length and as many bytes, from the input's position; undefined if they are not all there. */
  #text(bytes: Uint8Array, pos: number, limit: number): Uint8Array | undefined {
    const input = this.#input;
    const length = this.#value(pos);
    if (input.pos > limit) return undefined;
    if (length < 0 || length > MAX_STRING_BYTES) {
      throw this.#error("table", pos, "string has too large length", {
        found: this.wides.toText(length),
        wanted: `at most ${MAX_STRING_BYTES}`,
      });
    }
    if (input.pos + length > limit) return undefined;
    const text = bytes.subarray(input.pos, input.pos + length);
    input.pos += length;
    return text;
  }

  /** The next value of the record at `pos`; large ones as their names. */
  #value(pos: number): number {
    const value = this.#input.next();
    return value < 0 ? this.#wideValue(value, pos) : value;
  }

  #wideValue(value: number, pos: number): number {
    if (value === TOO_LONG) {
      throw this.#error("record", pos, "bad value", {
        found: `a varint of more than ${MAX_UVARINT_BYTES} bytes`,
      });
    }
    return this.wides.put(this.#input.wide);
  }

  /** `#ticks + delta` in 64 bits that wrap, as Go adds. */
  #addWide(delta: bigint): number {
    const ticks = this.baseTicks + BigInt(this.#ticks) + delta;
    return Number(BigInt.asIntN(64, ticks) - this.baseTicks);
  }

  /** The list of a processor. Rows written from now on are its. */
  #listOf(proc: number): ProcList {
    const row = this.events.length;
    const before: ProcList | undefined = this.#list;
    if (before !== undefined) endRange(before, row);
    let list = this.#listByProc[proc];
    if (list === undefined) {
      list = { proc, ranges: [], go: 0 };
      this.#listByProc[proc] = list;
      this.lists.push(list);
      this.events.reserveProcs(this.procs.length);
    }
    const { ranges } = list;
    if (ranges.length > 0 && ranges[ranges.length - 1] === row) ranges.pop();
    else ranges.push(row);
    return list;
  }

  #dropEmptyLists(): void {
    endRange(this.#list, this.events.length);
    const full = this.lists.filter(({ ranges }) => ranges.length > 0);
    this.lists.splice(0, this.lists.length, ...full);
  }

  #unknownType(type: number, pos: number): TraceFormatError {
    return this.#error("record", pos, "unknown event type", {
      found: `${type} under header 1.${this.version}`,
    });
  }

  #wrongCount(type: number, pos: number, found: string): TraceFormatError {
    const { name } = EVENT_SPECS[type - 1];
    return this.#error("record", pos, `${name} has wrong number of arguments`, {
      found,
      wanted: `${this.#valueCounts[type]}`,
    });
  }

  #error(
    kind: "record" | "table" | "time",
    pos: number,
    rule: string,
    details: { found?: string; wanted?: string } = {},
  ): TraceFormatError {
    return new TraceFormatError("read a record", {
      kind,
      rule,
      offset: this.#offset + pos,
      ...details,
    });
  }
}

/** Closes the open range of a list at `row`, or takes it back if it is empty. */
function endRange(list: ProcList, row: number): void {
  const { ranges } = list;
  if (ranges.length % 2 === 0) return;
  if (ranges[ranges.length - 1] === row) ranges.pop();
  else ranges.push(row);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
