/** `looptrace summary`: where the time went, as text for people. */

import type { AnnotationSummary } from "../analysis/annotations.ts";
import type { Coverage } from "../analysis/coverage.ts";
import type { ProbeSummary } from "../analysis/probes.ts";
import type { EntrySummary, Summary } from "../analysis/summary.ts";
import { bytesText } from "./bytes_text.ts";
import { durationText } from "./duration_text.ts";

/** How much to print. */
export interface SummaryTextOptions {
  /** Entries at most; the rest is summed up in one line. @default {20} */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 20;
/** Columns that an entry's name may take. */
const NAME_WIDTH = 44;

/** Stacks of unknown waits that are told, and frames of each. */
const UNKNOWN_WAITS = 3;
const UNKNOWN_FRAMES = 4;
/** Below this share nobody wants to know more. */
const SMALL_SHARE = 0.001;

const BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";

const HEADINGS = [
  "entry",
  "count",
  "running",
  "runnable",
  "blocked",
  "syscall",
  "GC",
  "blocked on",
] as const;

/** `summary` as a table, with a few lines on the whole trace before it; ends with a line feed. */
export function summaryText(
  summary: Summary,
  options: SummaryTextOptions = {},
): string {
  const { entries, duration } = summary;
  const limit = options.limit ?? DEFAULT_LIMIT;
  const rows = entries.slice(0, limit).map(cells);
  const lines = [
    `go 1.${summary.version} trace: ${summary.events} events, ` +
    `${summary.goroutines} goroutines, ${durationText(duration)}` +
    (summary.gc > 0 ? `, ${durationText(summary.gc)} of it in GC` : ""),
    ...summary.procs.map(({ p, running, shares }) =>
      `p ${p}: ${bars(shares)} ${percent(running, duration)} busy, ` +
      durationText(running)
    ),
    ...probeLines(summary.probes),
    ...coverageLines(summary.coverage),
    "",
    ...table([[...HEADINGS], ...rows]),
  ];
  const left = entries.length - rows.length;
  if (left > 0) {
    const running = entries.slice(limit).reduce((sum, e) => sum + e.running, 0);
    lines.push(`and ${left} more, running ${durationText(running)} together`);
  }
  const { tasks, regions } = summary.annotations;
  if (tasks.length > 0) {
    lines.push("", ...annotationTable("user task", tasks.slice(0, limit)));
  }
  if (regions.length > 0) {
    lines.push("", ...annotationTable("region", regions.slice(0, limit)));
  }
  return lines.join("\n") + "\n";
}

/** How much of the waiting is not accounted for, and where the most of that is. */
function coverageLines(coverage: Coverage): string[] {
  const { blocked, unknown, unknownShare, longest } = coverage;
  if (blocked === 0) return [];
  const lines = [
    `blocked: ${durationText(blocked)}, ${
      percent(unknown, blocked)
    } of it for unknown reasons`,
  ];
  if (unknownShare < SMALL_SHARE) return lines;
  for (const { frames, count, time } of longest.slice(0, UNKNOWN_WAITS)) {
    const stack = frames.slice(0, UNKNOWN_FRAMES).map(({ fn }) => fn);
    if (frames.length > stack.length) stack.push("...");
    const text = stack.length === 0 ? "(no stack)" : stack.join(" < ");
    lines.push(
      `  unknown: ${durationText(time)}, ${count} times at ${printable(text)}`,
    );
  }
  return lines;
}

/** What there is of collections, heap and samples, in one line. */
function probeLines({ collections, heap, cpuSamples }: ProbeSummary): string[] {
  const parts: string[] = [];
  if (heap !== undefined) {
    const [peak, last] = [heap.peak, heap.last].map(bytesText);
    parts.push(`heap: ${peak} at most, ${last} in the end`);
  }
  if (collections > 0) parts.push(`${collections} collections`);
  if (cpuSamples > 0) parts.push(`${cpuSamples} CPU samples`);
  return parts.length === 0 ? [] : [parts.join(", ")];
}

function annotationTable(
  kind: string,
  annotations: readonly AnnotationSummary[],
): string[] {
  return table([
    [kind, "count", "complete", "total", "median", "p99", "max", ""],
    ...annotations.map(({ name, count, complete, ...times }) => [
      printable(name),
      String(count),
      String(complete),
      ...[times.total, times.median, times.p99, times.max].map(durationText),
      "",
    ]),
  ]);
}

/** One character for each share, from none to all. */
function bars(shares: readonly number[]): string {
  return shares.map((share) => {
    const step = Math.ceil(share * BARS.length) - 1;
    return share === 0 ? "." : BARS[Math.min(step, BARS.length - 1)];
  }).join("");
}

function cells(entry: EntrySummary): string[] {
  const { blockedBy, count, running, runnable, blocked, syscall, gc } = entry;
  const reasons = Object.entries(blockedBy).sort((a, b) => b[1] - a[1]);
  return [
    entryText(entry),
    String(count),
    ...[running, runnable, blocked, syscall, gc].map(durationText),
    reasons.map(([reason, time]) => `${reason} ${durationText(time)}`)
      .join(", "),
  ];
}

/** Name and place, cut if it is too long. Line 0 is no place. */
function entryText({ name, file, line }: EntrySummary): string {
  const base = file.slice(file.lastIndexOf("/") + 1);
  const text = line === 0 ? name : `${name} ${base}:${line}`;
  if (text.length <= NAME_WIDTH) return printable(text);
  return `${printable(text.slice(0, NAME_WIDTH - 3))}...`;
}

/** Names come from the traced program: nothing in them may steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, "?");
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${(100 * part / whole).toFixed(1)} %`;
}

/** Rows of equal length as lines: first and last column to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const last = rows[0].length - 1;
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length))
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      if (column === last) return cell;
      return column === 0
        ? cell.padEnd(widths[column])
        : cell.padStart(widths[column]);
    }).join("  ").trimEnd()
  );
}
