/**
 * One order from the lists of all processors, or an error.
 *
 * Each list is in order; what has to come before what between lists is told by
 * the states of goroutines: a start needs a runnable goroutine, an unblock a
 * waiting one, some of them with a sequence number. Of all events that could
 * come next, the earliest is taken (spec, 9.3).
 */

import { TraceFormatError } from "./errors.ts";
import { EventType } from "./event_catalogue.ts";
import type { EventColumns } from "./event_columns.ts";
import { type RecordReader, SAMPLE_PROC } from "./record_reader.ts";
import { HeapFrontier, SortedFrontier } from "./frontier.ts";
import { OrderingStates } from "./ordering_states.ts";
import { WaitingLists } from "./waiting_lists.ts";

/** How strict ordering is. */
export interface OrderingOptions {
  /**
   * True for a trace whose end is missing: events that wait for one behind the
   * cut are put in by their time alone instead of being an error.
   */
  readonly partial: boolean;
}

/**
 * Puts the events of `records` into one order, in place, their times still in
 * ticks. Returns how many are where they are only by their time, which is 0
 * unless `partial`.
 *
 * @throws {TraceFormatError} Of kind `order` when no order is possible, of
 * kind `time` when the only one goes back in time.
 */
export function orderEvents(
  records: RecordReader,
  options: OrderingOptions,
): number {
  const { events } = records;
  const total = events.length;
  const states = new OrderingStates(events, records.goroutines.length);
  const lists = listsOf(records);
  let placed: number;
  if (lists.length === 1 && lists[0].isWhole(total)) {
    placed = placeOne(states, total);
  } else {
    const order = new Uint32Array(total);
    placed = placeAll(states, events, lists, order);
    if (placed < total) appendOthers(order, placed);
    events.rearrange(order);
  }
  if (placed < total && !options.partial) {
    throw noOrder(records, total - placed);
  }
  const backwards = firstBackwards(events);
  if (backwards >= 0) {
    if (!options.partial) throw outOfOrder(records, backwards);
    events.rearrange(orderByTime(events));
  }
  correctSyscallExits(records, options.partial);
  return total - placed;
}

/** The rows of one list, one at a time. */
class ListRows {
  readonly #types: Uint8Array;
  readonly #ranges: readonly number[];
  #range: number = 0;
  #row: number;
  #end: number;

  /** `ranges`: first row, row after the last, and so on. Samples in it are left out. */
  constructor(types: Uint8Array, ranges: readonly number[]) {
    this.#types = types;
    this.#ranges = ranges;
    this.#row = ranges[0];
    this.#end = ranges[1];
  }

