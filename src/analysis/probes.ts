/** The heap, its collections and the CPU samples of a trace: what probes have told. */

import { EventType } from "../format/event_catalogue.ts";
import type { Trace } from "../format/trace.ts";

/** Bytes of the heap; one figure for all threads. */
export interface HeapSummary {
  /** The most that was in use when it was looked at, and what was in the end. */
  readonly peak: number;
  readonly last: number;
}

/** What probes have told of the whole trace. */
export interface ProbeSummary {
  /** Garbage collections. */
  readonly collections: number;
  /** Undefined where the trace says nothing of the heap. */
  readonly heap: HeapSummary | undefined;
  /** CPU samples. */
  readonly cpuSamples: number;
}

/** Sums up what probes have told in `trace`. */
export function summarizeProbes({ events }: Trace): ProbeSummary {
  const { type, length } = events;
  let collections = 0;
  let cpuSamples = 0;
  let peak = 0;
  let last: number | undefined;
  for (let row = 0; row < length; row++) {
    switch (type[row]) {
      case EventType.GCStart:
        collections++;
        break;
      case EventType.CPUSample:
        cpuSamples++;
        break;
      case EventType.HeapAlloc:
        last = events.argument(row, 0);
        peak = Math.max(peak, last);
    }
  }
  const heap = last === undefined ? undefined : { peak, last };
  return { collections, heap, cpuSamples };
}
