/**
 * Full batches on their way to the consumers, who share them without copies.
 * This is the border: above it nothing waits, below it everything is pulled.
 */

/** Default of a consumer's limit: how many bytes it may leave unread. */
export const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** The batches that one consumer has not read yet. */
export class BatchQueue {
  /** Bytes waiting. */
  bytes = 0;
  /** Most bytes that have ever waited. */
  peakBytes = 0;
  /** Bytes taken. */
  taken = 0;

  readonly #batches: Uint8Array<ArrayBuffer>[] = [];
  #head = 0;
  readonly #limit: number;

  constructor(limit: number = MAX_BUFFERED_BYTES) {
    this.#limit = limit;
  }

  /** Share of the limit in use: 1 and more when it is reached. */
  get pressure(): number {
    return this.bytes / this.#limit;
  }

  /** True when nothing waits. */
  get isEmpty(): boolean {
    return this.#head === this.#batches.length;
  }

  /** Appends a batch. */
  push(batch: Uint8Array<ArrayBuffer>): void {
    this.#batches.push(batch);
    this.bytes += batch.length;
    if (this.bytes > this.peakBytes) this.peakBytes = this.bytes;
  }

  /** Takes the oldest batch, or undefined. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.isEmpty) return undefined;
    const batch = this.#batches[this.#head];
    this.#head++;
    if (this.#head === this.#batches.length || this.#head >= 1024) {
      this.#batches.splice(0, this.#head);
      this.#head = 0;
    }
    this.bytes -= batch.length;
    this.taken += batch.length;
    return batch;
  }

  /** Drops everything. */
  clear(): void {
    this.#batches.length = 0;
    this.#head = 0;
    this.bytes = 0;
  }
}
