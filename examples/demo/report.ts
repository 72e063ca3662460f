/** What a newcomer wants to know of a trace, as text. */

import { type EntrySummary, summarize } from "../../src/analysis/summary.ts";
import { EventType, type Trace } from "../../src/reader.ts";

/** Rows of the table. */
const ROWS = 10;

/** Prints what is in `trace`, a file of `bytes` bytes. */
export function report(trace: Trace, bytes: number): void {
  const { events, goroutines, duration, procs, entries } = summarize(trace);
  const running = procs.reduce((sum, proc) => sum + proc.running, 0);
  const idle = 100 * (1 - running / (duration * procs.length));
  const seconds = (duration / 1e9).toFixed(2);
  console.log(
    `Time         ${seconds} s, the loop idle for ${idle.toFixed(0)} % of it`,
  );
  console.log(`Events       ${count(events)}`);
  console.log(`Goroutines   ${count(goroutines)}`);
  console.log(
    `Bytes        ${count(bytes)}, ${(bytes / events).toFixed(2)} an event`,
  );
  const statistics = statisticsOf(trace);
  if (statistics !== undefined) {
    console.log(`Left out     ${leftOut(statistics)}`);
    console.log(`Ended        ${statistics.end}`);
  }
  console.log("");

  console.log(
    `The ${ROWS} names with the most running time. Times are in ms: running, ` +
      "blocked, and waiting to run\nwhile something else ran.\n",
  );
  const header = ["count", "running", "blocked", "waiting"];
  console.log(row(header, "blocked on", "name"));
  for (const entry of entries.slice(0, ROWS)) {
    const { name, running, blocked, runnable } = entry;
    const cells = [count(entry.count), ms(running), ms(blocked), ms(runnable)];
    console.log(row(cells, mainReason(entry), name));
  }
}

function row(numbers: string[], reason: string, name: string): string {
  const cells = numbers.map((text) => text.padStart(12));
  return `${cells.join("")}  ${reason.padEnd(16)} ${name}`;
}

/** What the goroutines of an entry waited for most. */
function mainReason({ blockedBy }: EntrySummary): string {
  const reasons = Object.entries(blockedBy).sort((a, b) => b[1] - a[1]);
  return reasons.length === 0 ? "" : reasons[0][0];
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function ms(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(1);
}

/** What the recorder says of itself, in the log that closes a trace. */
interface Statistics {
  /** Why the trace ends. */
  readonly end: string;
  readonly [figure: string]: unknown;
}

/** Category of that log. */
const STATISTICS = "looptrace.statistics";

/** What the figures of things left out are called. */
const LEFT_OUT: readonly (readonly [figure: string, name: string])[] = [
  ["stacksRefused", "stacks beyond the budget"],
  ["shedStacks", "stacks for want of room"],
  ["stringsOverflowed", "names"],
  ["stacksOverflowed", "frames"],
  ["sitesOverflowed", "places"],
  ["continuationsRefused", "tasks"],
  ["continuationsForgotten", "tasks that waited for long"],
];

function statisticsOf(trace: Trace): Statistics | undefined {
  for (const event = trace.cursor(); event.next();) {
    if (event.type !== EventType.UserLog) continue;
    if (event.label === STATISTICS) return JSON.parse(event.message);
  }
  return undefined;
}

function leftOut(statistics: Statistics): string {
  const parts: string[] = [];
  for (const [figure, name] of LEFT_OUT) {
    const value = Number(statistics[figure] ?? 0);
    if (value > 0) parts.push(`${count(value)} ${name}`);
  }
  return parts.length === 0 ? "nothing" : parts.join(", ");
}
