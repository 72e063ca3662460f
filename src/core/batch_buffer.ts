/**
 * The buffer that one processor's events go to, cut into batches.
 *
 * Invariants (spec section 15):
 * - A buffer gets its Batch record where it is obtained, and nowhere else.
 * - The tick of that record is the base of the next delta.
 * - A full batch leaves the slot before anyone is told of it: what the receiver
 *   does, events included, finds a new buffer that begins with its Batch.
 * - Nothing is written before room for all of it was seen in the same buffer,
 *   with no call in between.
 */

import { EventType, leadByte } from "../format/event_catalogue.ts";
import { BATCH_BYTES, MAX_EVENT_BYTES } from "../format/limits.ts";
import { NO_PROC, type ProcId } from "../format/ids.ts";
import { putMaxUvarint, putUvarint } from "../format/varint.ts";

const BATCH_LEAD = leadByte(EventType.Batch);

/** Takes a full batch. The bytes are the receiver's for good. */
export type BatchReceiver = (batch: Uint8Array<ArrayBuffer>) => void;

/** Where a batch buffer belongs and how large it is. */
export interface BatchBufferOptions {
  /** The processor named in each Batch record. @default {0} */
  proc?: ProcId;
  /**
   * Bytes of a batch. Larger ones are handed over less often, smaller ones
   * waste less on an idle loop. A record that is longer than a batch gets a
   * batch of its own. @default {65536}
   */
  batchBytes?: number;
}

/** The batches of one processor; see the head of this file. */
export class BatchBuffer {
  /** Memory of the open batch. Replaced by every flush: never keep it. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next byte goes. */
  pos = 0;
  /** Tick of the last event or Batch, the base of the next delta. */
  lastTicks: number;
  /** How many bytes were handed over, for statistics. */
  flushedBytes = 0;
  /** How many batches were handed over. */
  flushedBatches = 0;

  readonly #proc: number;
  readonly #batchBytes: number;
  readonly #receive: BatchReceiver;
  #start = 0;
  /** Ticks from the last event to now. */
  #due = 0;

  constructor(
    ticks: number,
    receive: BatchReceiver,
    options: BatchBufferOptions = {},
  ) {
    this.#proc = options.proc ?? 0;
    this.#batchBytes = Math.max(
      options.batchBytes ?? BATCH_BYTES,
      4 * MAX_EVENT_BYTES,
    );
    this.#receive = receive;
    this.lastTicks = ticks;
    this.bytes = this.obtain(this.#batchBytes);
  }

  /**
   * A new buffer of `size` bytes that begins with its Batch record. The one
   * place where a Batch is written.
   */
  protected obtain(size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    bytes[0] = BATCH_LEAD;
    const pos = this.#proc === NO_PROC
      ? putMaxUvarint(bytes, 1)
      : putUvarint(bytes, 1, this.#proc);
    this.pos = this.#start = putUvarint(bytes, pos, this.lastTicks);
    return bytes;
  }

  /** True when the open batch holds no record beside its Batch. */
  get isEmpty(): boolean {
    return this.pos === this.#start;
  }

  /**
   * Makes room for `size` more bytes, flushing if there is none. After it,
   * `bytes` and `pos` may be others.
   */
  ensure(size: number): void {
    // A receiver may write events of its own, so one flush need not be enough.
    while (this.bytes.length - this.pos < size) {
      if (this.isEmpty) {
        // Longer than a batch: a buffer for this record alone.
        this.bytes = this.obtain(this.pos + size);
      } else this.flush();
    }
  }

  /** Says that the events from now on happen at `ticks`, or after. */
  advanceTo(ticks: number): void {
    const delta = ticks - this.lastTicks;
    if (delta > this.#due) this.#due = delta;
  }

  /** Says that the events from now on happen `ticks` after the last time. */
  advance(ticks: number): void {
    this.#due += ticks;
  }

  /** Tick of the next event. */
  get now(): number {
    return this.lastTicks + this.#due;
  }

  /** The delta of the event that is being written, which is now the last. */
  takeDelta(): number {
    const delta = this.#due;
    if (delta === 0) return 0;
    this.#due = 0;
    this.lastTicks += delta;
    return delta;
  }

  /** Hands the open batch over, if it holds anything, and obtains the next. */
  flush(): void {
    if (this.isEmpty) return;
    const { bytes, pos } = this;
    // A half-empty batch is copied: whoever keeps it shall not keep a buffer.
    const batch = pos * 2 < bytes.length
      ? bytes.slice(0, pos)
      : bytes.subarray(0, pos);
    this.bytes = this.obtain(this.#batchBytes);
    this.flushedBytes += pos;
    this.flushedBatches++;
    this.#receive(batch);
  }
}
