/**
 * Two logs for each second of a recording: what it cost, and how busy the loop
 * was, with the runtime's own figures beside ours.
 */

import type { Clock } from "./clock.ts";
import type { LoopFigures, LoopUtilization } from "./loop_figures.ts";
import type { LoadProbe } from "./probe.ts";
import { recordsSince } from "./raw_log.ts";

/** Categories of the logs; their messages are JSON. */
export const COST_CATEGORY = "looptrace.cost";
export const LOAD_CATEGORY = "looptrace.load";

/** Time between two logs, in milliseconds. The flushes decide when exactly. */
const EVERY_MS = 980;

/** Shortest time worth logs of its own at the end of a trace. */
const MIN_MS = 100;

/** Readings of the clock that tell how long one takes. */
const READINGS = 64;

/** What a recording has cost up to now. */
export interface CostFigures {
  /** Milliseconds spent on mapping and encoding, on stacks, on probes. */
  readonly mappingMs: number;
  readonly stacksMs: number;
  readonly probesMs: number;
  /** Raw records that hooks and wrappers have written, see `RawLog.appended`. */
  readonly records: number;
  /** Calls of wrapped functions. */
  readonly calls: number;
  /** Events written. */
  readonly events: number;
}

/** What it works with. */
export interface LoadLogHost {
  readonly clock: Clock;
  readonly figures: LoopFigures;
  costs(): CostFigures;
  /** Writes a log. */
  log(category: string, message: string, now: number): void;
  /** Runs a piece of the tracer's own. */
  silently(fn: () => void): void;
  /** Says in the statistics what is not measured, and why. */
  note(text: string): void;
}

/** See the head of this file. */
export class LoadLog {
  readonly #probe: LoadProbe | undefined;
  readonly #host: LoadLogHost;
  #isOn = false;
  #hasProbe = false;
  #at = 0;
  #costs: CostFigures | undefined;
  #load: LoopUtilization | undefined;
  /** Milliseconds that a reading of the clock takes. */
  #readingMs = 0;

  constructor(probe: LoadProbe | undefined, host: LoadLogHost) {
    this.#probe = probe;
    this.#host = host;
  }

  /** A recording begins. */
  start(): void {
    const { clock, costs } = this.#host;
    this.#isOn = true;
    this.#readingMs = timeOfReading(clock);
    this.#at = clock.now();
    this.#costs = costs();
    this.#load = undefined;
    this.#hasProbe = this.#probe !== undefined;
    this.#tryProbe(() => this.#probe?.start());
  }

  /** Writes the logs if they are due. To be called at each flush. */
  tick(now: number): void {
    if (this.#isOn && now - this.#at >= EVERY_MS) this.#write(now);
  }

  /** Writes what has come since the last logs: a trace ends. */
  finish(now: number): void {
    if (this.#isOn && now - this.#at >= MIN_MS) this.#write(now);
  }

  /** The recording ends. */
  stop(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    if (this.#hasProbe) this.#tryProbe(() => this.#probe!.stop());
    this.#hasProbe = false;
  }

  #write(now: number): void {
    const { log } = this.#host;
    const seconds = (now - this.#at) / 1000;
    const cost = this.#cost(seconds);
    const load = this.#readLoad(now, seconds);
    this.#at = now;
    log(COST_CATEGORY, JSON.stringify(cost, shortened), now);
    log(LOAD_CATEGORY, JSON.stringify(load, shortened), now);
  }

  #cost(seconds: number): Record<string, number> {
    const before = this.#costs!;
    const costs = this.#costs = this.#host.costs();
    const since = (name: keyof CostFigures) => costs[name] - before[name];
    // Hooks are too short to be timed: most of it is a reading of the clock.
    const records = recordsSince(costs.records, before.records);
    const hooksMs = records * this.#readingMs;
    const spent = [since("mappingMs"), since("stacksMs"), since("probesMs")];
    const sum = spent.reduce((total, ms) => total + ms, hooksMs);
    return {
      seconds,
      share: sum / (seconds * 1000),
      mappingMs: spent[0],
      stacksMs: spent[1],
      probesMs: spent[2],
      hooksMsEstimated: hooksMs,
      records,
      wrappedCalls: since("calls"),
      eventsPerSecond: since("events") / seconds,
    };
  }

  #readLoad(now: number, seconds: number): Record<string, unknown> {
    const { figures } = this.#host;
    const load = figures.since(now, this.#load);
    this.#load = load;
    let runtime: Readonly<Record<string, number>> | undefined;
    if (this.#hasProbe) this.#tryProbe(() => runtime = this.#probe!.read());
    return {
      seconds,
      utilization: load?.utilization,
      busyMs: load?.busyMs,
      longestTurnMs: load?.longestTurnMs,
      runtime,
    };
  }

  #tryProbe(piece: () => void): void {
    try {
      this.#host.silently(piece);
    } catch (error) {
      this.#hasProbe = false;
      const why = error instanceof Error ? error.message : String(error);
      this.#host.note(`the runtime's own load is not measured: ${why}`);
    }
  }
}

/** Six decimals are enough. */
function shortened(_name: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value;
}

function timeOfReading(clock: Clock): number {
  const began = clock.now();
  for (let i = 2; i < READINGS; i++) clock.now();
  return (clock.now() - began) / READINGS;
}
