/** Streams, the web's and node's. */

import { Reason } from "../../core/reason.ts";
import { wrapIteratorMaker } from "../wrappers/async_iterators.ts";
import { Operation } from "../wrappers/operation.ts";
import { wrapPromiseGetters } from "../wrappers/promise_getter.ts";
import { type ApiRow, operationName } from "./api_table.ts";

const family = "streams";

/** A row of functions that may call what the program has made the stream of. */
function row(
  owner: string,
  keys: readonly string[],
  reason: Reason,
): ApiRow {
  return { family, owner, keys, how: "promise", reason, runsProgram: true };
}

/** A row of accessors that give a promise. */
function getters(
  owner: string,
  keys: readonly string[],
  reason: Reason,
): ApiRow {
  const names = { owner, keys, reason };
  return { family, ...names, how: "own", wrap: wrapPromiseGetters(names) };
}

/**
 * A row of a method that makes an iterator: the wait for its `next` has the
 * method's name, also where it is the iterable's own.
 */
function iterator(owner: string, key: string): ApiRow {
  const { Receive: reason } = Reason;
  return {
    family,
    owner,
    keys: [key],
    how: "own",
    reason,
    wrap(context, target) {
      const name = operationName(owner, key);
      const operation = new Operation(context.sites, name, reason);
      const keys = [key, Symbol.asyncIterator];
      wrapIteratorMaker(target, keys, operation, context);
    },
  };
}

/** The web's streams. */
const WEB_STREAM_ROWS: readonly ApiRow[] = [
  row("ReadableStream.prototype", ["pipeTo"], Reason.Receive),
  row("ReadableStreamDefaultReader.prototype", ["read"], Reason.Receive),
  row("ReadableStreamBYOBReader.prototype", ["read"], Reason.Receive),
  iterator("ReadableStream.prototype", "values"),
  getters("ReadableStreamDefaultReader.prototype", ["closed"], Reason.Receive),
  getters("ReadableStreamBYOBReader.prototype", ["closed"], Reason.Receive),
  row("WritableStream.prototype", ["close", "abort"], Reason.Send),
  row(
    "WritableStreamDefaultWriter.prototype",
    ["write", "close", "abort"],
    Reason.Send,
  ),
  getters(
    "WritableStreamDefaultWriter.prototype",
    ["ready", "closed"],
    Reason.Send,
  ),
];

/** Node's streams. */
const NODE_STREAM_ROWS: readonly ApiRow[] = [
  row("stream.promises", ["pipeline", "finished"], Reason.Receive),
  {
    family,
    owner: "stream",
    keys: ["pipeline", "finished"],
    how: "callback",
    reason: Reason.Receive,
    runsProgram: true,
  },
  iterator("stream.Readable.prototype", "iterator"),
  row(
    "stream.Readable.prototype",
    ["toArray", "forEach", "some", "every", "find", "reduce"],
    Reason.Receive,
  ),
  row(
    "stream.consumers",
    ["arrayBuffer", "blob", "buffer", "json", "text", "bytes"],
    Reason.Receive,
  ),
];

/** Those of all runtimes. */
export const STREAM_ROWS: readonly ApiRow[] = [
  ...WEB_STREAM_ROWS,
  ...NODE_STREAM_ROWS,
];

/** What Bun has beside these. */
export const BUN_STREAM_ROWS: readonly ApiRow[] = [
  row(
    "ReadableStream.prototype",
    ["text", "json", "bytes", "blob"],
    Reason.Receive,
  ),
  row(
    "Bun",
    [
      "readableStreamToArray",
      "readableStreamToArrayBuffer",
      "readableStreamToBlob",
      "readableStreamToBytes",
      "readableStreamToFormData",
      "readableStreamToJSON",
      "readableStreamToText",
    ],
    Reason.Receive,
  ),
];
