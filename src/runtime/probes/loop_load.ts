/**
 * The runtime's own figures of its loop: `eventLoopUtilization` and
 * `monitorEventLoopDelay` of `node:perf_hooks`, as far as they are more than
 * stubs.
 */

import type { LoadProbe } from "../../core/probe.ts";
import { builtin } from "../builtins.ts";

/** The part of Node's histogram that is used here; times are nanoseconds. */
export interface DelayHistogram {
  enable(): void;
  disable(): void;
  reset(): void;
  readonly mean: number;
  readonly max: number;
  percentile(percent: number): number;
}

/** What `eventLoopUtilization` gives. */
export interface NodeUtilization {
  readonly utilization: number;
}

/** How often the delay is looked at, in milliseconds. */
const RESOLUTION_MS = 10;

/** Nanoseconds to milliseconds; nothing is measured yet as nothing. */
function toMs(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : 0;
}

/**
 * @param hasUtilization true where `eventLoopUtilization` tells something
 */
export function loopLoadProbe(hasUtilization: boolean): LoadProbe {
  let delays: DelayHistogram | undefined;
  let before: NodeUtilization | undefined;

  function utilization(): { utilization?: number } {
    const { performance } = builtin("node:perf_hooks")!;
    const now = performance.eventLoopUtilization();
    const found = performance.eventLoopUtilization(now, before);
    before = now;
    return { utilization: found.utilization };
  }

  return {
    start() {
      const { monitorEventLoopDelay, performance } = builtin(
        "node:perf_hooks",
      )!;
      delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delays.enable();
      if (hasUtilization) before = performance.eventLoopUtilization();
    },
    read() {
      const { mean = 0, max = 0 } = delays ?? {};
      const delay = {
        delayMeanMs: toMs(mean),
        delayP99Ms: toMs(delays?.percentile(99) ?? 0),
        delayMaxMs: toMs(max),
      };
      delays?.reset();
      return hasUtilization ? { ...utilization(), ...delay } : delay;
    },
    stop() {
      delays?.disable();
      delays = before = undefined;
    },
  };
}
