/**
 * Compares a trace with the truth by time alone: who ran when, what it waited for and who woke it. Names do not count.
 *
 * A *family* is all that has to live in one goroutine: an activation, those that it awaits directly or returns, and
 * theirs. Families may be *kin*: nothing tells whether one is a call of the other or goes on beside it, so that either
 * is right.
 */
import {
  FIRST_BLOCKED,
  RUNNING,
  walkSpans,
} from "../../../src/analysis/spans.ts";
import { ACTIVITIES } from "../../../src/analysis/spans.ts";
import { EventType } from "../../../src/format/event_catalogue.ts";
import type { Trace } from "../../../src/format/trace.ts";
import { Callback, Mode, Wait } from "./kinds.mjs";
import type {
  Await,
  Segment,
  Settlement,
  Slice,
  Truth,
  Unit,
} from "./truth.ts";

/** What one front end says of some programs. */
export interface Findings {
  /** Awaits that went on, so that the goroutine after can be compared. */
  awaits: number;
  wrongLinks: number;
  /** Slices that are in their goroutine, but some time of which is put down to a call made in them. */
  misbilled: number;
  /** Slices of callbacks of timers and immediates, and those in another goroutine than their own. */
  callbacks: number;
  wrongCallbacks: number;
  /** First slices of calls that go on beside their caller, where these are recorded. */
  firsts: number;
  wrongFirsts: number;
  /** Waits whose end has a known cause: recorded rightly, put down to the loop, and put down to someone else. */
  wakes: { right: number; unrecorded: number; wrong: number; unseen: number };
  /** Waits of which is known what for: named rightly, not named, and named as something else. */
  reasons: { right: number; unknown: number; wrong: number };
  /** What was wrong, as sentences. */
  readonly details: string[];
}

export interface CompareOptions {
  /** What the program's clock said at the trace's first event, in milliseconds. */
  readonly origin: number;
  /** Kinds of awaits, as `Wait`, that this front end cannot see: what follows them is not judged. */
  readonly unseen?: readonly number[];
  /** True if a call that its caller returns may as well be a goroutine of its own. @default {false} */
  readonly areReturnsFree?: boolean;
  /** True if what a call does before its first wait is recorded as its own. */
  readonly hasFirsts: boolean;
}

export function noFindings(): Findings {
  return {
    awaits: 0,
    wrongLinks: 0,
    misbilled: 0,
    callbacks: 0,
    wrongCallbacks: 0,
    firsts: 0,
    wrongFirsts: 0,
    wakes: { right: 0, unrecorded: 0, wrong: 0, unseen: 0 },
    reasons: { right: 0, unknown: 0, wrong: 0 },
    details: [],
  };
}

/** Adds `more` to `sum`. */
export function addFindings(sum: Findings, more: Findings): void {
  sum.awaits += more.awaits;
  sum.wrongLinks += more.wrongLinks;
  sum.misbilled += more.misbilled;
  sum.callbacks += more.callbacks;
  sum.wrongCallbacks += more.wrongCallbacks;
  sum.firsts += more.firsts;
  sum.wrongFirsts += more.wrongFirsts;
  for (const key of ["right", "unrecorded", "wrong", "unseen"] as const) {
    sum.wakes[key] += more.wakes[key];
  }
  for (const key of ["right", "unknown", "wrong"] as const) {
    sum.reasons[key] += more.reasons[key];
  }
  sum.details.push(...more.details);
}

/** Compares what a program told of itself with what its trace says. */
export function compare(
  truth: Truth,
  trace: Trace,
  options: CompareOptions,
): Findings {
  return new Comparison(truth, new SpanIndex(trace), options).run();
}

/** A time in which a goroutine did one thing, in nanoseconds. */
interface Span {
  readonly go: number;
  readonly activity: number;
  readonly begin: number;
  readonly end: number;
  /** Goroutine that did what ended the span; 0 for the loop. */
  readonly endedBy: number;
}

/** The spans of a trace. */
class SpanIndex {
  /** What ran, in order of time. */
  readonly running: Span[] = [];
  /** The other spans of each goroutine, in order of time. */
  readonly others = new Map<number, Span[]>();
  /** When the loop woke up. */
  readonly #wakes: number[] = [];

  constructor(trace: Trace) {
    const { events } = trace;
    for (let row = 0; row < events.length; row++) {
      if (events.type[row] === EventType.ProcStart) {
        this.#wakes.push(events.time[row]);
      }
    }
    walkSpans(trace, {
      created() {},
      ended() {},
      span: (go, activity, begin, end, _row, endRow) => {
        const endedBy = endRow < 0 ? 0 : events.go[endRow];
        const span = { go, activity, begin, end, endedBy };
        if (activity === RUNNING) this.running.push(span);
        else {
          let list = this.others.get(go);
          if (list === undefined) this.others.set(go, list = []);
          list.push(span);
        }
      },
    });
    this.running.sort((one, other) => one.begin - other.begin);
  }

