/**
 * The records of a trace as they lie in the file, batches and tables included: what a reader of events does not show.
 *
 * A reader of its own, so that a fault shared by our encoder and our reader is seen here.
 */
import {
  EVENT_SPECS,
  type EventName,
  EventType,
} from "../../src/format/event_catalogue.ts";
import { HEADER_BYTES } from "../../src/format/limits.ts";

/** One record. */
export interface RawRecord {
  readonly name: EventName;
  /** Where its lead byte is. */
  readonly offset: number;
  /** Every number behind the lead byte, the time delta first where there is one; for a String its id. */
  readonly values: readonly number[];
  /** The text of a String or UserLog. */
  readonly text: string | undefined;
}

/**
 * The records of `bytes` from `offset` on, the first `limit` of them: a batch alone, or a file from behind its header.
 */
export function rawRecords(
  bytes: Uint8Array,
  offset: number = HEADER_BYTES,
  limit: number = Infinity,
): RawRecord[] {
  const records: RawRecord[] = [];
  let pos = offset;
  const uvarint = (): number => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      if (pos >= bytes.length) throw new Error(`Cannot read a number: cut`);
      const byte = bytes[pos++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const text = (): string => {
    const length = uvarint();
    return new TextDecoder().decode(bytes.subarray(pos, pos += length));
  };
  while (pos < bytes.length && records.length < limit) {
    const at = pos;
    const lead = bytes[pos++];
    const spec = EVENT_SPECS[(lead & 63) - 1];
    if (spec === undefined) {
      throw new Error(`Cannot read the record at ${at}: lead byte is ${lead}`);
    }
    if (spec.type === EventType.String) {
      const values = [uvarint()];
      records.push({ name: spec.name, offset: at, values, text: text() });
      continue;
    }
    const values: number[] = [];
    if (lead >> 6 === 3) {
      const end = uvarint() + pos;
      while (pos < end) values.push(uvarint());
    } else for (let i = lead >> 6; i >= 0; i--) values.push(uvarint());
    const message = spec.type === EventType.UserLog ? text() : undefined;
    records.push({ name: spec.name, offset: at, values, text: message });
  }
  if (pos > bytes.length) throw new Error("Cannot read the last record: cut");
  return records;
}

/** One after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let pos = 0;
  for (const part of parts) {
    bytes.set(part, pos);
    pos += part.length;
  }
  return bytes;
}
