/**
 * First look at the raw records of a turn: which slices there were, what each
 * await turned out to be, and which slice settled what. The mapper, which
 * writes the events in a second pass, asks these questions of every record
 * before it knows what follows; here everything has already happened.
 *
 * Awaits. An activation suspends at most once in a slice, and then control goes
 * back to the loop. So the last await of a slice, if nothing follows it, is the
 * slice's own ("tail rule"), and every other one is the first await of a call.
 * Awaits that follow each other directly, each of the promise of the call before
 * it, are a chain of calls, innermost first: they are one task ("fold rule").
 * Source: design/deno-node.md, 2.1 and 2.4.
 *
 * Settling. A slice that only relays a result, as the reactions of
 * `Promise.all` do, is not the one that settled it: what it settles counts as
 * settled by the slice that woke it.
 * Where no hook tells of it, the record that a Resume names does.
 */

import type { Annotation } from "./annotation.ts";
import {
  ContinuationKind,
  type ContinuationTable,
  NOT_SETTLED,
} from "./continuation_table.ts";
import { TICKS_PER_MS } from "./clock.ts";
import {
  AwaitFlag,
  BY_LOOP,
  durationAt,
  EndFlag,
  NO_TIME,
  RAW_STRIDE,
  RawKind,
  type RawLog,
  ResumeFlag,
  UNTRACED,
} from "./raw_log.ts";

/** What an Await record turned out to be. */
export const Role = {
  /** A callback: nobody's until it runs and does something. */
  Lazy: 0,
  /** A call awaited by the next Await of its run. */
  Inner: 1,
  /** The last of a run that goes on beside its caller: a new task. */
  Child: 2,
  /** The last of a run that ends its slice: the slice's own await. */
  Own: 3,
  /** What the runtime does with a handler's promise after it returned. */
  Outer: 4,
} as const;

/** Notes on a continuation, as bits. */
export const Note = {
  /** Belongs to a task, or will as soon as the mapper gets there. */
  Told: 1,
  /** Ran in this window of the log. */
  Resumed: 2,
  /** Becomes a task of its own when it is woken. */
  Becomes: 4,
  /** Nobody's after all. */
  Over: 8,
} as const;

/** Slot of a slice that is the loop itself: code under no hook. */
export const LOOP = -2;

/** A callback that runs as long as this is a task: 100 us. */
const TASK_TICKS = Math.ceil(0.1 * TICKS_PER_MS);

/** Integers of a slice in {@linkcode TurnSurvey.data}. */
export const SLICE_STRIDE = 11;
/** Slot of what runs, {@linkcode LOOP}, UNTRACED, or 0 for "not known". */
const SLOT = 0;
/** Beginning and end, in ticks since the log's base. */
const START = 1;
const END = 2;
const FLAGS = 3;
/** First and last wake, as places in {@linkcode TurnSurvey.wakes}, or -1. */
const FIRST_WAKE = 4;
const LAST_WAKE = 5;
/**
 * Record of the slice's own await, -1 for none; below that -2 less the slot of
 * what continues it after an await unseen.
 */
const OWN_AWAIT = 6;

/** The slice that one of `ContinuationKind.Unseen` goes on with, -1 for none. */
const BEHIND = 8;
/** First and last record of runs of awaits that may begin in a call unseen. */
const FIRST_OPEN = 9;
const LAST_OPEN = 10;

/** Integers of a wake in {@linkcode TurnSurvey.wakes}. */
const WAKE_STRIDE = 2;

/** Slices inside each other, at most; the recorder stops well below. */
const MAX_OPEN = 1024;

/** No slice. */
const NONE = -1;

/** See {@linkcode OWN_AWAIT}. */
const UNSEEN = -2;

/** The slice is written. */
const OPAQUE = 1;
/** The slice only passes a result on, and is not written. */
const RELAYS = 2;
/** The slice only relays, but it is the loop's doing, or takes its time. */
const WAKES = 4;

