/** How busy each loop was over time. */

import type { Trace } from "../format/trace.ts";
import { RUNNING, type SpanSink, walkSpans } from "./spans.ts";

/** Busy shares of one processor in equal parts of the trace. */
export interface Utilisation {
  readonly p: number;
  /** Share of each part in which a goroutine ran, 0 to 1. */
  readonly shares: readonly number[];
}

/** Divides `trace` into `parts` of equal length and tells how busy each processor was in each; by number of processor. */
export function utilisation(trace: Trace, parts: number): Utilisation[] {
  const sums = new BusyTimes(trace.duration, parts);
  walkSpans(trace, sums);
  return sums.result(trace);
}

/** Collects running time by processor and part; a sink to use beside others in one walk. */
export class BusyTimes implements SpanSink {
  readonly #parts: number;
  readonly #width: number;
  /** By processor's dense index. */
  readonly #busy: Map<number, Float64Array> = new Map();

  constructor(duration: number, parts: number) {
    this.#parts = parts;
    this.#width = Math.max(duration, 1) / parts;
  }

  created(): void {}

  ended(): void {}

  span(
    _go: number,
    activity: number,
    begin: number,
    end: number,
    _row: number,
    _endRow: number,
    proc: number,
  ): void {
    if (activity !== RUNNING) return;
    let busy = this.#busy.get(proc);
    if (busy === undefined) {
      this.#busy.set(proc, busy = new Float64Array(this.#parts));
    }
    const width = this.#width;
    const last = this.#parts - 1;
    const first = Math.min(last, Math.floor(begin / width));
    const final = Math.min(last, Math.floor(end / width));
    if (first === final) {
      busy[first] += end - begin;
      return;
    }
    busy[first] += (first + 1) * width - begin;
    for (let part = first + 1; part < final; part++) busy[part] += width;
    busy[final] += end - final * width;
  }

  result(trace: Trace): Utilisation[] {
    return [...this.#busy].map(([proc, busy]) => ({
      p: trace.procs.ids[proc],
      shares: Array.from(busy, (time) => Math.min(1, time / this.#width)),
    })).sort((a, b) => a.p - b.p);
  }
}