  /** True if the loop did not sleep between the two times. */
  areTogether(one: number, other: number): boolean {
    const [early, late] = one < other ? [one, other] : [other, one];
    return !this.#wakes.some((wake) => early < wake && wake <= late);
  }

  /** The goroutine that runs at `time`; 0 for none. */
  at(time: number): number {
    let low = 0;
    let high = this.running.length;
    while (low < high) {
      const middle = low + high >> 1;
      if (this.running[middle].begin <= time) low = middle + 1;
      else high = middle;
    }
    // Spans of no length may lie at the end of a longer one.
    for (let i = low - 1; i >= 0 && i >= low - 8; i--) {
      const { begin, end, go } = this.running[i];
      if (begin <= time && time < end) return go;
    }
    return 0;
  }
}

/** Slices whose goroutine counts, with the goroutine of each piece. */
interface Place {
  readonly unit: Unit;
  readonly slice: Slice;
  readonly goroutines: readonly number[];
}

class Comparison {
  readonly #truth: Truth;
  readonly #spans: SpanIndex;
  readonly #origin: number;
  readonly #hasFirsts: boolean;
  readonly #unseen: readonly number[];
  readonly #areReturnsFree: boolean;
  readonly #found = noFindings();
  /** Parent in the forest of families. */
  readonly #parents = new Map<number, number>();
  readonly #kin = new Map<number, Set<number>>();
  /** Each await by the time at which it began. */
  readonly #waits = new Map<number, Await>();
  /** The goroutine in which most of a family was. */
  readonly #homes = new Map<number, number>();
  /** The family of which most was in a goroutine. */
  readonly #owners = new Map<number, number>();

  constructor(
    truth: Truth,
    spans: SpanIndex,
    { origin, hasFirsts, areReturnsFree = false, unseen = [] }: CompareOptions,
  ) {
    this.#truth = truth;
    this.#spans = spans;
    this.#origin = origin;
    this.#hasFirsts = hasFirsts;
    this.#unseen = unseen;
    this.#areReturnsFree = areReturnsFree;
    for (const one of truth.awaits) this.#waits.set(one.begin, one);
  }

  run(): Findings {
    this.#joinFamilies();
    const places = this.#places();
    this.#findHomes(places);
    this.#joinKin();
    this.#findHomes(places);
    for (const place of places) this.#judgePlace(place);
    for (const one of this.#truth.awaits) this.#judgeWait(one);
    return this.#found;
  }

  // Families.

  #family(id: number): number {
    const parent = this.#parents.get(id) ?? id;
    return parent === id ? id : this.#family(parent);
  }

