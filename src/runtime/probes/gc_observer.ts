/**
 * Garbage collections by Node's `PerformanceObserver`: kind, begin and duration
 * of each, exactly, one or two turns of the loop later.
 */

import type { Collection, CollectionProbe } from "../../core/probe.ts";
import { builtin } from "../builtins.ts";
import { collectionName } from "./collection_names.ts";

/** An entry of type `gc`; times are those of `performance.now()`. */
export interface GcEntry {
  readonly startTime: number;
  readonly duration: number;
  readonly detail?: { readonly kind?: number };
}

/** The part of an observer that is used here. */
export interface GcObserver {
  observe(options: { entryTypes: readonly string[] }): void;
  disconnect(): void;
  takeRecords(): readonly GcEntry[];
}

/** Of `perf_hooks.constants.NODE_PERFORMANCE_GC_*`. */
const KINDS: { readonly [kind: number]: string } = {
  1: "Scavenge",
  2: "MinorMarkSweep",
  4: "MarkSweepCompact",
  8: "IncrementalMarking",
  16: "ProcessWeakCallbacks",
};

/** Watches by the observer that the runtime has. */
export function gcObserverProbe(): CollectionProbe {
  let observer: GcObserver | undefined;
  let report: (collections: readonly Collection[]) => void = () => {};
  return {
    start(receive) {
      const { PerformanceObserver } = builtin("node:perf_hooks")!;
      report = receive;
      observer = new PerformanceObserver((list) =>
        report(list.getEntries().map(toCollection))
      );
      observer.observe({ entryTypes: ["gc"] });
    },
    collect() {
      report((observer?.takeRecords() ?? []).map(toCollection));
    },
    stop() {
      observer?.disconnect();
      observer = undefined;
      report = () => {};
    },
  };
}

function toCollection({ startTime, duration, detail }: GcEntry): Collection {
  return {
    began: startTime,
    ended: startTime + duration,
    kind: collectionName(KINDS[detail?.kind ?? 0]),
  };
}
