/**
 * What happened in the current turn, as numbers: the hooks append, the mapper
 * reads at the end of the turn.
 *
 * A record is three integers and a time:
 *
 * | kind     | `a`          | `b`    | `flags`     | time          |
 * |----------|--------------|--------|-------------|---------------|
 * | Turn     |              |        |             | loop is awake |
 * | TurnEnd  |              |        |             | loop is idle  |
 * | Break    |              |        |             |               |
 * | Await    | continuation | wait   | `AwaitFlag` | now, or none  |
 * | Settle   | continuation |        |             |               |
 * | Resume   | continuation | record | `ResumeFlag`| now           |
 * | Suspend  |              |        | `EndFlag`   | now, or none  |
 * | Schedule | continuation |        |             | now, or none  |
 * | Cancel   | continuation |        |             | now           |
 * | Begin    | call         |        | `Fate`      | now, or none  |
 * | Park     | call         | site   | `ParkFlag`, wait | now, or none |
 * | End      | call         |        | `EndFlag`   | now, or none  |
 * | Syscall  | ticks        | site   | more ticks  | its beginning |
 * | Annotate | index        |        |             | now           |
 *
 * The last three come from transformed code, which says what hooks leave to be
 * found out: a call is the continuation of one run of an async function, from
 * its Begin to its End, resumed after each Park. Begin opens a slice, Park and
 * End close the one that the call's Begin or Resume opened.
 *
 * Syscall stands for a call that blocked the loop: `ticks` is how long, see
 * `durationAt`, `site` is what was called. It is written when it is over.
 *
 * Annotate is what the program says of itself; `index` is the place of an
 * `Annotation` beside the log.
 *
 * Of exact logs, which transformed code and wrappers alone write, all is known
 * when it happens, or soon after: then `flag` adds it to an earlier record, and
 * `addWake` says of one that the code which ran since then ended a wait.
 *
 * `record` is the number of the record since which the slice ran that put this
 * one into the queue of microtasks, 0 if that is not known, or `BY_LOOP`; see
 * `numberOf`.
 *
 * Break stands for everything that only matters because it lies between two
 * other records: a promise made, a promise settled that no one waits for.
 *
 * Times are whole ticks since the log's `base`, so that no record and no call
 * that handles one needs a floating-point number.
 */

import { type Annotation, AnnotationKind } from "./annotation.ts";
import { TICKS_PER_MS } from "./clock.ts";

/** Kinds of raw records; see the table at the head of this file. */
export const RawKind = {
  Turn: 1,
  TurnEnd: 2,
  Break: 3,
  Await: 4,
  Settle: 5,
  Resume: 6,
  Suspend: 7,
  Schedule: 8,
  Cancel: 9,
  Begin: 10,
  Park: 11,
  End: 12,
  Syscall: 13,
  Annotate: 14,
} as const;

/** Flags of an Await record. */
export const AwaitFlag = {
  /**
   * The awaited promise was made in this slice since the run of awaits before
   * this one began, or is the reaction just made: this awaits the call whose
   * first await came just before.
   */
  Linked: 1,
  /**
   * A promise was made since the last run of awaits that is not the awaited
   * one: this may be the first await of an async function just called.
   */
  Call: 2,
  /** The awaited promise is settled already: the task stays runnable. */
  Settled: 4,
  /** Program code was on the stack above: it is not the slice's own await. */
  Nested: 8,
  /** No program code was on the stack above: it is the slice's own await. */
  Own: 16,
  /** Nothing is known of the promise: it may be that of a call unseen. */
  Open: 32,
} as const;

/** Flags of a Park record. Above them, from bit 4 on, is the wait. */
export const ParkFlag = {
  /** It awaits the last call that began in this slice and is suspended. */
  Linked: 1,
  /** What is awaited is settled already. */
  Settled: 2,
  /** What is awaited is not settled yet. Without both that is not known. */
  Pending: 4,
  /** The slice was inside another one, which goes on. */
  Nested: 8,
} as const;

/** Flags of a Begin record: what became of the call. Without, it never waited. */
export const Fate = {
  /** It goes on beside its caller: a task. */
  Beside: 1,
  /** Its caller awaits it, or it takes its caller's place. Counts above Beside. */
  Folded: 2,
} as const;

/** Flag of a Schedule record of a callback that is more than its waker's time. */
export const TOLD = 1;

/** Flags of a Suspend or End record. */
export const EndFlag = {
  /** The last call that began in this slice and is suspended takes its place. */
  Linked: 1,
  /** A callback returned no promise: what it called goes on beside it. */
  Plain: 2,
  /** The slice was inside another one, which goes on. */
  Nested: 4,
  /** What the call returned is a promise, which its own waits for. */
  Open: 8,
} as const;

