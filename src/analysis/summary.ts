/** Where the time went, by entry function of the goroutines. */

import { EventType } from "../format/event_catalogue.ts";
import type { Trace } from "../format/trace.ts";
import { type Annotations, findAnnotations } from "./annotations.ts";
import { type Coverage, WaitCoverage } from "./coverage.ts";
import { type ProbeSummary, summarizeProbes } from "./probes.ts";
import {
  ACTIVITIES,
  type Activity,
  FIRST_BLOCKED,
  RUNNABLE,
  RUNNING,
  type SpanSink,
  SYSCALL,
  walkSpans,
} from "./spans.ts";
import { BusyTimes } from "./utilisation.ts";

/** Name of goroutines whose creation tells no entry function. */
export const UNKNOWN_ENTRY = "(unknown)";

/** What the goroutines of one entry function did. Times are nanoseconds. */
export interface EntrySummary {
  /** Function that the goroutines began in. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Goroutines. */
  readonly count: number;
  /** Those of them that ended within the trace. */
  readonly ended: number;
  /** Time on a processor. */
  readonly running: number;
  /** Time ready to run, waiting for a processor. */
  readonly runnable: number;
  /** Time in system calls that blocked. */
  readonly syscall: number;
  /** Time blocked, all reasons together. */
  readonly blocked: number;
  /** Time blocked by reason, the reasons that occur. */
  readonly blockedBy: Partial<Record<Activity, number>>;
  /** Time that garbage collection was under way while they existed. */
  readonly gc: number;
  /** Longest uninterrupted time on a processor. */
  readonly longestRun: number;
}

/** How busy one processor was. */
export interface ProcSummary {
  readonly p: number;
  /** Nanoseconds in which a goroutine ran. */
  readonly running: number;
  /** Share of each twentieth of the trace in which one ran, 0 to 1. */
  readonly shares: readonly number[];
}

/** The whole of a trace. Times are nanoseconds. */
export interface Summary {
  readonly version: number;
  readonly events: number;
  readonly goroutines: number;
  readonly duration: number;
  readonly gc: number;
  /** By running time, the longest first. */
  readonly entries: readonly EntrySummary[];
  /** Processors that ran something, by number. */
  readonly procs: readonly ProcSummary[];
  /** How much of the time blocked has a reason. */
  readonly coverage: Coverage;
  /** Collections, heap and CPU samples. */
  readonly probes: ProbeSummary;
  /** User tasks, regions and logs. */
  readonly annotations: Annotations;
}

/** Parts of the trace for which a processor's share is told. */
const PARTS = 20;

/** Sums up all goroutines of `trace`. */
export function summarize(trace: Trace): Summary {
  const sums = new Sums(trace);
  walkSpans(trace, sums);
  return sums.result();
}

/** Sums of one entry, indexed by activity where they are arrays. */
interface Entry {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  count: number;
  ended: number;
  readonly times: Float64Array;
  gc: number;
  longestRun: number;
}