/** The findings on one window of the log; see the head of this file. */
export class TurnSurvey {
  /**
   * Role of each Await record, by record.
   */
  readonly roles: Uint8Array;
  /** First record of the run that ends with this record, by record. */
  readonly runStart: Int32Array;
  /**
   * Slot of what goes on in the innermost call of a run of awaits, by the run's
   * first record, 0 for none: its own await was not seen.
   */
  readonly unseen: Int32Array;
  /** The next run of the same slice that may begin in a call unseen. */
  readonly #nextOpen: Int32Array;
  /** Where the next slice of the window goes: slices are named by their place. */
  slices = 0;
  /** What is known of each slice, at {@linkcode SLOT} and so on from its place. */
  readonly data: Int32Array;
  /** Of each wake the continuation's id, and the next wake of the same slice. */
  readonly wakes: Int32Array;
  /** True while a callback is no task merely for running long. */
  shedCallbacks = false;

  readonly #continuations: ContinuationTable;
  /** Slice of each Resume record. */
  readonly #sliceFrom: Int32Array;
  #wakeCount = 0;
  /** Number of slices of all windows before this one. */
  #before = 0;
  /** Indices of the slices that are running, outermost first. */
  readonly #open = new Int32Array(MAX_OPEN);
  #depth = 0;
  /** The slice that ended, and the loop that began, since the last time. */
  #untimedSlice = NONE;
  #untimedLoop = NONE;
  #lastTime = 0;

  /** A survey of logs of at most `records` records. */
  constructor(continuations: ContinuationTable, records: number) {
    this.#continuations = continuations;
    // Each record opens at most one slice; those open before come on top.
    const slices = records + MAX_OPEN;
    this.roles = new Uint8Array(records);
    this.runStart = new Int32Array(records);
    this.unseen = new Int32Array(records);
    this.#nextOpen = new Int32Array(records);
    this.data = new Int32Array(slices * SLICE_STRIDE);
    this.wakes = new Int32Array(records * WAKE_STRIDE);
    this.#sliceFrom = new Int32Array(records);
  }

  /** Slot of what ran in the slice; see {@linkcode SLOT}. */
  slotOf(slice: number): number {
    return this.data[slice + SLOT];
  }

  /** When the slice began, in ticks since the log's base. */
  startOf(slice: number): number {
    return this.data[slice + START];
  }

  /** When the slice ended, in ticks since the log's base. */
  endOf(slice: number): number {
    return this.data[slice + END];
  }

  /** Record of the slice's own await, -1 for none. */
  ownAwaitOf(slice: number): number {
    return this.data[slice + OWN_AWAIT];
  }

  /** Slot of what continues the slice after an await unseen, 0 for none. */
  continuedBy(slice: number): number {
    const own = this.data[slice + OWN_AWAIT];
    return own < NONE ? UNSEEN - own : 0;
  }

  /** Place of the first wake of the slice, -1 for none. It is taken out. */
  takeWakes(slice: number): number {
    const first = this.data[slice + FIRST_WAKE];
    if (first >= 0) this.data[slice + FIRST_WAKE] = NONE;
    return first;
  }

  /** True if the slice is written; otherwise it belongs to what ran before. */
  isOpaque(slice: number): boolean {
    return (this.data[slice + FLAGS] & (OPAQUE | WAKES)) !== 0;
  }

  /** True if nothing but the loop runs in the slice. */
  isLoopOnly(slice: number): boolean {
    return (this.data[slice + FLAGS] & (OPAQUE | WAKES)) === WAKES;
  }

