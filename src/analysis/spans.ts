/** What each goroutine did from when to when: one pass over the ordered events. */

import { EventType } from "../format/event_catalogue.ts";
import type { Trace } from "../format/trace.ts";

/**
 * What a goroutine can be doing, by activity number. The first three are
 * states; the others are what it is blocked on, in Go's words where Go has
 * some.
 */
export const ACTIVITIES = [
  "running",
  "runnable",
  "syscall",
  "network",
  "sleep",
  "sync",
  "cond",
  "select",
  "chan receive",
  "chan send",
  "GC assist",
  "unknown",
  "before the trace",
] as const;

/** The name of an activity. */
export type Activity = typeof ACTIVITIES[number];

/** The three states, as activity numbers. */
export const RUNNING = 0;
export const RUNNABLE = 1;
export const SYSCALL = 2;
/** Activities from this number on are reasons of a block. */
export const FIRST_BLOCKED = 3;
/** Number for a goroutine that does not exist yet, or no more. */
const ABSENT = ACTIVITIES.length;

/** What an event of a type begins, plus one; 0 where it begins nothing. */
const BEGINS: Uint8Array = new Uint8Array(64);
for (
  const [type, activity] of [
    [EventType.GoSysBlock, "syscall"],
    [EventType.GoInSyscall, "syscall"],
    [EventType.GoSched, "runnable"],
    [EventType.GoPreempt, "runnable"],
    [EventType.GoSysExit, "runnable"],
    [EventType.GoBlockNet, "network"],
    [EventType.GoSleep, "sleep"],
    [EventType.GoBlockSync, "sync"],
    [EventType.GoBlockCond, "cond"],
    [EventType.GoBlockSelect, "select"],
    [EventType.GoBlockRecv, "chan receive"],
    [EventType.GoBlockSend, "chan send"],
    [EventType.GoBlockGC, "GC assist"],
    [EventType.GoBlock, "unknown"],
    [EventType.GoWaiting, "before the trace"],
    [EventType.GoStart, "running"],
    [EventType.GoStartLocal, "running"],
    [EventType.GoStartLabel, "running"],
  ] as const
) {
  BEGINS[type] = ACTIVITIES.indexOf(activity) + 1;
}

/** Takes what {@linkcode walkSpans} finds. Goroutines and processors are dense indices. */
export interface SpanSink {
  /** A goroutine begins to exist; `stack` is the index of its entry stack. */
  created(go: number, time: number, stack: number): void;
  /**
   * A goroutine was busy with `activity` from `begin` to `end`. `row` is the
   * event that began it, `endRow` the one that ended it, -1 for the end of the
   * trace; `proc` is where it ran, 0 for all but `RUNNING`.
   */
  span(
    go: number,
    activity: number,
    begin: number,
    end: number,
    row: number,
    endRow: number,
    proc: number,
  ): void;
  /** A goroutine has ended, or blocks for ever. */
  ended(go: number, time: number): void;
}

/** Tells `sink` every span of `trace`; what is open at the end lasts until the last event. */
export function walkSpans(trace: Trace, sink: SpanSink): void {
  const { events } = trace;
  const { type, time, go, proc } = events;
  const count = trace.goroutines.length;
  const activities = new Uint8Array(count).fill(ABSENT);
  const begins = new Float64Array(count);
  const rows = new Uint32Array(count);
  const procs = new Uint32Array(count);

  function change(g: number, row: number, activity: number): void {
    const before = activities[g];
    const now = time[row];
    if (before !== ABSENT) {
      sink.span(g, before, begins[g], now, rows[g], row, procs[g]);
    } else if (type[row] !== EventType.GoCreate) {
      // Only where the creation is behind the cut of a trace.
      sink.created(g, now, 0);
    }
    activities[g] = activity;
    begins[g] = now;
    rows[g] = row;
    procs[g] = activity === RUNNING ? proc[row] : 0;
  }

  const length = events.length;
  for (let row = 0; row < length; row++) {
    const begun = BEGINS[type[row]];
    if (begun !== 0) {
      // g 0 can begin nothing but in a cut trace.
      if (go[row] !== 0) change(go[row], row, begun - 1);
      continue;
    }
    switch (type[row]) {
      case EventType.GoCreate: {
        const created = events.target(row);
        sink.created(created, time[row], events.argument(row, 1));
        change(created, row, RUNNABLE);
        break;
      }
      case EventType.GoUnblock:
      case EventType.GoUnblockLocal:
        change(events.target(row), row, RUNNABLE);
        break;
      case EventType.GoEnd:
      case EventType.GoStop:
        if (activities[go[row]] === ABSENT) break;
        change(go[row], row, ABSENT);
        sink.ended(go[row], time[row]);
        break;
    }
  }
  const end = trace.duration;
  for (let g = 1; g < count; g++) {
    if (activities[g] === ABSENT) continue;
    sink.span(g, activities[g], begins[g], end, rows[g], -1, procs[g]);
  }
}
