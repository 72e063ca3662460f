/** Timers, ticks and microtasks. */

import { Reason } from "../../core/reason.ts";
import { wrapIteration } from "../wrappers/iterations.ts";
import { wrapMicrotask } from "../wrappers/microtasks.ts";
import { wrapTimers } from "../wrappers/timers.ts";
import type { ApiRow } from "./api_table.ts";

const family = "timers";
const TIMERS = ["setTimeout", "setInterval"] as const;

/** Those of the web, which must be wrapped before intervals are set. */
const webTimers: ApiRow = {
  family,
  owner: "globalThis",
  keys: TIMERS,
  how: "own",
  reason: Reason.Sleep,
  isArmed: true,
  wrap: (context, owner) => wrapTimers(owner, context),
};

const intervals: ApiRow = {
  family,
  owner: "timers.promises",
  keys: ["setInterval"],
  how: "own",
  reason: Reason.Sleep,
  wrap: (context, owner) => wrapIteration(intervals, context, owner),
};

/** `Bun.sleep`. */
export const BUN_SLEEP_ROW: ApiRow = {
  family,
  owner: "Bun",
  keys: ["sleep"],
  how: "promise",
  reason: Reason.Sleep,
};

/** Timers, ticks and microtasks of all runtimes. */
export const TIMER_ROWS: readonly ApiRow[] = [
  webTimers,
  {
    ...webTimers,
    owner: "timers",
    isArmed: false,
  },
  {
    family,
    owner: "globalThis",
    keys: ["setImmediate"],
    how: "own",
    reason: Reason.Unknown,
    // With the timers.
    wrap: () => {},
  },
  {
    family,
    owner: "globalThis",
    keys: ["queueMicrotask"],
    how: "own",
    reason: Reason.Unknown,
    wrap: (context, owner) => wrapMicrotask(owner, "queueMicrotask", context),
  },
  {
    family,
    owner: "process",
    keys: ["nextTick"],
    how: "own",
    reason: Reason.Unknown,
    wrap: (context, owner) => wrapMicrotask(owner, "nextTick", context),
  },
  {
    family,
    owner: "timers.promises",
    keys: ["setImmediate", "setTimeout"],
    how: "promise",
    reason: Reason.Sleep,
  },
  intervals,
  {
    family,
    owner: "timers.promises.scheduler",
    keys: ["wait", "yield"],
    how: "promise",
    reason: Reason.Sleep,
  },
];