  /**
   * True if what the continuation in `slot` waits for was settled by the end of
   * `slice`, or was when it began to wait.
   */
  isSettled(slot: number, slice: number): boolean {
    const { settledBy, notes } = this.#continuations;
    const by = settledBy[slot];
    if (by === NOT_SETTLED) return (notes[slot] & Note.Resumed) !== 0;
    // Numbers of slices wrap around after 2^31.
    return (by - this.#number(slice) | 0) <= 0;
  }

  /**
   * Surveys the records of `log`.
   *
   * @returns how many: all, or those before a run of awaits that may go on
   */
  read(log: RawLog): number {
    this.#begin();
    const { codes, times, length } = log;
    let run = NONE;
    // True directly after a request handler returned.
    let served = false;
    for (let i = 0; i < length; i++) {
      const at = i * RAW_STRIDE;
      const kind = codes[at] & 0xff;
      if (kind === RawKind.Await) {
        this.#enterLoop();
        const time = times[i];
        if (time !== NO_TIME && this.#isLoop()) this.#setTime(time);
        const flags = codes[at] >> 8;
        if ((flags & AwaitFlag.Settled) !== 0) this.#settled(codes[at + 1]);
        const isLinked = (flags & AwaitFlag.Linked) !== 0;
        if (run >= 0 && !isLinked) {
          this.#closeRun(codes, run, i, served ? Role.Outer : Role.Child);
          run = NONE;
          served = false;
        }
        if (run < 0) run = i;
        continue;
      }
      if (run >= 0) {
        const role = this.#isLoop()
          ? served ? Role.Outer : Role.Child
          : kind === RawKind.Suspend && isOwn(codes, i)
          ? Role.Own
          : Role.Child;
        this.#closeRun(codes, run, i, role);
        run = NONE;
      }
      served = false;
      switch (kind) {
        case RawKind.Turn:
          this.#setTime(times[i]);
          break;
        case RawKind.TurnEnd:
          this.#leaveLoop();
          this.#setTime(times[i]);
          break;
        case RawKind.Resume:
          this.#leaveLoop();
          this.#setTime(times[i]);
          this.#resume(codes[at + 1]);
          this.#sliceFrom[i] = this.#current();
          if ((codes[at] >> 8 & ResumeFlag.Continues) !== 0) {
            this.#noteUnseen(log, codes[at + 2]);
          } else this.#noteResume(log, codes[at + 1], codes[at + 2]);
          break;
        case RawKind.Suspend:
          served = this.#suspend(times[i]);
          break;
        case RawKind.Settle:
          this.#enterLoop();
          this.#settle(codes[at + 1]);
          break;
        case RawKind.Schedule:
          this.#enterLoop();
          this.#schedule(codes[at + 1]);
          break;
        case RawKind.Cancel:
          this.#enterLoop();
          this.data[this.#current() + FLAGS] |= OPAQUE;
          break;
        case RawKind.Annotate:
          this.#annotate(log.annotations[codes[at + 1]], times[i]);
          break;
        case RawKind.Syscall:
          this.#setTime(times[i]);
          this.#enterLoop();
          this.data[this.#current() + FLAGS] |= OPAQUE;
          this.#setTime(times[i] + durationAt(codes, at));
          break;
      }
    }
    let read = length;
    if (run >= 0) {
      // A run as long as that is no chain of calls, and must not fill the log.
      const isLong = run < length >> 1;
      if (this.#isLoop() || isLong) {
        this.#closeRun(codes, run, length, served ? Role.Outer : Role.Child);
      } else read = run;
    }
    this.#leaveLoop();
    this.#finish();
    return read;
  }

  #annotate(annotation: Annotation, time: number): void {
    // The end of a region is nobody's doing: it may be told late.
    if (annotation.isLate) {
      this.#setTime(time);
      return;
    }
    // One that is over began before.
    const { beganTicks } = annotation;
    const isBefore = beganTicks > this.#lastTime && beganTicks < time;
    this.#setTime(isBefore ? beganTicks : time);
    this.#enterLoop();
    this.data[this.#current() + FLAGS] |= OPAQUE;
    if (isBefore) this.#setTime(time);
  }

  /** Index of the innermost running slice. Some slice is running. */
  #current(): number {
    return this.#open[this.#depth - 1];
  }

  #isLoop(): boolean {
    return this.#depth > 0 && this.data[this.#current() + SLOT] === LOOP;
  }

  /** The number by which `settledBy` names a slice of this window. */
  #number(slice: number): number {
    return this.#before + slice + 1 | 0;
  }

  /** Forgets the last window but for the slices that are still running. */
  #begin(): void {
    this.#before = this.#before + this.slices | 0;
    this.slices = 0;
    this.#wakeCount = 0;
    for (let i = 0; i < this.#depth; i++) {
      // Slices keep their order, so none is overwritten before it is read.
      const slot = this.data[this.#open[i] + SLOT];
      this.#open[i] = this.#begins(slot, this.#lastTime, OPAQUE);
    }
  }

  /** A slice begins. */
  #begins(slot: number, start: number, flags: number): number {
    const slice = this.slices;
    this.slices += SLICE_STRIDE;
    this.data[slice + SLOT] = slot;
    this.data[slice + START] = start;
    this.data[slice + END] = start;
    this.data[slice + FIRST_WAKE] = NONE;
    this.data[slice + OWN_AWAIT] = NONE;
    this.data[slice + BEHIND] = NONE;
    this.data[slice + FIRST_OPEN] = NONE;
    this.data[slice + FLAGS] = flags;
    return slice;
  }

