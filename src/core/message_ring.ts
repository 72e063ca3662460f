/**
 * Which goroutine each message from one thread to another is: a ring in shared
 * memory beside the messages themselves, which stay as they are.
 *
 * The poster counts all messages, the receiver all it gets; the n-th here is
 * the n-th there. What was not recorded, or found no room, is not in the ring.
 */

/** Messages under way that can be told apart. */
const CAPACITY = 16_384;

/** Numbers of an entry: goroutine, recording, time, user task. */
const STRIDE = 4;

const VALUES_BYTES = CAPACITY * STRIDE * 8;
const SLOTS_BYTES = CAPACITY * 4;

/** Bytes of a ring's memory. The system gives it page by page, on first use. */
export const RING_BYTES = VALUES_BYTES + SLOTS_BYTES + 4;

/** What the ring tells of a message. */
export interface PostedMessage {
  /** The goroutine that was created for it. */
  readonly goId: number;
  /** When it was posted, in milliseconds of the main thread's clock. */
  readonly time: number;
  /** The user task of what posted it, 0 for none that is known. */
  readonly userTask: number;
}

/** See the head of this file. Each side makes its own of the same memory. */
export class MessageRing {
  /** How many messages were counted on this side. */
  count: number;

  readonly #values: Float64Array;
  /** By slot: the number of the message in it, from 1 on. */
  readonly #numbers: Int32Array;
  /** How many messages the receiver has counted. */
  readonly #received: Int32Array;

  constructor(
    memory: SharedArrayBuffer = new SharedArrayBuffer(RING_BYTES),
    count = 0,
  ) {
    this.count = count;
    this.#values = new Float64Array(memory, 0, CAPACITY * STRIDE);
    this.#numbers = new Int32Array(memory, VALUES_BYTES, CAPACITY);
    this.#received = new Int32Array(memory, VALUES_BYTES + SLOTS_BYTES, 1);
  }

  /** What the other side's ring is made of. */
  get memory(): SharedArrayBuffer {
    return this.#values.buffer as SharedArrayBuffer;
  }

  /** True if the next message finds room. */
  get hasRoom(): boolean {
    const underWay = this.count - Atomics.load(this.#received, 0) | 0;
    return underWay < CAPACITY;
  }

  /**
   * Poster: tells of the message that is posted next. `count` is to be moved on
   * for each message, told or not.
   */
  tell(recording: number, { goId, time, userTask }: PostedMessage): void {
    const slot = this.count % CAPACITY;
    const values = this.#values;
    values[slot * STRIDE] = goId;
    values[slot * STRIDE + 1] = recording;
    values[slot * STRIDE + 2] = time;
    values[slot * STRIDE + 3] = userTask;
    Atomics.store(this.#numbers, slot, this.count + 1 | 0);
  }

  /**
   * Receiver: the next message has come.
   *
   * @returns what is told of it in `recording`, or undefined
   */
  take(recording: number): PostedMessage | undefined {
    const slot = this.count % CAPACITY;
    const number = ++this.count | 0;
    const isTold = Atomics.load(this.#numbers, slot) === number;
    const at = slot * STRIDE;
    const values = this.#values;
    const posted = isTold && values[at + 1] === recording
      ? { goId: values[at], time: values[at + 2], userTask: values[at + 3] }
      : undefined;
    Atomics.store(this.#received, 0, number);
    return posted;
  }
}
