/**
 * The trace over HTTP: a plain `Request` to `Response` function with the
 * manners of Go's `net/http/pprof`. What one request goes through:
 *
 * 1. the path says what is asked for: the trace, a snapshot, the page;
 * 2. `authorize` has its say;
 * 3. the method must be one that reads;
 * 4. the query is checked;
 * 5. the recorder is asked for a stream, which becomes the body. The server
 *    pulls it, and cancels it when the client leaves: that stops the recording.
 */

import { SamplingError, TracerBusyError } from "../core/errors.ts";
import type { StreamOptions } from "../core/tracer.ts";
import {
  MAX_SECONDS,
  parseTraceQuery,
  type TraceQuery,
} from "./trace_query.ts";

/** What the endpoint asks of a stream beside what the handler was given. */
export interface TraceStreamRequest {
  /** How long to record. */
  seconds: number;
  /** How many streams there may be at a time, this one included. */
  maxConsumers?: number;
  /** True if the request asks for CPU samples. */
  cpu?: boolean;
}

/**
 * The recorder, as the endpoint sees it. `Options` are the recorder's own for
 * a stream; the endpoint passes them on and does not look into them.
 */
export interface TraceSource<Options> {
  /**
   * Starts a recording, or joins the running one. Cancelling the stream ends
   * it.
   *
   * @throws {TracerBusyError} When no more can be served.
   * @throws {SamplingError} When CPU samples are wanted and cannot be had.
   */
  stream(options: Options & TraceStreamRequest): ReadableStream<Uint8Array>;
  /** Runs `fn` so that what it does is not recorded. */
  untraced<T>(fn: () => T): T;
}

/** Options of a handler. `Options` are the recorder's own for a stream. */
export interface HandlerOptions<Options = StreamOptions> {
  /**
   * Longest recording a request may ask for, in seconds. More lets a client
   * keep the recorder running, and paid for, for longer.
   *
   * @default {300}
   */
  maxSeconds?: number;
  /**
   * How many recordings may be read at a time; a request above that is answered
   * 409. Each may hold its queue of batches in memory.
   *
   * @default {4}
   */
  maxConsumers?: number;
  /**
   * Asked before anything is recorded. `false` is answered 403, a `Response`
   * is sent as it is. Without it everyone who can reach the path gets a trace.
   */
  authorize?: (
    request: Request,
  ) => boolean | Response | Promise<boolean | Response>;
  /**
   * What every stream of this handler is asked for. `seconds` is left to the
   * request.
   */
  stream?: Options;
}

/** Answers one request. */
export type Handler = (request: Request) => Promise<Response>;

const ALLOWED_METHODS = "GET, HEAD";

const TRACE_HEADERS = {
  "content-type": "application/octet-stream",
  "content-disposition": 'attachment; filename="trace"',
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

const TEXT_HEADERS = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/**
 * A handler that serves traces of `source` at every path that ends in
 * `/trace`, so that it can be mounted anywhere.
 *
 * @throws {RangeError} When `maxSeconds` is not above 0, or `maxConsumers` is
 * not a whole number above 0.
 */
export function traceHandler<Options>(
  source: TraceSource<Options>,
  options: HandlerOptions<Options> = {},
): Handler {
  const { maxSeconds = MAX_SECONDS, maxConsumers, authorize } = options;
  if (!(maxSeconds > 0 && maxSeconds < Infinity)) {
    throw new RangeError(
      `Cannot make a handler: maxSeconds is ${maxSeconds}, ` +
        "must be a number above 0",
    );
  }
  if (
    maxConsumers !== undefined &&
    !(Number.isSafeInteger(maxConsumers) && maxConsumers > 0)
  ) {
    throw new RangeError(
      `Cannot make a handler: maxConsumers is ${maxConsumers}, ` +
        "must be a whole number above 0",
    );
  }

  return async function debugTrace(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const resource = resourceOf(url.pathname);
    if (resource === undefined) {
      return text(404, "Not found: the trace is at a path that ends in /trace");
    }
    if (authorize !== undefined) {
      const verdict = await authorize(request);
      if (verdict instanceof Response) return verdict;
      // Anything but true is a no: a forgotten `return` must not open the door.
      if (verdict !== true) return text(403, "Not allowed to record a trace");
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text(
        405,
        `Cannot ${
          methodName(request)
        } a trace, must be one of ${ALLOWED_METHODS}`,
        { allow: ALLOWED_METHODS },
      );
    }
    if (resource === "snapshot") {
      return text(404, "Not found: no flight recorder is running");
    }
    if (resource === "page") {
      return text(404, "Not found: this version has no page, ask for /trace");
    }

    let query: TraceQuery;
    try {
      query = parseTraceQuery(url.searchParams, maxSeconds);
    } catch (error) {
      if (error instanceof RangeError) return text(400, error.message);
      throw error;
    }
    // N.B. HEAD records nothing: Go would run for the whole time and send none.
    if (request.method === "HEAD") {
      return new Response(null, { headers: TRACE_HEADERS });
    }
    // N.B. request.signal stays untouched: Deno 2.9 fires it for every request
    // that ends well too, and warns on stderr. The body's cancel is enough.
    return source.untraced(() => {
      const wanted: Options & TraceStreamRequest = {
        ...(options.stream as Options),
        seconds: query.seconds,
        ...(query.cpu === undefined ? undefined : { cpu: query.cpu }),
        ...(maxConsumers === undefined ? undefined : { maxConsumers }),
      };
      try {
        return new Response(source.stream(wanted), { headers: TRACE_HEADERS });
      } catch (error) {
        if (error instanceof TracerBusyError) return text(409, error.message);
        if (error instanceof SamplingError) return text(501, error.message);
        throw error;
      }
    });
  };
}

/** What a path asks for; what stands before `/trace` does not matter. */
function resourceOf(
  pathname: string,
): "trace" | "snapshot" | "page" | undefined {
  if (pathname.endsWith("/trace")) return "trace";
  if (pathname.endsWith("/trace/snapshot")) return "snapshot";
  if (pathname.endsWith("/trace/")) return "page";
  return undefined;
}

/** The method of `request`, short enough to be repeated to the client. */
function methodName(request: Request): string {
  return request.method.slice(0, 16);
}

/** An answer for people: one sentence and a line end, for the terminal. */
function text(
  status: number,
  sentence: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: { ...TEXT_HEADERS, ...headers },
  });
}