  /** What comes is the loop's doing, if no slice runs. */
  #enterLoop(): void {
    if (this.#depth > 0) return;
    const slice = this.#begins(LOOP, this.#lastTime, OPAQUE);
    this.#open[this.#depth++] = slice;
    // After a slice of this turn it begins when that ended: not known yet.
    if (this.#untimedSlice >= 0) this.#untimedLoop = slice;
  }

  #leaveLoop(): void {
    if (this.#isLoop()) this.#depth--;
  }

  /** A clock reading: what ended since the last one ended now. */
  #setTime(time: number): void {
    this.#lastTime = time;
    if (this.#untimedSlice < 0) return;
    this.#setEnd(this.#untimedSlice, time);
    this.#untimedSlice = NONE;
    if (this.#untimedLoop < 0) return;
    this.data[this.#untimedLoop + START] =
      this.data[this.#untimedLoop + END] =
        time;
    this.#untimedLoop = NONE;
  }

  #setEnd(slice: number, time: number): void {
    this.data[slice + END] = time;
    if (time - this.data[slice + START] < TASK_TICKS) return;
    // On trial time alone proves nothing.
    if (this.#isUnseen(this.data[slice + SLOT])) return;
    const slot = this.data[slice + SLOT];
    const isEvent = slot > 0 &&
      this.#continuations.kind[slot] === ContinuationKind.Event;
    if (this.#isRelay(slice) && !isEvent) this.data[slice + FLAGS] |= WAKES;
    else if (!this.shedCallbacks) this.data[slice + FLAGS] |= OPAQUE;
  }

  #isRelay(slice: number): boolean {
    if ((this.data[slice + FLAGS] & RELAYS) !== 0) return true;
    const slot = this.data[slice + SLOT];
    const { kind, notes } = this.#continuations;
    return slot > 0 && passesOn(kind[slot]) &&
      (notes[slot] & Note.Told) === 0;
  }

  #resume(id: number): void {
    let slot = UNTRACED;
    let flags = OPAQUE;
    if (id !== UNTRACED) {
      const { kind, notes } = this.#continuations;
      slot = this.#continuations.slot(id);
      const isTold = (notes[slot] & Note.Told) !== 0;
      if (!isTold && isCallback(kind[slot])) flags = 0;
      if (slot > 0) notes[slot] |= Note.Resumed;
    }
    this.#open[this.#depth++] = this.#begins(slot, this.#lastTime, flags);
  }

  /** @returns true if a request handler returned to the loop */
  #suspend(time: number): boolean {
    if (this.#depth === 0) return false;
    const slice = this.#open[--this.#depth];
    if (time !== NO_TIME) {
      this.#setEnd(slice, time);
      this.#lastTime = time;
    } else this.#untimedSlice = slice;
    const slot = this.data[slice + SLOT];
    return this.#depth === 0 && slot > 0 &&
      this.#continuations.kind[slot] === ContinuationKind.Request;
  }

  // Awaits unseen. A slice of `ContinuationKind.Unseen` goes on with what the
  // slice behind it has put into the queue, if anything does go on in it. Nothing
  // tells with what: first come the calls that the slice awaits without having
  // seen them begin, in their order, then its own function.

  /** What goes on here, if anything, is of the slice that began with `by`. */
  #noteUnseen(log: RawLog, by: number): void {
    const behind = this.#sliceOf(log, by);
    if (behind >= 0 && this.data[behind + SLOT] >= 0) {
      this.data[this.#current() + BEHIND] = behind;
    }
  }

  #isUnseen(slot: number): boolean {
    return slot > 0 &&
      this.#continuations.kind[slot] === ContinuationKind.Unseen;
  }

  /** The run of awaits that begins with `record` may begin in a call unseen. */
  #addOpen(slice: number, record: number): void {
    this.#nextOpen[record] = NONE;
    if (this.data[slice + FIRST_OPEN] < 0) {
      this.data[slice + FIRST_OPEN] = record;
    } else this.#nextOpen[this.data[slice + LAST_OPEN]] = record;
    this.data[slice + LAST_OPEN] = record;
  }

  /** Finds out with what the slices of unseen awaits go on. */
  #joinUnseen(): void {
    const { notes } = this.#continuations;
    for (let slice = 0; slice < this.slices; slice += SLICE_STRIDE) {
      const slot = this.data[slice + SLOT];
      const behind = this.data[slice + BEHIND];
      if (behind < 0 || !this.isOpaque(slice) || !this.#isUnseen(slot)) {
        continue;
      }
      const open = this.data[behind + FIRST_OPEN];
      if (open >= 0) {
        this.data[behind + FIRST_OPEN] = this.#nextOpen[open];
        this.unseen[open] = slot;
      } else if (this.data[behind + OWN_AWAIT] === NONE) {
        this.data[behind + OWN_AWAIT] = UNSEEN - slot;
      } else continue;
      notes[slot] |= Note.Told;
    }
  }