class Sums implements SpanSink {
  readonly #trace: Trace;
  readonly #entries: Entry[] = [];
  readonly #entryByPlace: Map<string, number> = new Map();
  /** Entry by stack index, plus one; 0 not looked up yet. */
  #entryByStack: Uint32Array = new Uint32Array(256);
  /** Entry by goroutine. */
  readonly #entryByGo: Uint32Array;
  /** Collection time before a goroutine was created, by goroutine. */
  readonly #gcBefore: Float64Array;
  readonly #runningByProc: Float64Array;
  readonly #busy: BusyTimes;
  readonly #coverage: WaitCoverage;
  readonly #collections: CollectionClock;
  /** 1 for a goroutine that exists. */
  readonly #isAlive: Uint8Array;
  #goroutines: number = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
    const count = trace.goroutines.length;
    this.#entryByGo = new Uint32Array(count);
    this.#gcBefore = new Float64Array(count);
    this.#isAlive = new Uint8Array(count);
    this.#runningByProc = new Float64Array(trace.procs.length);
    this.#busy = new BusyTimes(trace.duration, PARTS);
    this.#coverage = new WaitCoverage(trace);
    this.#collections = new CollectionClock(trace);
  }

  created(go: number, time: number, stack: number): void {
    const entry = this.#entryOf(stack);
    this.#entryByGo[go] = entry;
    this.#entries[entry].count++;
    this.#isAlive[go] = 1;
    this.#gcBefore[go] = this.#collections.until(time);
    this.#goroutines++;
  }

  span(
    go: number,
    activity: number,
    begin: number,
    end: number,
    row: number,
    endRow: number,
    proc: number,
  ): void {
    const entry = this.#entries[this.#entryByGo[go]];
    const time = end - begin;
    entry.times[activity] += time;
    this.#coverage.span(go, activity, begin, end, row);
    if (activity !== RUNNING) return;
    this.#runningByProc[proc] += time;
    this.#busy.span(go, activity, begin, end, row, endRow, proc);
    if (time > entry.longestRun) entry.longestRun = time;
  }

  ended(go: number, time: number): void {
    const entry = this.#entries[this.#entryByGo[go]];
    entry.ended++;
    entry.gc += this.#collections.until(time) - this.#gcBefore[go];
    this.#isAlive[go] = 0;
  }

  result(): Summary {
    const trace = this.#trace;
    const gc = this.#collections.until(trace.duration);
    for (let go = 1; go < this.#isAlive.length; go++) {
      if (this.#isAlive[go] === 0) continue;
      this.#entries[this.#entryByGo[go]].gc += gc - this.#gcBefore[go];
    }
    const procs = this.#busy.result(trace).map(({ p, shares }) => ({
      p,
      running: this.#runningByProc[trace.procs.find(p)],
      shares,
    }));
    return {
      version: trace.version,
      events: trace.length,
      goroutines: this.#goroutines,
      duration: trace.duration,
      gc,
      entries: this.#entries.map(entrySummary).sort((a, b) =>
        b.running - a.running || b.count - a.count || compare(a.name, b.name)
      ),
      procs: procs.filter(({ running }) => running > 0),
      coverage: this.#coverage.result(),
      probes: summarizeProbes(trace),
      annotations: findAnnotations(trace),
    };
  }

  #entryOf(stack: number): number {
    if (stack >= this.#entryByStack.length) {
      const wider = new Uint32Array(2 * stack);
      wider.set(this.#entryByStack);
      this.#entryByStack = wider;
    }
    const known = this.#entryByStack[stack];
    if (known !== 0) return known - 1;
    const [frame] = this.#trace.stacks.frames(stack);
    const name = frame === undefined || frame.fn === ""
      ? UNKNOWN_ENTRY
      : frame.fn;
    const file = frame?.file ?? "";
    const line = frame?.line ?? 0;
    const place = `${name}\0${file}\0${line}`;
    let entry = this.#entryByPlace.get(place);
    if (entry === undefined) {
      entry = this.#entries.length;
      this.#entryByPlace.set(place, entry);
      this.#entries.push({
        name,
        file,
        line,
        count: 0,
        ended: 0,
        times: new Float64Array(ACTIVITIES.length),
        gc: 0,
        longestRun: 0,
      });
    }
    this.#entryByStack[stack] = entry + 1;
    return entry;
  }
}

function entrySummary(entry: Entry): EntrySummary {
  const { name, file, line, count, ended, times, gc, longestRun } = entry;
  const blockedBy: Partial<Record<Activity, number>> = {};
  let blocked = 0;
  for (let index = FIRST_BLOCKED; index < times.length; index++) {
    if (times[index] === 0) continue;
    blockedBy[ACTIVITIES[index]] = times[index];
    blocked += times[index];
  }
  return {
    name,
    file,
    line,
    count,
    ended,
    running: times[RUNNING],
    runnable: times[RUNNABLE],
    syscall: times[SYSCALL],
    blocked,
    blockedBy,
    gc,
    longestRun,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How much collection there was before a time; asked with times that do not go back. */
class CollectionClock {
  /** Begin and end, begin and end ... of all collections. */
  readonly #edges: number[] = [];
  #next: number = 0;
  #total: number = 0;

  constructor(trace: Trace) {
    const { type, time, length } = trace.events;
    for (let row = 0; row < length; row++) {
      const kind = type[row];
      if (kind === EventType.GCStart || kind === EventType.GCDone) {
        this.#edges.push(time[row]);
      }
    }
    if (this.#edges.length % 2 === 1) this.#edges.push(trace.duration);
  }

  until(time: number): number {
    const edges = this.#edges;
    while (this.#next < edges.length && edges[this.#next + 1] <= time) {
      this.#total += edges[this.#next + 1] - edges[this.#next];
      this.#next += 2;
    }
    const isOpen = this.#next < edges.length && edges[this.#next] < time;
    return this.#total + (isOpen ? time - edges[this.#next] : 0);
  }
}
