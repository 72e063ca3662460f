/** What ordering knows of goroutines: a status and a sequence number each. */

import { EVENT_SPECS, EventType } from "./event_catalogue.ts";
import { ENDS_SLICE, type EventColumns } from "./event_columns.ts";
import { ALL_ONES } from "./wide_values.ts";

const DEAD = 0;
const RUNNABLE = 1;
const RUNNING = 2;
const WAITING = 3;
/** Statuses that a goroutine can have. */
export const STATUS_COUNT = 4;

/** Any sequence number will do. */
export const ANY_SEQ = -1;

/** Whose state an event depends on and changes. */
const NOBODY = 0;
const OWN = 1;
const TARGET = 2;
const COLLECTOR = 3;

/** Where the sequence number that an event needs comes from. */
const NO_SEQ = 0;
const SEQ_0 = 1;
const SEQ_1 = 2;
const FIRST_ARGUMENT = 3;
const SECOND_ARGUMENT = 4;

const SIZE = EVENT_SPECS.length + 1;
const SUBJECT: Uint8Array = new Uint8Array(SIZE);
const NEEDED_STATUS: Uint8Array = new Uint8Array(SIZE);
const NEEDED_SEQ: Uint8Array = new Uint8Array(SIZE);
const NEXT_STATUS: Uint8Array = new Uint8Array(SIZE);
/** What an event adds to the sequence number. */
const SEQ_STEP: Uint8Array = new Uint8Array(SIZE);

function rule(
  types: readonly number[],
  subject: number,
  [status, seq]: readonly [number, number],
  [nextStatus, step]: readonly [number, number],
): void {
  for (const type of types) {
    SUBJECT[type] = subject;
    NEEDED_STATUS[type] = status;
    NEEDED_SEQ[type] = seq;
    NEXT_STATUS[type] = nextStatus;
    SEQ_STEP[type] = step;
  }
}

// The table of the spec, 9.3: subject, what it must be, what it is afterwards.
// GoEnd and GoStop are free: they leave the status, so that no id comes twice.
const T = EventType;
const PARKS = Array.from(ENDS_SLICE.keys()).filter((type) => ENDS_SLICE[type]);
rule(PARKS, OWN, [RUNNING, NO_SEQ], [WAITING, 0]);
rule([T.GoSched, T.GoPreempt], OWN, [RUNNING, NO_SEQ], [RUNNABLE, 0]);
rule([T.GoEnd, T.GoStop], NOBODY, [DEAD, NO_SEQ], [DEAD, 0]);
rule([T.GoCreate], TARGET, [DEAD, SEQ_0], [RUNNABLE, 1]);
rule([T.GoWaiting, T.GoInSyscall], OWN, [RUNNABLE, SEQ_1], [WAITING, 1]);
rule([T.GoStart, T.GoStartLabel], OWN, [RUNNABLE, SECOND_ARGUMENT], [
  RUNNING,
  1,
]);
rule([T.GoStartLocal], OWN, [RUNNABLE, NO_SEQ], [RUNNING, 1]);
rule([T.GoUnblock, T.GoSysExit], TARGET, [WAITING, SECOND_ARGUMENT], [
  RUNNABLE,
  1,
]);
rule([T.GoUnblockLocal, T.GoSysExitLocal], TARGET, [WAITING, NO_SEQ], [
  RUNNABLE,
  1,
]);
rule([T.GCStart], COLLECTOR, [DEAD, FIRST_ARGUMENT], [DEAD, 1]);

/** Status and sequence number of every goroutine, and of the garbage collector behind them. */
export class OrderingStates {
  /** Goroutines, and one for the collector. */
  readonly subjectCount: number;
  readonly #events: EventColumns;
  readonly #status: Uint8Array;
  readonly #seq: Float64Array;

  constructor(events: EventColumns, goroutineCount: number) {
    this.#events = events;
    this.subjectCount = goroutineCount + 1;
    this.#status = new Uint8Array(this.subjectCount);
    this.#seq = new Float64Array(this.subjectCount);
  }

  /** Whose state the event of `row` depends on and changes; -1 for none. */
  subject(row: number): number {
    const events = this.#events;
    switch (SUBJECT[events.type[row]]) {
      case NOBODY:
        return -1;
      case OWN:
        return events.go[row];
      case TARGET:
        return events.target(row);
      default:
        return this.subjectCount - 1;
    }
  }

  /** Status that the event of `row` needs its subject to have. */
  neededStatus(row: number): number {
    return NEEDED_STATUS[this.#events.type[row]];
  }

  /**
   * Sequence number that the event of `row` needs its subject to have, or
   * {@linkcode ANY_SEQ}. Go's reader takes one of all ones for "any" too.
   */
  neededSeq(row: number): number {
    const events = this.#events;
    switch (NEEDED_SEQ[events.type[row]]) {
      case NO_SEQ:
        return ANY_SEQ;
      case SEQ_0:
        return 0;
      case SEQ_1:
        return 1;
      case FIRST_ARGUMENT:
        return events.argument(row, 0);
      default:
        return events.argument(row, 1);
    }
  }

  status(subject: number): number {
    return this.#status[subject];
  }

  seq(subject: number): number {
    return this.#seq[subject];
  }

  /** True if the event of `row`, which is about `subject`, can come next. */
  isReady(row: number, subject: number): boolean {
    if (subject < 0) return true;
    if (this.#status[subject] !== this.neededStatus(row)) return false;
    const seq = this.neededSeq(row);
    return seq === ANY_SEQ || seq === this.#seq[subject];
  }

  /**
   * Applies the event of `row`, which is about `subject`; returns false if
   * that is not as the event needs it.
   */
  apply(row: number, subject: number): boolean {
    if (subject < 0) return true;
    const type = this.#events.type[row];
    if (this.#status[subject] !== NEEDED_STATUS[type]) return false;
    if (NEEDED_SEQ[type] !== NO_SEQ) {
      const seq = this.neededSeq(row);
      // All ones plus one wraps around to 0.
      if (seq === ALL_ONES) this.#seq[subject] = -1;
      else if (seq !== this.#seq[subject]) return false;
    }
    this.#status[subject] = NEXT_STATUS[type];
    this.#seq[subject] += SEQ_STEP[type];
    return true;
  }
}
