/** What a request for a trace asks for in its query. */

/** How long to record when the query does not say. */
export const DEFAULT_SECONDS = 1;

/** Longest recording a request may ask for, unless the handler says else. */
export const MAX_SECONDS = 300;

/** What a request asks for. */
export interface TraceQuery {
  /** How long to record. Above 0, fractions allowed. */
  readonly seconds: number;
  /** Whether CPU samples are wanted, if it says. */
  readonly cpu: boolean | undefined;
}

/** What `cpu` may be, and what it means. */
const SWITCHES: Readonly<Record<string, boolean>> = {
  "": true,
  "1": true,
  "true": true,
  "0": false,
  "false": false,
};

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
 * is not above 0, or is above `maxSeconds`, or when `cpu` is neither 1 nor 0. The message is for the client.
 */
export function parseTraceQuery(
  params: URLSearchParams,
  maxSeconds: number = MAX_SECONDS,
): TraceQuery {
  return { seconds: secondsOf(params, maxSeconds), cpu: cpuOf(params) };
}

function secondsOf(params: URLSearchParams, maxSeconds: number): number {
  const given = params.getAll("seconds");
  if (given.length === 0) return Math.min(DEFAULT_SECONDS, maxSeconds);
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
  return seconds;
}

function cpuOf(params: URLSearchParams): boolean | undefined {
  const given = params.getAll("cpu");
  if (given.length === 0) return undefined;
  const wanted = Object.hasOwn(SWITCHES, given[0])
    ? SWITCHES[given[0]]
    : undefined;
  if (given.length > 1 || wanted === undefined) {
    throw new RangeError(
      `Cannot record: cpu is ${given.slice(0, 2).map(echo).join(" and ")}, ` +
        "must be 1 or 0, once",
    );
  }
  return wanted;
}

/** `text` in quotes, as JSON has them, and not longer than needed. */
function echo(text: string): string {
  if (text.length <= MAX_ECHO_LENGTH) return JSON.stringify(text);
  return `${
    JSON.stringify(text.slice(0, MAX_ECHO_LENGTH))
  }... (${text.length} characters)`;
}
