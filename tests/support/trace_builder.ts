/** Traces made by hand, record by record, good ones and bad ones. */
import {
  EVENT_SPECS,
  type EventName,
  EventType,
  leadByte,
} from "../../src/format/event_catalogue.ts";
import { encodeHeader, type HeaderVersion } from "../../src/format/header.ts";

/** Minus one as the format writes it: no processor. */
export const NO_PROC = 2n ** 64n - 1n;

/** A value of a record; beyond 2^53 as a bigint. */
export type Value = number | bigint;

/** One frame as a Stack record has it: pc, function string, file string, line. */
export type FrameValues = readonly [Value, Value, Value, Value];

/** Collects records; every method returns the builder. */
export class TraceBuilder {
  readonly #bytes: number[];

  constructor(version: HeaderVersion = 11) {
    this.#bytes = [...encodeHeader(version)];
  }

  /** Length in bytes so far. */
  get length(): number {
    return this.#bytes.length;
  }

  raw(...bytes: readonly number[]): this {
    return this.append(bytes);
  }

  append(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  batch(p: Value, ticks: Value): this {
    return this.raw(leadByte(EventType.Batch), ...varint(p), ...varint(ticks));
  }

  frequency(ticksPerSecond: Value = 1_000_000_000): this {
    return this.raw(
      leadByte(EventType.Frequency),
      ...varint(ticksPerSecond),
    );
  }

  timerGoroutine(g: Value): this {
    return this.raw(leadByte(EventType.TimerGoroutine), ...varint(g));
  }

  string(id: Value, text: string | Uint8Array): this {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    return this.raw(
      leadByte(EventType.String),
      ...varint(id),
      ...varint(bytes.length),
    ).append(bytes);
  }

  /** Leaf first. */
  stack(id: Value, ...frames: readonly FrameValues[]): this {
    return this.#prefixed(
      leadByte(EventType.Stack),
      [id, frames.length, ...frames.flat()],
    );
  }

  /**
   * An event with its time delta and the values after it, its own stack
   * included. As many as given, right or wrong: three and more get a length.
   */
  event(name: EventName, delta: Value, ...values: readonly Value[]): this {
    const type = EventType[name];
    if (values.length >= 3) {
      return this.#prefixed(type | 3 << 6, [delta, ...values]);
    }
    this.raw(type | values.length << 6, ...varint(delta));
    for (const value of values) this.raw(...varint(value));
    return this;
  }

  /** A UserLog with its text. */
  log(delta: Value, task: Value, key: Value, stack: Value, text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.event("UserLog", delta, task, key, stack)
      .raw(...varint(bytes.length)).append(bytes);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #prefixed(lead: number, values: readonly Value[]): this {
    const body = values.flatMap(varint);
    return this.raw(lead, ...varint(body.length)).append(body);
  }
}

/** The definition, with bigints: seven bits at a time, lowest first. */
export function varint(value: Value): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

/** How many values an event of `name` has after its time delta. */
export function valueCount(name: EventName): number {
  const { args, stack } = EVENT_SPECS[EventType[name] - 1];
  return args.length + (stack ? 1 : 0);
}

/**
 * The 112 bytes of the specification, section 17: one processor, one task that
 * is created, runs, waits for the network, is woken, runs and ends.
 */
export function workedExample(): TraceBuilder {
  return new TraceBuilder()
    .batch(0, 1000)
    .event("Gomaxprocs", 1, 1, 0)
    .event("Gomaxprocs", 1, 1, 0)
    .event("ProcStart", 1, 7)
    .event("GoCreate", 1, 1, 1, 0)
    .event("GoStartLocal", 1, 1)
    .event("GoBlockNet", 10, 2)
    .event("ProcStop", 2)
    .event("ProcStart", 20, 7)
    .event("GoUnblock", 1, 1, 2, 1)
    .event("GoStartLocal", 5, 1)
    .event("GoEnd", 9)
    .event("ProcStop", 1)
    .frequency()
    .batch(0, 2000)
    .string(1, "main")
    .string(2, "a.js")
    .string(3, "load")
    .stack(1, [16, 1, 2, 1])
    .stack(2, [32, 3, 2, 9], [16, 1, 2, 1]);
}
