/**
 * Bytes to a trace:
 *
 *   1. records       record_reader.ts   events into columns, tables filled on the way
 *   2. one order     ordering.ts        from the lists of all processors
 *   3. nanoseconds   here               since the first event
 *   4. futile wakeups left out          futile.ts
 *   5. states        validator.ts       legal transitions, or an error
 *
 * The verdicts are those of Go 1.19's `internal/trace.Parse`.
 */

import { TraceFormatError } from "./errors.ts";
import { removeFutileWakeups } from "./futile.ts";
import { orderEvents } from "./ordering.ts";
import { RecordReader } from "./record_reader.ts";
import { Trace } from "./trace.ts";
import { validateEvents } from "./validator.ts";

/** How to read a trace. */
export interface ReadOptions {
  /**
   * True: a trace that ends inside a record is an error. False: all whole
   * events before the cut are given, and `Trace.cut` says what is missing.
   * @default {false}
   */
  readonly strict?: boolean;
  /** Size of a stream in bytes where it is known; saves copies. @default {0} */
  readonly bytesExpected?: number;
  /** Called after each piece of a stream with the bytes read so far. */
  readonly onProgress?: (bytesRead: number) => void;
}

/**
 * Reads a trace of any header from 1.7 to 1.21.
 *
 * A stream is read piece by piece and not kept; an error cancels it.
 *
 * @throws {TraceFormatError} When the bytes are no trace, or its events cannot
 * have happened.
 *
 * @example
 * ```ts
 * const trace = await readTrace(await Deno.readFile("trace.out"));
 * for (const event = trace.cursor(); event.next();) {
 *   console.log(event.time, event.name, event.g);
 * }
 * ```
 */
export async function readTrace(
  source: Uint8Array | ReadableStream<Uint8Array>,
  options: ReadOptions = {},
): Promise<Trace> {
  if (source instanceof Uint8Array) return parseTrace(source, options);
  const records = new RecordReader(options.bytesExpected ?? 0);
  let bytesRead = 0;
  // The iterator cancels the stream when the body throws.
  for await (const bytes of pieces(source)) {
    records.push(bytes);
    bytesRead += bytes.length;
    options.onProgress?.(bytesRead);
  }
  return completed(records, options);
}

/** {@linkcode readTrace} of bytes that are all there, without a promise. */
export function parseTrace(
  bytes: Uint8Array,
  options: ReadOptions = {},
): Trace {
  const records = new RecordReader(bytes.length);
  records.push(bytes);
  return completed(records, options);
}

/** Bytes asked for at once where the stream lets us bring the memory. */
const READ_BYTES = 1 << 18;

/** The pieces of a stream; each is valid until the next is asked for. */
async function* pieces(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const reader = readerOf(stream);
  let buffer = new ArrayBuffer(READ_BYTES);
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = reader instanceof ReadableStreamBYOBReader
        ? await reader.read(new Uint8Array(buffer))
        : await reader.read();
      if (done) {
        isDone = true;
        return;
      }
      yield value;
      buffer = value.buffer as ArrayBuffer;
    }
  } finally {
    // The stream may have failed already; its error is on its way.
    if (!isDone) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/** A reader that reuses one piece of memory, where the stream can do that. */
function readerOf(
  stream: ReadableStream<Uint8Array>,
): ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return stream.getReader();
  }
}

function completed(records: RecordReader, options: ReadOptions): Trace {
  records.finish();
  const { cutAt, events } = records;
  const partial = cutAt !== undefined;
  if (partial && options.strict) {
    throw new TraceFormatError("read a record", {
      kind: "truncated",
      rule: "the trace ends inside a record",
      offset: cutAt,
    });
  }
  if (events.length === 0) {
    throw new TraceFormatError("read the trace", {
      kind: "empty",
      rule: "trace is empty",
      wanted: "at least one event",
    });
  }
  const hasClock = records.frequency !== 0;
  if (!hasClock && !partial) {
    throw new TraceFormatError("read the trace", {
      kind: "clock",
      rule: "no EvFrequency event",
    });
  }
  const unordered = orderEvents(records, { partial });
  ticksToNanoseconds(records);
  if (records.notes.hasFutileWakeups) removeFutileWakeups(events);
  validateEvents(records, { partial });
  return new Trace(
    records,
    partial ? { cutAt, unordered, hasClock } : undefined,
  );
}

/** Times of the ordered events from ticks to nanoseconds since the first, rounded as Go rounds. */
function ticksToNanoseconds(records: RecordReader): void {
  const { time, length } = records.events;
  const first = time[0];
  // A cut trace may have lost its clock; its ticks are then shown as they are.
  const scale = records.frequency === 0 ? 1 : 1e9 / records.frequency;
  for (let row = 0; row < length; row++) {
    time[row] = Math.trunc((time[row] - first) * scale);
  }
}
