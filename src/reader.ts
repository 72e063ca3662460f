/**
 * Reading and analysing traces, those of Looptrace and of Go 1.7 to 1.21.
 *
 * @example
 * ```ts
 * import { readTrace, summarize } from "@looptrace/looptrace/reader";
 *
 * const response = await fetch("http://localhost:8000/debug/trace?seconds=2");
 * const { entries } = summarize(await readTrace(response.body!));
 * for (const { name, count, running, blockedBy } of entries) {
 *   console.log(name, count, running / 1e6, "ms", blockedBy);
 * }
 * ```
 *
 * @module
 */

export {
  parseTrace,
  type ReadOptions,
  readTrace,
} from "./format/trace_reader.ts";
export { Trace, type TraceCut } from "./format/trace.ts";
export { EventCursor } from "./format/event_cursor.ts";
export type { EventColumns } from "./format/event_columns.ts";
export type { HeaderVersion } from "./format/header.ts";
export type { IdTable } from "./format/id_table.ts";
export type {
  GoId,
  ProcId,
  StackId,
  StringId,
  UserTaskId,
} from "./format/ids.ts";
export {
  EVENT_SPECS,
  type EventName,
  type EventSpec,
  EventType,
  type EventTypeNumber,
} from "./format/event_catalogue.ts";
export {
  type TraceErrorDetails,
  type TraceErrorKind,
  TraceFormatError,
} from "./format/errors.ts";
export {
  PAGE_RULES,
  type PageDefect,
  type PageRule,
} from "./format/page_rules.ts";
export type { Frame, ReadStacks, ReadStrings } from "./format/read_tables.ts";
export type { RecordNotes } from "./format/record_reader.ts";
export type { WideValues } from "./format/wide_values.ts";
export {
  type EntrySummary,
  type ProcSummary,
  summarize,
  type Summary,
} from "./analysis/summary.ts";
export {
  type Annotations,
  type AnnotationSummary,
  findAnnotations,
} from "./analysis/annotations.ts";
export type { Coverage, UnknownWait } from "./analysis/coverage.ts";
export { type Utilisation, utilisation } from "./analysis/utilisation.ts";
export {
  ACTIVITIES,
  type Activity,
  type SpanSink,
  walkSpans,
} from "./analysis/spans.ts";
export { Histogram, type HistogramBucket } from "./analysis/histogram.ts";
export {
  type StackWaits,
  WAIT_KINDS,
  type WaitKind,
  waitsByStack,
} from "./analysis/waits.ts";
export type { HeapSummary, ProbeSummary } from "./analysis/probes.ts";
