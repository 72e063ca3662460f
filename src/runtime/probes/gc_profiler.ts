/**
 * Garbage collections by V8's `GCProfiler`: kind and duration of each, but not
 * when. It is asked in short windows, and a collection drawn inside the longest
 * turn of its window: that one has most likely filled the heap.
 */

import type { Collection, CollectionProbe } from "../../core/probe.ts";
import { builtin } from "../builtins.ts";
import { collectionName } from "./collection_names.ts";

/** The part of `v8.GCProfiler` that is used here. */
export interface GcProfiler {
  start(): void;
  stop(): {
    readonly statistics: readonly {
      readonly gcType: string;
      readonly cost: number;
    }[];
  } | undefined;
}

/** Length of a window: asking takes a few microseconds. */
const WINDOW_MS = 10;

/** What the trace says behind the name of each. */
export const APPROXIMATE = " (time approximate)";

/**
 * Watches by the profiler that the runtime has.
 *
 * @param costsPerMs how many of the unit of `cost` are a millisecond
 */
export function gcProfilerProbe(costsPerMs: number): CollectionProbe {
  let profiler: GcProfiler | undefined;
  let report: (collections: readonly Collection[]) => void = () => {};

  function begin(): void {
    const { GCProfiler } = builtin("node:v8")!;
    profiler = new GCProfiler!();
    profiler.start();
  }

  return {
    everyMs: WINDOW_MS,
    start(receive) {
      report = receive;
      begin();
    },
    collect(began, ended) {
      const found = profiler?.stop()?.statistics ?? [];
      begin();
      if (found.length === 0) return;
      const costs = found.map(({ cost }) => cost / costsPerMs);
      const times = placed(costs, began, ended);
      report(times.map(([first, last], index) => ({
        began: first,
        ended: last,
        kind: collectionName(found[index].gcType, APPROXIMATE),
      })));
    },
    stop() {
      profiler?.stop();
      profiler = undefined;
      report = () => {};
    },
  };
}

/**
 * Begin and end of each of `costs` between `began` and `ended`, with equal
 * pauses between them; without room they are cut.
 */
function placed(
  costs: readonly number[],
  began: number,
  ended: number,
): (readonly [number, number])[] {
  const sum = costs.reduce((total, cost) => total + cost, 0);
  const room = Math.max(0, ended - began);
  const pause = Math.max(0, room - sum) / (costs.length + 1);
  const scale = sum > room ? room / sum : 1;
  let at = began;
  return costs.map((cost) => {
    const first = at + pause;
    at = first + cost * scale;
    return [first, at];
  });
}