  #joinFamilies(): void {
    for (const { id, caller, mode } of this.#truth.units.values()) {
      const isCall = mode === Mode.Awaited ||
        mode === Mode.Returned && !this.#areReturnsFree;
      if (isCall) {
        this.#parents.set(this.#family(id), this.#family(caller));
      }
    }
    for (const unit of this.#truth.units.values()) {
      const { id, caller, mode, callback } = unit;
      const isFree = mode === Mode.Either || mode === Mode.Generator ||
        mode === Mode.Callback || callback === Callback.Then ||
        mode === Mode.Returned && this.#areReturnsFree;
      if (!isFree) continue;
      this.#makeKin(id, caller);
      // A then-callback, and what it calls, may be in the goroutine of what it follows.
      if (mode === Mode.Callback || callback === Callback.Then) {
        for (const other of this.#truth.units.values()) {
          if (other.caller === caller && other.mode === Mode.Either) {
            this.#makeKin(id, other.id);
          }
        }
      }
    }
  }

  #makeKin(one: number, other: number): void {
    const families = [this.#family(one), this.#family(other)];
    for (const [family, kin] of [families, families.toReversed()]) {
      let set = this.#kin.get(family);
      if (set === undefined) this.#kin.set(family, set = new Set());
      set.add(kin);
    }
  }

  /**
   * Kin that share a goroutine are one family from now on; so are the kin of one of which it is not known where it was.
   */
  #joinKin(): void {
    for (const [one, others] of this.#kin) {
      const home = this.#homes.get(one);
      const group = home === undefined ? [...others] : [one, ...others];
      const byHome = new Map<number, number>();
      for (const member of group) {
        const at = this.#homes.get(member);
        if (at === undefined) continue;
        const first = byHome.get(at);
        if (first === undefined) byHome.set(at, member);
        // Of one that is at home elsewhere the kin are no kin of each other.
        else if (home === undefined || at === home) {
          this.#parents.set(this.#family(member), this.#family(first));
        }
      }
    }
    const before = [...this.#kin];
    this.#kin.clear();
    for (const [one, others] of before) {
      for (const other of others) this.#makeKin(one, other);
    }
  }

  #isKin(one: number, other: number): boolean {
    return one === other || this.#kin.get(one)?.has(other) === true;
  }

  // Places.

  #ns(time: number): number {
    return (time - this.#origin) * 1e6;
  }

  #goroutineIn({ begin, end }: Segment): number {
    return this.#spans.at(this.#ns((begin + end) / 2));
  }

  #places(): Place[] {
    const places: Place[] = [];
    for (const unit of this.#truth.units.values()) {
      for (const slice of unit.slices) {
        if (slice.segments.length === 0) continue;
        const goroutines = slice.segments.map((one) => this.#goroutineIn(one));
        places.push({ unit, slice, goroutines });
      }
    }
    return places;
  }

  /** True if the slice has to be in a goroutine of its family's. */
  #counts({ unit, slice }: Place): boolean {
    if (unit.callback !== 0) return ownsGoroutine(unit.callback);
    if (this.#unseen.includes(slice.after)) return false;
    if (!slice.isFirst) return true;
    // What a callback or a consumer calls begins in their goroutine.
    return this.#hasFirsts && unit.suspends &&
      unit.mode !== Mode.Generator && unit.mode !== Mode.Callback;
  }

  #findHomes(places: readonly Place[]): void {
    this.#homes.clear();
    this.#owners.clear();
    const votes = new Map<number, Map<number, number>>();
    for (const place of places) {
      if (!this.#counts(place) || place.unit.mode === Mode.Generator) continue;
      if (place.slice.isFirst && place.unit.callback === 0) continue;
      const family = this.#family(place.unit.id);
      let own = votes.get(family);
      if (own === undefined) votes.set(family, own = new Map());
      for (const [index, go] of place.goroutines.entries()) {
        // By a call the time may be put down to that; better than nothing.
        const weight = this.#isByCall(place, index) ? 1e-3 : 1;
        if (go !== 0) own.set(go, (own.get(go) ?? 0) + weight);
      }
    }
    const best = new Map<number, number>();
    for (const [family, own] of votes) {
      let most = 0;
      for (const [go, count] of own) {
        if (count > most) {
          most = count;
          this.#homes.set(family, go);
        }
        if (count > (best.get(go) ?? 0)) {
          best.set(go, count);
          this.#owners.set(go, family);
        }
      }
    }
  }

  /** True if `go` is a goroutine in which the unit may be. */
  #isAtHome(unit: Unit, go: number): boolean {
    if (go === 0) return false;
    const family = this.#family(unit.id);
    const owner = this.#owners.get(go);
    if (owner === undefined) return unit.mode === Mode.Generator;
    if (owner === family) {
      return unit.mode === Mode.Generator || this.#homes.get(family) === go;
    }
    return this.#isKin(family, owner);
  }

  #judgePlace(place: Place): void {
    const { unit, slice, goroutines } = place;
    if (!this.#counts(place)) return;
    const found = this.#found;
    let isRight = goroutines.every((go) => this.#isAtHome(unit, go));
    if (!isRight && !slice.isFirst && this.#isMisbilled(place)) {
      found.misbilled++;
      isRight = true;
    }
    if (unit.callback !== 0) {
      found.callbacks++;
      if (!isRight) found.wrongCallbacks++;
    } else if (slice.isFirst) {
      found.firsts++;
      if (!isRight) found.wrongFirsts++;
    } else {
      found.awaits++;
      if (!isRight) found.wrongLinks++;
    }
    if (isRight) return;
    const home = this.#homes.get(this.#family(unit.id));
    found.details.push(
      `${describe(unit)} after ${nameOf(Wait, slice.after)} at ${
        this.#ns(slice.segments[0].begin) / 1e3 | 0
      } us: in goroutine ${goroutines}, not ${home} (which is of ${
        this.#owners.get(home ?? 0)
      }; ${goroutines[0]} is of ${this.#owners.get(goroutines[0])})`,
    );
  }

  /**
   * True if the slice is in its goroutine, but for time that is put down to a call made in it: with the transform, a
   * call may begin at the last reading of the clock and last until the next.
   */
  #isMisbilled(place: Place): boolean {
    const { unit, goroutines } = place;
    return goroutines.every((go, index) =>
      this.#isAtHome(unit, go) ||
      this.#isByCall(place, index) && this.#isCalleeOf(unit, go)
    );
  }

  /** True if a call is made directly before or after a piece of the slice. */
  #isByCall({ unit, slice }: Place, index: number): boolean {
    if (slice.segments.length > 1) return true;
    if (unit.returned > 0 && slice === unit.slices.at(-1)) return true;
    const wait = this.#waits.get(slice.segments[index].end);
    return wait !== undefined && CALLS.includes(wait.wait);
  }

  /** True if the goroutine is of what the unit called, directly or not. */
  #isCalleeOf(unit: Unit, go: number): boolean {
    const owner = this.#owners.get(go);
    for (const { id, caller } of this.#truth.units.values()) {
      if (this.#family(id) !== owner) continue;
      for (let at = caller; at > 0;) {
        if (at === unit.id) return true;
        at = this.#truth.units.get(at)?.caller ?? 0;
      }
    }
    return false;
  }

  // Waits.

  /**
   * What may have ended the wait, the likeliest first; none where that cannot be said. A promise that gives on another
   * is settled some microtasks after that, so of several that were settled before the loop slept again each may have
   * been the first or the last.
   */
  #causes(one: Await): Settlement[] {
    const { wait, members, count } = one;
    if (members.length < count) return [];
    const all = members.map((id) => this.#settlementOf(id));
    const known = all.filter((settlement) => settlement !== undefined);
    if (all.length === 0 || known.length < all.length) return [];
    known.sort((a, b) => a.time - b.time);
    let first: Settlement;
    switch (wait) {
      case Wait.Deferred:
      case Wait.Kept:
      case Wait.Race:
        first = known[0];
        break;
      case Wait.All:
        first = known.find(({ threw }) => threw) ?? known.at(-1)!;
        break;
      case Wait.Settled:
        first = known.at(-1)!;
        break;
      default:
        return [];
    }
    const isTogether = ({ time }: Settlement) =>
      this.#spans.areTogether(this.#ns(time), this.#ns(first.time));
    return [first, ...known.filter(isTogether)];
  }

  #settlementOf(id: number): Settlement | undefined {
    const unit = this.#truth.units.get(id);
    if (unit !== undefined && unit.returned > 0) {
      return this.#settlementOf(unit.returned);
    }
    return this.#truth.settlements.get(id);
  }

  #judgeWait(one: Await): void {
    if (Number.isNaN(one.end)) return;
    const { unit } = one;
    // What it waited for was a call of its own: the wait is the callee's.
    const isOwn = one.wait === Wait.Kept &&
      one.members.some((id) => this.#family(id) === this.#family(unit.id));
    if (isOwn) return;
    const next = unit.slices.find(({ segments }) =>
      segments.length > 0 && segments[0].begin === one.end
    );
    if (next === undefined) return;
    const go = this.#goroutineIn(next.segments[0]);
    // A wait in a wrong goroutine is a wrong link, and was counted.
    if (!this.#isAtHome(unit, go)) return;
    const blocked = this.#blockOf(go, one);
    this.#judgeReason(one, blocked);
    this.#judgeWake(one, blocked);
  }

  /** The wait of the goroutine that lies in that of the program; undefined if it did not block. */
  #blockOf(go: number, one: Await): Span | undefined {
    const begin = this.#ns(one.begin);
    const end = this.#ns(one.end);
    return this.#spans.others.get(go)?.findLast((span) =>
      span.activity >= FIRST_BLOCKED && span.end <= end && span.end > begin
    );
  }

  #judgeReason(one: Await, blocked: Span | undefined): void {
    const wanted = REASONS[one.wait];
    if (wanted === undefined || blocked === undefined) return;
    const name = ACTIVITIES[blocked.activity];
    const { reasons, details } = this.#found;
    if (wanted.includes(name)) reasons.right++;
    else if (name === "unknown") reasons.unknown++;
    else {
      reasons.wrong++;
      details.push(
        `${describe(one.unit)} waits for ${
          nameOf(Wait, one.wait)
        }, the trace says ${name} at ${this.#ns(one.begin) / 1e3 | 0} us`,
      );
    }
  }

  #judgeWake(one: Await, blocked: Span | undefined): void {
    const { wakes } = this.#found;
    if (one.wait === Wait.Sleep) {
      if (blocked === undefined) wakes.unseen++;
      else if (blocked.endedBy === 0) wakes.right++;
      else this.#wrongWake(one, blocked.endedBy, "the loop");
      return;
    }
    const causes = this.#causes(one);
    // Settled before, it has no end that anybody brought about.
    if (causes.length === 0 || !(causes[0].time > one.begin)) return;
    if (blocked === undefined) {
      wakes.unseen++;
      return;
    }
    const { endedBy } = blocked;
    if (endedBy === 0) {
      wakes.unrecorded++;
      return;
    }
    // Of what ran in a wrong goroutine the link is wrong, and was counted.
    if (causes.some((cause) => this.#isMisplaced(cause))) return;
    // What gives on the promise of another is the engine's, or a call that never waited: nobody's.
    const isNobodys = this.#owners.get(endedBy) === undefined &&
      one.members.some((id) =>
        (this.#truth.units.get(id)?.returned ?? 0) !== 0
      );
    const isRight = isNobodys ||
      causes.some(({ by, time }) => this.#isSettlerAt(by, time, endedBy));
    if (isRight) {
      wakes.right++;
      return;
    }
    const settler = this.#truth.units.get(causes[0].by);
    const name = settler === undefined ? "the driver" : describe(settler);
    this.#wrongWake(one, endedBy, name);
  }

  /** True if who settled it was at that time in a goroutine that is not its own. */
  #isMisplaced({ by, time }: Settlement): boolean {
    const unit = this.#truth.units.get(by);
    if (unit === undefined || unit.callback !== 0) return false;
    const slice = sliceAt(unit, time);
    return slice !== undefined && !slice.isFirst &&
      !slice.segments.some((one) =>
        this.#isAtHome(unit, this.#goroutineIn(one))
      );
  }

  #wrongWake(one: Await, endedBy: number, settler: string): void {
    this.#found.wakes.wrong++;
    this.#found.details.push(
      `${describe(one.unit)} waits for ${nameOf(Wait, one.wait)} from ${
        this.#ns(one.begin) / 1e3 | 0
      } to ${
        this.#ns(one.end) / 1e3 | 0
      } us, settled by ${settler}; the trace says goroutine ${endedBy}, of ${
        this.#owners.get(endedBy)
      }`,
    );
  }

  /** True if a wake by goroutine `go` is one by the unit `id` at `time`. */
  #isSettlerAt(id: number, time: number, go: number): boolean {
    const unit = this.#truth.units.get(id);
    const owner = this.#owners.get(go);
    // The driver, and callbacks that are no goroutine by themselves.
    if (unit === undefined) return owner === undefined;
    if (unit.callback !== 0 && !ownsGoroutine(unit.callback)) {
      return owner === undefined || this.#isKin(this.#family(id), owner);
    }
    const slice = sliceAt(unit, time);
    const isFirst = slice?.isFirst === true && unit.callback === 0;
    if (isFirst && go === this.#goroutineIn(slice.segments.at(-1)!)) {
      // What a call does before its first wait is its caller's.
      return true;
    }
    return this.#isAtHome(unit, go);
  }
}

