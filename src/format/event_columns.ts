/** Events as typed columns, one row an event, and where their arguments are. */

import {
  EVENT_SPECS,
  EventType,
  type EventTypeNumber,
} from "./event_catalogue.ts";
import { Growable } from "./growable.ts";

/** What a value of an event is a number of. */
export type ArgumentKind = "go" | "stack" | "string" | "number";

const TYPE_COUNT = EVENT_SPECS.length + 1;

/** The kinds of the arguments of each type, the own stack left out. */
export const ARGUMENT_KINDS: readonly (readonly ArgumentKind[])[] = [
  [],
  ...EVENT_SPECS.map(({ args }) => args.map(argumentKind)),
];

/** How the arguments of a type are kept: none, one in the `arg` column, or all in the pool. */
const NONE = 0;
const ONE_GO = 1;
const ONE_NUMBER = 2;
const POOLED = 3;

/** One of the above by type number. */
const STORAGE: Uint8Array = Uint8Array.from(ARGUMENT_KINDS, (kinds) => {
  if (kinds.length === 0) return NONE;
  if (kinds.length > 1) return POOLED;
  return kinds[0] === "go" ? ONE_GO : ONE_NUMBER;
});

/** A single number from here on is in the pool, and its place plus this in the column. */
const INLINE_LIMIT = 2 ** 31;

/**
 * The type under which an event is shown. The Local forms matter for ordering
 * only; after it they are ordinary starts, unblocks and exits, as in Go.
 */
export const SHOWN_TYPE: Uint8Array = Uint8Array.from(
  { length: TYPE_COUNT },
  (_, type) => type,
);
SHOWN_TYPE[EventType.GoStartLocal] = EventType.GoStart;
SHOWN_TYPE[EventType.GoUnblockLocal] = EventType.GoUnblock;
SHOWN_TYPE[EventType.GoSysExitLocal] = EventType.GoSysExit;

type ProcColumn = Uint8Array | Uint16Array | Uint32Array;
type StackColumn = Uint16Array | Uint32Array;

/**
 * The events of a trace. Goroutines, processors, stacks and strings are dense
 * indices into the trace's tables; index 0 is "none".
 *
 * Memory: 24 bytes a row with up to 256 processors and 65,536 stacks, and 8 for
 * each value of an event that has more than a goroutine to tell. Rows from `length` on are
 * unused room, which the system does not back with memory before it is
 * written.
 */
export class EventColumns {
  length: number = 0;
  /** Nanoseconds since the first event; ticks until the events are ordered. */
  time: Float64Array;
  /** Type number as written, Local forms included; see {@linkcode SHOWN_TYPE}. */
  type: Uint8Array;
  proc: ProcColumn;
  go: Uint32Array;
  stack: StackColumn;
  /** The only argument, or where in `pool` the arguments begin. */
  arg: Uint32Array;
  /** Byte offset of the record in the file. */
  offset: Uint32Array;
  readonly pool: Growable<Float64Array> = new Growable(Float64Array);

  constructor(capacity: number) {
    this.time = new Float64Array(capacity);
    this.type = new Uint8Array(capacity);
    this.proc = new Uint8Array(capacity);
    this.go = new Uint32Array(capacity);
    this.stack = new Uint16Array(capacity);
    this.arg = new Uint32Array(capacity);
    this.offset = new Uint32Array(capacity);
  }

  get capacity(): number {
    return this.type.length;
  }

  /** Makes room for `capacity` rows; the arrays are new ones afterwards. */
  reserve(capacity: number): void {
    this.time = copied(this.time, new Float64Array(capacity));
    this.type = copied(this.type, new Uint8Array(capacity));
    const Proc = this.proc.constructor as new (size: number) => ProcColumn;
    this.proc = copied(this.proc, new Proc(capacity));
    this.go = copied(this.go, new Uint32Array(capacity));
    const Stack = this.stack.constructor as new (size: number) => StackColumn;
    this.stack = copied(this.stack, new Stack(capacity));
    this.arg = copied(this.arg, new Uint32Array(capacity));
    this.offset = copied(this.offset, new Uint32Array(capacity));
  }

  /** Makes `proc` wide enough for indices below `count`. */
  reserveProcs(count: number): void {
    const bytes = count <= 0x100 ? 1 : count <= 0x1_0000 ? 2 : 4;
    if (bytes <= this.proc.BYTES_PER_ELEMENT) return;
    const wider = bytes === 2
      ? new Uint16Array(this.capacity)
      : new Uint32Array(this.capacity);
    this.proc = copied(this.proc, wider);
  }

  /** Stack indices from here on need a wider column. */
  get stackLimit(): number {
    return this.stack.BYTES_PER_ELEMENT === 2 ? 0x1_0000 : 2 ** 32;
  }

  /** Makes `stack` wide enough for indices below `count`. */
  reserveStacks(count: number): void {
    if (count <= this.stackLimit) return;
    this.stack = copied(this.stack, new Uint32Array(this.capacity));
  }

