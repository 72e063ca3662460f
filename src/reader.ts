/**
 * Reading traces: `import { readTrace } from "@looptrace/looptrace/reader"`.
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
export {
  EVENT_SPECS,
  type EventName,
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
export type { Frame } from "./format/read_tables.ts";
