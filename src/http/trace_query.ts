/** What a request for a trace asks for in its query. */

/** How long to record when the query does not say. */
export const DEFAULT_SECONDS = 1;

/** Longest recording a request may ask for, unless the handler says else. */
export const MAX_SECONDS = 300;

/** What a request asks for. */
export interface TraceQuery {
  /** How long to record. Above 0, fractions allowed. */
  readonly seconds: number;
}

/** Longest part of a refused value that is repeated to the client. */
const MAX_ECHO_LENGTH = 32;

/** A decimal number as Go's `seconds` takes it, without "Inf" and "NaN". */
const DECIMAL = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads the query of a request for a trace.
 *
 * Parameters that are not known are passed over, as Go's endpoint does.
 *
 * @throws {RangeError} When `seconds` is given twice, is not a decimal number,
 * is not above 0, or is above `maxSeconds`. The message is for the client.
 */
export function parseTraceQuery(
  params: URLSearchParams,
  maxSeconds: number = MAX_SECONDS,
): TraceQuery {
  const given = params.getAll("seconds");
  if (given.length === 0) {
    return { seconds: Math.min(DEFAULT_SECONDS, maxSeconds) };
  }
  const allowed = `must be a number above 0 and at most ${maxSeconds}`;
  if (given.length > 1) {
    throw new RangeError(
      `Cannot record: seconds is given ${given.length} times, ${allowed}, once`,
    );
  }
  const text = given[0].trim();
  const seconds = DECIMAL.test(text) ? Number(text) : NaN;
  if (!(seconds > 0 && seconds <= maxSeconds)) {
    throw new RangeError(`Cannot record: seconds is ${echo(text)}, ${allowed}`);
  }
  return { seconds };
}

/** `text` in quotes, as JSON has them, and not longer than needed. */
function echo(text: string): string {
  if (text.length <= MAX_ECHO_LENGTH) return JSON.stringify(text);
  return `${
    JSON.stringify(text.slice(0, MAX_ECHO_LENGTH))
  }... (${text.length} characters)`;
}