/** Flags of a Resume record. */
export const ResumeFlag = {
  /**
   * What `record` stands for has put this into the queue, and may be what goes
   * on here: after an await that nobody has seen, of something else than a
   * promise. If nothing happens in it, there was none.
   */
  Continues: 1,
} as const;

/** Bits of a Park record's flags below the wait, which takes all that are left. */
export const PARK_WAIT_SHIFT = 4;

/**
 * In the place of `record`: no slice did, so the loop itself, or one of which
 * nothing is known.
 */
export const BY_LOOP = -1;

/** Resume of something that belongs to the tracer: nothing of it is recorded. */
export const UNTRACED = -1;

/** Time of a record that has none. */
export const NO_TIME = -1;

/** Most ticks from the base of a log to a record of it: a good minute. */
export const MAX_LOG_TICKS = 2 ** 30;

/** Records kept before the mapper is called. */
export const RAW_LOG_RECORDS = 16_384;

/** Numbers of records wrap around below this power of two. */
const NUMBER_MASK = 2 ** 30 - 1;

/** A loop that does nothing for less than this does not wait for work: 5 us. */
const WAIT_TICKS = Math.ceil(0.005 * TICKS_PER_MS);
/** Annotations, and characters in them, after which the log is mapped early. */
const MAX_ANNOTATIONS = 1024;
const MAX_ANNOTATION_LENGTH = 262_144;

/** Integers of a record: kind and flags, `a`, `b`. */
export const RAW_STRIDE = 3;

/** Bits of a Syscall's ticks that are in `a`. The rest is in its flags. */
const DURATION_BITS = 30;

/** Most ticks that a Syscall can tell: 18 years. */
const MAX_DURATION = 2 ** (DURATION_BITS + 23) - 1;

/** How long the Syscall lasted whose integers are at `at`, in ticks. */
export function durationAt(codes: Int32Array, at: number): number {
  return (codes[at] >>> 8) * 2 ** DURATION_BITS + codes[at + 1];
}

/** How many records lie between two readings of `RawLog.appended`. */
export function recordsSince(appended: number, before: number): number {
  return appended - before & NUMBER_MASK;
}

/** The log; see the head of this file. Memory is allocated once. */
export class RawLog {
  /** `kind | flags << 8`, `a`, `b` of each record. */
  readonly codes: Int32Array;
  /** Ticks from `base` to each record, or {@linkcode NO_TIME}. */
  readonly times: Int32Array;
  /** Of each record the first Resume that it woke, and the next beside it. */
  readonly #wakes: Int32Array;
  /** What the Annotate records stand for. */
  readonly annotations: Annotation[] = [];
  /** Characters in them. */
  #annotationLength = 0;
  /** Those of regions that are over, the outermost last. */
  readonly #past: Annotation[] = [];
  /** The clock's reading that times count from, in milliseconds. */
  base = 0;
  /** Number of records. */
  length = 0;
  /** Records after which the log wants to be mapped before its turn ends. */
  readonly high: number;
  /** When the last turn ended, while that is not yet a record. */
  #ended = NO_TIME;
  /** Number of the first record. The records of all time are numbered. */
  #first = 1;

  constructor(records: number = RAW_LOG_RECORDS) {
    // One more, for a TurnEnd that is due when the log is full.
    const room = records + 1;
    this.codes = new Int32Array(room * RAW_STRIDE);
    this.times = new Int32Array(room);
    this.#wakes = new Int32Array(room * 2);
    // Half is kept free for what one slice may still append.
    this.high = records >> 1;
  }

  /** Most records it can hold, one more than make it full. */
  get capacity(): number {
    return this.times.length;
  }

  /** True when nothing more can be appended. */
  get isFull(): boolean {
    return this.length >= this.times.length - 1;
  }

  /** Appends a record. The caller has seen that the log is not full. */
  put(code: number, a: number, b: number, ticks: number): void {
    const index = this.length++;
    const at = index * RAW_STRIDE;
    const { codes } = this;
    codes[at] = code;
    codes[at + 1] = a;
    codes[at + 2] = b;
    this.times[index] = ticks;
  }

  /** Appends a Syscall of `ticks`. The caller has seen that there is room. */
  putSyscall(site: number, began: number, ticks: number): void {
    const duration = Math.min(ticks, MAX_DURATION);
    const more = Math.floor(duration / 2 ** DURATION_BITS);
    const code = RawKind.Syscall | more << 8;
    this.put(code, duration % 2 ** DURATION_BITS, site, began);
  }

  /** The turn has ended: a TurnEnd, unless the next one follows at once. */
  endTurn(ticks: number): void {
    this.#ended = ticks;
  }