  /**
   * Argument `index` of a row: for goroutines, stacks and strings the dense
   * index, else the value, 0 where the type has no such argument. Large values
   * are names of `WideValues`.
   */
  argument(row: number, index: number): number {
    const type = this.type[row];
    if (index >= ARGUMENT_KINDS[type].length) return 0;
    const arg = this.arg[row];
    switch (STORAGE[type]) {
      case POOLED:
        return this.pool.array[arg + index];
      case ONE_NUMBER:
        return arg < INLINE_LIMIT ? arg : this.pool.array[arg - INLINE_LIMIT];
      default:
        return arg;
    }
  }

  /**
   * Keeps the arguments of a row whose type is set; they are `values[1]` and
   * after, in the form that `argument` gives.
   */
  setArguments(row: number, values: Float64Array): void {
    const type = this.type[row];
    const value = values[1];
    switch (STORAGE[type]) {
      case NONE:
        this.arg[row] = 0;
        return;
      case ONE_GO:
        this.arg[row] = value;
        return;
      case ONE_NUMBER:
        this.arg[row] = value >= 0 && value < INLINE_LIMIT
          ? value
          : INLINE_LIMIT + this.pool.push(value);
        return;
      default: {
        this.arg[row] = this.pool.length;
        const { length } = ARGUMENT_KINDS[type];
        for (let index = 1; index <= length; index++) {
          this.pool.push(values[index]);
        }
      }
    }
  }

  /** The goroutine that a GoCreate creates or an unblock wakes: its first argument. */
  target(row: number): number {
    return STORAGE[this.type[row]] === ONE_GO
      ? this.arg[row]
      : this.pool.array[this.arg[row]];
  }

  /** Index of the text of a UserLog in the table of messages; 0 for other types. */
  message(row: number): number {
    if (this.type[row] !== EventType.UserLog) return 0;
    return this.pool.array[
      this.arg[row] + ARGUMENT_KINDS[EventType.UserLog].length
    ];
  }

  /** Keeps the rows that `order` names, in that order. */
  rearrange(order: Uint32Array): void {
    const { length } = order;
    this.length = length;
    this.time = gatheredTimes(this.time, order);
    this.type = gatheredBytes(this.type, order);
    this.go = gatheredWords(this.go, order);
    this.arg = gatheredWords(this.arg, order);
    this.offset = gatheredWords(this.offset, order);
    this.proc = gatheredIndices(this.proc, order);
    this.stack = gatheredIndices(this.stack, order);
  }
}

interface Column {
  readonly length: number;
  [index: number]: number;
  set(source: ArrayLike<number>): void;
}

function copied<T extends Column>(from: Column, to: T): T {
  to.set(from);
  return to;
}

// One function for each kind of array: engines compile a loop over arrays of
// one kind to a few instructions, and one over many kinds to many times that.

function gatheredTimes(from: Float64Array, order: Uint32Array): Float64Array {
  const to = new Float64Array(order.length);
  for (let index = 0; index < to.length; index++) {
    to[index] = from[order[index]];
  }
  return to;
}

function gatheredWords(from: Uint32Array, order: Uint32Array): Uint32Array {
  const to = new Uint32Array(order.length);
  for (let index = 0; index < to.length; index++) {
    to[index] = from[order[index]];
  }
  return to;
}

function gatheredHalves(from: Uint16Array, order: Uint32Array): Uint16Array {
  const to = new Uint16Array(order.length);
  for (let index = 0; index < to.length; index++) {
    to[index] = from[order[index]];
  }
  return to;
}

function gatheredBytes(from: Uint8Array, order: Uint32Array): Uint8Array {
  const to = new Uint8Array(order.length);
  for (let index = 0; index < to.length; index++) {
    to[index] = from[order[index]];
  }
  return to;
}

/** For columns that are as wide as their trace needs. */
function gatheredIndices<T extends ProcColumn | StackColumn>(
  from: T,
  order: Uint32Array,
): T {
  if (from instanceof Uint8Array) return gatheredBytes(from, order) as T;
  if (from instanceof Uint16Array) return gatheredHalves(from, order) as T;
  return gatheredWords(from, order) as T;
}

function argumentKind(name: string): ArgumentKind {
  if (name === "g" || name === "newG") return "go";
  if (name.endsWith("Stack")) return "stack";
  return name.endsWith("String") ? "string" : "number";
}

/** True for the types that take the current goroutine off its processor. */
export function endsSlice(type: EventTypeNumber): boolean {
  return ENDS_SLICE[type] === 1;
}

/** {@linkcode endsSlice} as a table, for loops over columns. */
export const ENDS_SLICE: Uint8Array = new Uint8Array(TYPE_COUNT);
for (
  const type of [
    EventType.GoEnd,
    EventType.GoStop,
    EventType.GoSched,
    EventType.GoPreempt,
    EventType.GoSleep,
    EventType.GoBlock,
    EventType.GoBlockSend,
    EventType.GoBlockRecv,
    EventType.GoBlockSelect,
    EventType.GoBlockSync,
    EventType.GoBlockCond,
    EventType.GoBlockNet,
    EventType.GoBlockGC,
    EventType.GoSysBlock,
  ]
) {
  ENDS_SLICE[type] = 1;
}