  /** True if the list is all rows from 0 to `total` and has no sample. */
  isWhole(total: number): boolean {
    if (this.#ranges.length !== 2) return false;
    if (this.#row !== 0 || this.#end !== total) return false;
    return !this.#types.subarray(0, total).includes(EventType.CPUSample);
  }

  /** The next row, or -1 after the last. */
  next(): number {
    for (;;) {
      if (this.#row === this.#end) {
        this.#range += 2;
        if (this.#range >= this.#ranges.length) return -1;
        this.#row = this.#ranges[this.#range];
        this.#end = this.#ranges[this.#range + 1];
        continue;
      }
      const row = this.#row++;
      if (this.#types[row] !== EventType.CPUSample) return row;
    }
  }
}

/** Sorted rows: CPU samples, and whatever a file says happened on their processor. */
class SampleRows {
  readonly #rows: Uint32Array;
  #next: number = 0;

  constructor(rows: Uint32Array) {
    this.#rows = rows;
  }

  isWhole(): boolean {
    return false;
  }

  next(): number {
    return this.#next < this.#rows.length ? this.#rows[this.#next++] : -1;
  }
}

type Rows = ListRows | SampleRows;

function listsOf(records: RecordReader): Rows[] {
  const { events, lists, samples } = records;
  const rows: Rows[] = [];
  const sampled: number[] = [];
  for (const { proc, ranges } of lists) {
    if (proc === SAMPLE_PROC) {
      const own = new ListRows(events.type, ranges);
      for (let row = own.next(); row >= 0; row = own.next()) sampled.push(row);
    } else rows.push(new ListRows(events.type, ranges));
  }
  for (const row of samples) sampled.push(row);
  if (sampled.length > 0) {
    const { time } = events;
    const inOrder = Uint32Array.from(sampled).sort();
    // Stable, so samples of one time stay in the order of the file.
    rows.push(new SampleRows(inOrder.sort((a, b) => time[a] - time[b])));
  }
  return rows;
}

/** With one list there is nothing to choose: how many rows from the first on are in order. */
function placeOne(states: OrderingStates, total: number): number {
  for (let row = 0; row < total; row++) {
    if (!states.apply(row, states.subject(row))) return row;
  }
  return total;
}

/** Above this number of lists a heap is used. */
const MAX_SORTED = 64;

/**
 * Fills `order` with the rows in the order in which they are taken and returns
 * how many could be. The frontier holds the lists whose next event is ready; the
 * others wait at the goroutine that their next event needs.
 */
function placeAll(
  states: OrderingStates,
  events: EventColumns,
  lists: readonly Rows[],
  order: Uint32Array,
): number {
  const heads = new Int32Array(lists.length);
  const waiting = new WaitingLists(states.subjectCount, lists.length);
  const frontier = lists.length <= MAX_SORTED
    ? new SortedFrontier(lists.length)
    : new HeapFrontier(lists.length);
  /** Whose state the next event of a list depends on, by list. */
  const subjects = new Int32Array(lists.length);
  const enter = (list: number): void => {
    const row = heads[list];
    const subject = subjects[list] = states.subject(row);
    if (states.isReady(row, subject)) {
      return frontier.push(list, events.time[row]);
    }
    waiting.add(
      list,
      subject,
      states.neededStatus(row),
      states.neededSeq(row),
    );
  };
  for (let list = 0; list < lists.length; list++) {
    heads[list] = lists[list].next();
    if (heads[list] >= 0) enter(list);
  }
  let placed = 0;
  while (frontier.length > 0) {
    const list = frontier.take();
    const row = heads[list];
    const subject = subjects[list];
    // Two lists had an event for one goroutine, and this one came second.
    if (!states.apply(row, subject)) return placed;
    order[placed++] = row;
    heads[list] = lists[list].next();
    if (heads[list] >= 0) enter(list);
    if (subject < 0) continue;
    const status = states.status(subject);
    let ready = waiting.take(subject, status, states.seq(subject));
    while (ready >= 0) {
      const next = waiting.next(ready);
      frontier.push(ready, events.time[heads[ready]]);
      ready = next;
    }
  }
  return placed;
}

/** Puts the rows that are not among the first `placed` of `order` behind them. */
function appendOthers(order: Uint32Array, placed: number): void {
  const isPlaced = new Uint8Array(order.length);
  for (let index = 0; index < placed; index++) isPlaced[order[index]] = 1;
  for (let row = 0; row < order.length; row++) {
    if (isPlaced[row] === 0) order[placed++] = row;
  }
}

/** The stable order by time of all rows. */
function orderByTime({ time, length }: EventColumns): Uint32Array {
  return Uint32Array.from({ length }, (_, row) => row).sort((a, b) =>
    time[a] - time[b] || a - b
  );
}

/** The first row that is earlier than the one before it, or -1. */
function firstBackwards(events: EventColumns): number {
  const { time, length } = events;
  for (let row = 1; row < length; row++) {
    if (time[row] < time[row - 1]) return row;
  }
  return -1;
}

/**
 * Moves each GoSysExit that knows when its call ended to that time. It is
 * written later, when the goroutine has a processor again.
 */
function correctSyscallExits(records: RecordReader, partial: boolean): void {
  const { events } = records;
  const { time, type } = events;
  const zero = -Number(records.baseTicks);
  let blocked: Float64Array | undefined;
  const moved: number[] = [];
  for (let row = 0; row < events.length; row++) {
    if (type[row] === EventType.GoSysExit) {
      const ticks = events.argument(row, 2);
      if (ticks === 0) continue;
      const exit = records.relativeTicks(ticks);
      const since = blocked === undefined ? NaN : blocked[events.go[row]];
      // Go keeps 0 for "never blocked", so a block at tick 0 counts as none.
      const isStray = Number.isNaN(since) || since === zero;
      if (isStray || exit < since) {
        if (partial) continue;
        throw isStray ? stray(records, row) : outOfOrder(records, row);
      }
      if (time[row] !== exit) moved.push(row);
      time[row] = exit;
    } else if (
      type[row] === EventType.GoSysBlock || type[row] === EventType.GoInSyscall
    ) {
      blocked ??= new Float64Array(records.goroutines.length).fill(NaN);
      blocked[events.go[row]] = time[row];
    }
  }
  if (moved.length > 0) events.rearrange(withMoved(events, moved));
}

/** The stable order by time of rows that are sorted but for `moved`. */
function withMoved(
  events: EventColumns,
  moved: readonly number[],
): Uint32Array {
  const { time, length } = events;
  const byTime = Uint32Array.from(moved).sort((a, b) =>
    time[a] - time[b] || a - b
  );
  const isMoved = new Uint8Array(length);
  for (const row of moved) isMoved[row] = 1;
  const order = new Uint32Array(length);
  let next = 0;
  let placed = 0;
  for (let row = 0; row < length; row++) {
    if (isMoved[row]) continue;
    while (next < byTime.length) {
      const candidate = byTime[next];
      const earlier = time[candidate] < time[row] ||
        time[candidate] === time[row] && candidate < row;
      if (!earlier) break;
      order[placed++] = candidate;
      next++;
    }
    order[placed++] = row;
  }
  while (next < byTime.length) order[placed++] = byTime[next++];
  return order;
}

function noOrder(records: RecordReader, left: number): TraceFormatError {
  return new TraceFormatError("order the events", {
    kind: "order",
    rule: "no consistent ordering of events possible",
    found: `${left} of ${records.events.length + left} events left over`,
  });
}

function outOfOrder(records: RecordReader, row: number): TraceFormatError {
  return new TraceFormatError("order the events", {
    kind: "time",
    rule: "time stamps out of order",
    ...placeOf(records, row),
  });
}

function stray(records: RecordReader, row: number): TraceFormatError {
  return new TraceFormatError("order the events", {
    kind: "state",
    rule: "stray syscall exit",
    ...placeOf(records, row),
    wanted: "a GoSysBlock or GoInSyscall of the goroutine before it",
  });
}

function placeOf(
  records: RecordReader,
  row: number,
): { offset: number; p: number; g: number } {
  const { events } = records;
  return {
    offset: events.offset[row],
    p: records.procs.ids[events.proc[row]],
    g: records.goroutines.ids[events.go[row]],
  };
}