  /** A turn begins, or, if there was hardly time to wait, the last goes on. */
  beginTurn(ticks: number): void {
    const ended = this.#ended;
    if (ended >= 0 && ticks - ended < WAIT_TICKS) {
      this.#ended = NO_TIME;
      return;
    }
    this.settleTurn();
    this.put(RawKind.Turn, 0, 0, ticks);
  }

  /** Appends the TurnEnd that is still due. To be called before mapping. */
  settleTurn(): void {
    if (this.#ended < 0) return;
    this.put(RawKind.TurnEnd, 0, 0, this.#ended);
    this.#ended = NO_TIME;
  }

  /** Appends an Annotate. The caller has seen that there is room. */
  putAnnotation(annotation: Annotation, ticks: number): void {
    this.put(RawKind.Annotate, this.annotations.length, 0, ticks);
    this.annotations.push(annotation);
    this.#annotationLength += annotation.length;
    if (annotation.kind === AnnotationKind.RegionPast) {
      this.#past.push(annotation);
    }
  }

  /**
   * The regions that are over, by the index of the record that they began
   * before, outermost first; undefined if there are none.
   */
  pastRegions(): ReadonlyMap<number, readonly Annotation[]> | undefined {
    if (this.#past.length === 0) return undefined;
    const byIndex = new Map<number, Annotation[]>();
    for (const annotation of this.#past) {
      const index = this.indexOf(annotation.before);
      const others = byIndex.get(index);
      if (others === undefined) byIndex.set(index, [annotation]);
      else others.unshift(annotation);
    }
    return byIndex;
  }

  /** True if the log is to be mapped before more annotations come. */
  get isWordy(): boolean {
    return this.annotations.length >= MAX_ANNOTATIONS ||
      this.#annotationLength >= MAX_ANNOTATION_LENGTH;
  }

  #forgetAnnotations(): void {
    this.annotations.length = 0;
    this.#annotationLength = 0;
    this.#past.length = 0;
  }

  /** Adds to the flags of record `number`, if it is still in the log. */
  flag(number: number, flags: number): void {
    const index = this.indexOf(number);
    if (index >= 0) this.codes[index * RAW_STRIDE] |= flags << 8;
  }

  /** The last record, a Resume, was made possible by what ran since `number`. */
  addWake(number: number): void {
    const waker = this.indexOf(number);
    if (waker < 0) return;
    const woken = this.length - 1;
    this.#wakes[woken * 2 + 1] = this.#wakes[waker * 2];
    this.#wakes[waker * 2] = woken;
  }

  /** The first record in a list of those that `index` woke, or 0. */
  firstWake(index: number): number {
    return this.#wakes[index * 2];
  }

  /** The next record in the list that `index` is in, or 0. */
  nextWake(index: number): number {
    return this.#wakes[index * 2 + 1];
  }

  /** Forgets whom the record at `index` woke. */
  clearWakes(index: number): void {
    this.#wakes[index * 2] = 0;
  }

  /** The number of the record at `index`, never 0 but once in a billion. */
  numberOf(index: number): number {
    return this.#first + index & NUMBER_MASK;
  }

  /** Counts the records that are appended, and wraps around. */
  get appended(): number {
    return this.numberOf(this.length);
  }

  /** The index of record `number`, or -1 if it is not in the log. */
  indexOf(number: number): number {
    const index = number - this.#first & NUMBER_MASK;
    return index < this.length ? index : -1;
  }

  /** Drops every record, mapped or not. */
  clear(): void {
    this.#first = this.numberOf(this.length);
    this.length = 0;
    this.#ended = NO_TIME;
    this.#wakes.fill(0);
    this.#forgetAnnotations();
  }

  /** Kind of the last record, 0 when there is none. */
  get lastKind(): number {
    return this.length === 0
      ? 0
      : this.codes[(this.length - 1) * RAW_STRIDE] & 0xff;
  }

  /** Whole ticks from `base` to `time`, a reading of the clock. */
  ticksAt(time: number): number {
    return (time - this.base) * TICKS_PER_MS | 0;
  }

  /** Times count from `base` from now on; those of records still in are lost. */
  rebase(base: number): void {
    this.base = base;
    this.times.fill(NO_TIME, 0, this.length);
  }

  /**
   * Drops the first `count` records. The rest, which are Awaits, moves to the
   * beginning.
   */
  drop(count: number): void {
    if (this.annotations.length > 0) this.#forgetAnnotations();
    this.#first = this.numberOf(count);
    if (count === this.length) {
      this.length = 0;
      return;
    }
    this.codes.copyWithin(0, count * RAW_STRIDE, this.length * RAW_STRIDE);
    this.times.copyWithin(0, count, this.length);
    this.length -= count;
  }
}
