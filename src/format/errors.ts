/** The error for bytes that are not a good trace, and what it can be about. */

/**
 * What kind of rule a trace breaks.
 *
 * - `header`: the first sixteen bytes are not a trace header
 * - `version`: a header of a version that is not read here
 * - `truncated`: the bytes end inside a record
 * - `record`: a record cannot be decoded: number, length, type or count
 * - `table`: a String or Stack record breaks a rule of its table
 * - `clock`: no Frequency record
 * - `empty`: no event
 * - `order`: no consistent ordering of events is possible
 * - `time`: time stamps are out of order; Go's `ErrTimeOrder`
 * - `state`: a goroutine or processor does what its state does not allow
 */
export type TraceErrorKind =
  | "header"
  | "version"
  | "truncated"
  | "record"
  | "table"
  | "clock"
  | "empty"
  | "order"
  | "time"
  | "state";

/** Where a trace is wrong, and what was found there. */
export interface TraceErrorDetails {
  readonly kind: TraceErrorKind;
  /** The rule that is broken, in Go's words where Go has words for it. */
  readonly rule: string;
  /** Byte offset of the record in the file. */
  readonly offset?: number;
  /** Processor of the event, as Go prints it: -1 stands for none. */
  readonly p?: number;
  /** Goroutine of the event. */
  readonly g?: number;
  /** Time of the event in nanoseconds since the first one. */
  readonly time?: number;
  /** What the record says. */
  readonly found?: string;
  /** What it may say. */
  readonly wanted?: string;
}

/** Bytes that are not a trace, or a trace whose events cannot have happened. */
export class TraceFormatError extends SyntaxError implements TraceErrorDetails {
  readonly kind: TraceErrorKind;
  readonly rule: string;
  readonly offset: number | undefined;
  readonly p: number | undefined;
  readonly g: number | undefined;
  readonly time: number | undefined;
  readonly found: string | undefined;
  readonly wanted: string | undefined;

  /** `attempt` completes "Cannot ...", for example `read the header`. */
  constructor(attempt: string, details: TraceErrorDetails) {
    super(describe(attempt, details));
    this.name = "TraceFormatError";
    this.kind = details.kind;
    this.rule = details.rule;
    this.offset = details.offset;
    this.p = details.p;
    this.g = details.g;
    this.time = details.time;
    this.found = details.found;
    this.wanted = details.wanted;
  }
}

function describe(attempt: string, details: TraceErrorDetails): string {
  const { rule, offset, p, g, time, found, wanted } = details;
  let text = `Cannot ${attempt}: ${rule}`;
  if (found !== undefined) text += `, found ${found}`;
  if (wanted !== undefined) text += `, wanted ${wanted}`;
  const place: string[] = [];
  if (offset !== undefined) place.push(`offset ${offset}`);
  if (time !== undefined) place.push(`time ${time}`);
  if (p !== undefined) place.push(`p ${p}`);
  if (g !== undefined) place.push(`g ${g}`);
  return place.length === 0 ? text : `${text} (${place.join(", ")})`;
}