/** The slice of the unit that ran at `time` or ended before. */
function sliceAt(unit: Unit, time: number): Slice | undefined {
  return unit.slices.findLast(({ segments }) =>
    segments.length > 0 && segments[0].begin <= time
  );
}

/** True if a callback of this kind is a goroutine whatever it does. */
function ownsGoroutine(callback: number): boolean {
  return callback === Callback.Timer || callback === Callback.Interval ||
    callback === Callback.Immediate;
}

/** Awaits whose operand makes calls. */
const CALLS: readonly number[] = [
  Wait.Call,
  Wait.All,
  Wait.Settled,
  Wait.Race,
  Wait.Any,
  Wait.Then,
  Wait.Finally,
  Wait.Generator,
];

/** What the trace may say of a wait, in the words of `ACTIVITIES`. */
const REASONS: { readonly [wait: number]: readonly string[] } = {
  [Wait.Sleep]: ["sleep"],
  [Wait.Kept]: ["cond"],
  [Wait.All]: ["sync"],
  [Wait.Settled]: ["sync"],
  [Wait.Race]: ["select"],
  [Wait.Any]: ["select"],
  // Nothing tells what these are: naming them is wrong.
  [Wait.Immediate]: [],
  [Wait.Tick]: [],
  [Wait.Microtask]: [],
  [Wait.Deferred]: [],
  [Wait.Subclass]: [],
};

function describe({ id, caller, mode, callback }: Unit): string {
  return callback === 0
    ? `activation ${id} (${nameOf(Mode, mode)} by ${caller})`
    : `callback ${id} (${nameOf(Callback, callback)} of ${caller})`;
}

function nameOf(
  names: Readonly<Record<string, number>>,
  value: number,
): string {
  return Object.entries(names).find(([, one]) => one === value)?.[0] ??
    String(value);
}
