/**
 * Text to id. Each text is written once, as a String record, before its first
 * use and into the same stream, so that a trace cut at any record still opens.
 */

import { EventType } from "../format/event_catalogue.ts";
import { NO_STRING, type StringId } from "../format/ids.ts";
import { MAX_NAME_BYTES, MAX_UVARINT_BYTES } from "../format/limits.ts";
import { putUvarint } from "../format/varint.ts";
import type { BatchBuffer } from "./batch_buffer.ts";
import { countFromOne, type IdSource } from "./thread_ids.ts";

/** What stands for every text after the table is full. */
export const OTHER_NAME = "(other)";

/** Default of {@linkcode StringTable}'s limit. */
export const MAX_STRINGS = 65_536;

const encoder = new TextEncoder();

/** The strings of one recording; see the head of this file. */
export class StringTable {
  /** How many different texts became {@linkcode OTHER_NAME}. */
  overflowed = 0;

  readonly #ids = new Map<string, StringId>();
  readonly #buffer: BatchBuffer;
  readonly #limit: number;
  readonly #next: IdSource;
  #other: StringId = NO_STRING;

  /** A table that writes into `buffer` and keeps at most `limit` texts. */
  constructor(
    buffer: BatchBuffer,
    limit: number = MAX_STRINGS,
    ids: IdSource = countFromOne(),
  ) {
    this.#buffer = buffer;
    this.#limit = limit;
    this.#next = ids;
  }

  /** Number of texts with an id. */
  get size(): number {
    return this.#ids.size;
  }

  /**
   * The id of `name`, whose record is written if it is new. Empty text is
   * {@linkcode NO_STRING}; text of more than 1024 bytes keeps its tail.
   *
   * Anything may be passed: it is turned into text first, which may run code
   * of the program, emit events and come back here.
   */
  put(name: unknown): StringId {
    // Phase one may re-enter and touches neither table nor buffer.
    const text = typeof name === "string" ? name : String(name);
    if (text === "") return NO_STRING;
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#ids.size >= this.#limit - 1) return this.#putOther();
    return this.#add(text);
  }

  /** Writes a record for every text of the table, for a prelude. */
  writeTo(buffer: BatchBuffer): void {
    for (const [text, id] of this.#ids) putString(buffer, id, text);
  }

  #putOther(): StringId {
    this.overflowed++;
    if (this.#other === NO_STRING) this.#other = this.#add(OTHER_NAME);
    return this.#other;
  }

  // Phase two: nothing in it runs code of the program before the record is in.
  #add(text: string): StringId {
    const id = this.#next.take() as StringId;
    this.#ids.set(text, id);
    putString(this.#buffer, id, text);
    return id;
  }
}

/** Appends a String record: lead byte, id, byte length, UTF-8 bytes. */
function putString(buffer: BatchBuffer, id: StringId, text: string): void {
  const encoded = truncate(encoder.encode(text));
  // Making room may flush, and a flush may emit events: look again after it.
  buffer.ensure(1 + 2 * MAX_UVARINT_BYTES + encoded.length);
  const { bytes } = buffer;
  let pos = buffer.pos;
  bytes[pos++] = EventType.String;
  pos = putUvarint(bytes, pos, id);
  pos = putUvarint(bytes, pos, encoded.length);
  bytes.set(encoded, pos);
  buffer.pos = pos + encoded.length;
}

/** The tail of `bytes`, cut where a character begins. */
function truncate(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MAX_NAME_BYTES) return bytes;
  let start = bytes.length - MAX_NAME_BYTES;
  while ((bytes[start] & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}