  /** Record `by` is the one since which ran what made `id` go on. */
  #noteResume(log: RawLog, id: number, by: number): void {
    if (by === 0) return;
    const { settledBy } = this.#continuations;
    const slot = this.#continuations.slot(id);
    if (slot === 0) return;
    if (by === BY_LOOP) {
      // Only now, so that what waited for it was not runnable before.
      if (settledBy[slot] === NOT_SETTLED) {
        settledBy[slot] = this.#number(this.#current());
      }
      return;
    }
    const slice = this.#sliceOf(log, by);
    if (slice >= 0) this.#settleIn(slice, id, slot);
  }

  /** The slice of this window that ran from record `number` on, or -1. */
  #sliceOf(log: RawLog, number: number): number {
    const record = log.indexOf(number);
    return record < 0 ? NONE : this.#sliceFrom[record];
  }

  /** What continuation `id` waits for was settled before it began to wait. */
  #settled(id: number): void {
    const slot = this.#continuations.slot(id);
    this.#continuations.settledBy[slot] = this.#number(this.#current());
  }

  #settle(id: number): void {
    const slot = this.#continuations.slot(id);
    if (slot !== 0) this.#settleIn(this.#current(), id, slot);
  }

  /** `slice` settled what the continuation in `slot` waits for. */
  #settleIn(slice: number, id: number, slot: number): void {
    const { settledBy, notes } = this.#continuations;
    if (settledBy[slot] !== NOT_SETTLED) return;
    const isRelay = this.#isRelay(slice);
    const woken = isRelay ? this.#wokenBy(slice, slice) : slice;
    const settler = this.#isRelay(woken) ? slice : woken;
    if (isRelay && settler === slice) this.data[slice + FLAGS] |= WAKES;
    else if ((notes[slot] & Note.Told) !== 0) {
      this.data[settler + FLAGS] |= OPAQUE;
    }
    this.#addWake(settler, id, slot);
  }

  #schedule(id: number): void {
    const { kind, notes } = this.#continuations;
    const slot = this.#continuations.slot(id);
    if (slot === 0) return;
    const slice = this.#current();
    if (isCallback(kind[slot])) {
      this.#addWake(slice, id, slot);
    } else {
      notes[slot] |= Note.Told;
      this.data[slice + FLAGS] |= OPAQUE;
    }
  }

  #addWake(slice: number, id: number, slot: number): void {
    this.#continuations.settledBy[slot] = this.#number(slice);
    const wake = this.#wakeCount++ * WAKE_STRIDE;
    this.wakes[wake] = id;
    this.wakes[wake + 1] = NONE;
    if (this.data[slice + FIRST_WAKE] < 0) this.data[slice + FIRST_WAKE] = wake;
    else this.wakes[this.data[slice + LAST_WAKE] + 1] = wake;
    this.data[slice + LAST_WAKE] = wake;
  }

  /** The slice of this window that woke `slice`, or `fallback`. */
  #wokenBy(slice: number, fallback: number): number {
    const by = this.#continuations.settledBy[this.data[slice + SLOT]];
    const settler = by - this.#before - 1 | 0;
    return by !== NOT_SETTLED && settler >= 0 && settler < this.slices
      ? settler
      : fallback;
  }

  /** Decides what the awaits of the records `from` to `to` are. */
  #closeRun(codes: Int32Array, from: number, to: number, role: number): void {
    const { kind, notes } = this.#continuations;
    const slice = this.#current();
    const first = from * RAW_STRIDE;
    if (role === Role.Own && this.data[slice + SLOT] === 0 && to - from === 1) {
      const isAlone = from > 0 && !hasCall(codes, from, to) &&
        (codes[first - RAW_STRIDE] & 0xff) === RawKind.Resume;
      if (isAlone) {
        // A promise that nobody stamped runs and does nothing but await: the
        // engine adopts the promise that an async function returned.
        this.roles[from] = Role.Lazy;
        const slot = this.#continuations.slot(codes[first + 1]);
        kind[slot] = ContinuationKind.Relay;
        this.data[slice + FLAGS] |= RELAYS;
        return;
      }
    }
    if (role === Role.Own) this.data[slice + OWN_AWAIT] = to - 1;
    const isCall = role === Role.Own ||
      role === Role.Outer && to - from === 1 ||
      hasCall(codes, from, to);
    if (isCall) this.data[slice + FLAGS] |= OPAQUE;
    this.unseen[from] = 0;
    if (isCall && (codes[first] >> 8 & AwaitFlag.Open) !== 0) {
      this.#addOpen(slice, from);
    }
    for (let i = from; i < to; i++) {
      this.runStart[i] = from;
      this.roles[i] = !isCall ? Role.Lazy : i === to - 1 ? role : Role.Inner;
      if (isCall) {
        const slot = this.#continuations.slot(codes[i * RAW_STRIDE + 1]);
        notes[slot] |= Note.Told;
      }
    }
  }

  /**
   * A callback becomes a task if it did something, and then so does the
   * callback that woke it: backwards, because causes come first.
   */
  #finish(): void {
    const { kind, notes } = this.#continuations;
    for (let i = 0; i < this.#depth; i++) {
      this.data[this.#open[i] + FLAGS] |= OPAQUE;
    }
    for (let slice = this.slices; (slice -= SLICE_STRIDE) >= 0;) {
      const slot = this.data[slice + SLOT];
      if (slot <= 0 || (this.data[slice + FLAGS] & OPAQUE) === 0) continue;
      if ((notes[slot] & Note.Told) !== 0 || !isCallback(kind[slot])) continue;
      if (kind[slot] === ContinuationKind.Unseen) {
        const behind = this.data[slice + BEHIND];
        if (behind >= 0) this.data[behind + FLAGS] |= OPAQUE;
        continue;
      }
      notes[slot] |= Note.Becomes;
      const settler = this.#wokenBy(slice, slice);
      if (settler !== slice && !this.#isRelay(settler)) {
        this.data[settler + FLAGS] |= OPAQUE;
      }
    }
    this.#joinUnseen();
  }
}

/** True if one of the awaits in the records `from` to `to` is of a call. */
function hasCall(codes: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if ((codes[i * RAW_STRIDE] >> 8 & AwaitFlag.Call) !== 0) return true;
  }
  return false;
}

/** True if the Suspend at record `i` may end a slice by the await before it. */
function isOwn(codes: Int32Array, i: number): boolean {
  const result = codes[i * RAW_STRIDE] >> 8;
  const flags = codes[(i - 1) * RAW_STRIDE] >> 8;
  return (result & EndFlag.Plain) === 0 && (flags & AwaitFlag.Nested) === 0;
}

/** True for what is a task only if it turns out to do something. */
function isCallback(kind: number): boolean {
  return kind === ContinuationKind.Reaction ||
    kind === ContinuationKind.Unseen ||
    kind === ContinuationKind.Microtask ||
    passesOn(kind);
}

/** True for what settles promises in the name of who called it. */
function passesOn(kind: number): boolean {
  return kind === ContinuationKind.Relay || kind === ContinuationKind.Event;
}
