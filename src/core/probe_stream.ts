/**
 * What probes tell one consumer: a stream of batches of its own, beside those
 * that all consumers share.
 *
 * Probes tell late, so their events cannot lie among those of the loop. They
 * belong to no processor: readers then order them by their times alone. Each
 * consumer has a stream of its own because collections are numbered from 0 on in
 * each trace, because what happened before a consumer joined is not for it, and
 * because not all want samples.
 */

import {
  type GoId,
  NO_PROC,
  type ProcId,
  type StackId,
} from "../format/ids.ts";
import { BatchBuffer } from "./batch_buffer.ts";
import { EventEncoder } from "./event_encoder.ts";

/** Bytes of a batch: little is in most of them. */
const PROBE_BATCH_BYTES = 8192;

/** One event that waits for its turn. */
interface Due {
  readonly ticks: number;
  write(encoder: EventEncoder): void;
}

interface CollectionTicks {
  readonly began: number;
  readonly ended: number;
  readonly stack: StackId;
}

/** See the head of this file. Times are ticks. */
export class ProbeStream {
  /** True if samples are for this consumer. */
  readonly takesSamples: boolean;
  /**
   * The stacks that collections may have, once no more are defined in this
   * trace.
   */
  lastStacks: ReadonlySet<StackId> | undefined = undefined;
  readonly #since: number;
  readonly #buffer: BatchBuffer;
  readonly #encoder: EventEncoder;
  #collections: CollectionTicks[] = [];
  #others: Due[] = [];
  /** Number of the next collection. */
  #sequence = 0;
  /** End of the collection written last. */
  #ended: number;

  /** A stream of what happens after `since`. */
  constructor(
    since: number,
    takesSamples: boolean,
    receive: (batch: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#since = this.#ended = since;
    this.takesSamples = takesSamples;
    this.#buffer = new BatchBuffer(since, receive, {
      proc: NO_PROC,
      batchBytes: PROBE_BATCH_BYTES,
    });
    this.#encoder = new EventEncoder(this.#buffer);
  }

  /** Number of events written. */
  get events(): number {
    return this.#encoder.events;
  }

  /** A garbage collection; `stack` tells its kind. */
  collection(began: number, ended: number, stack: StackId): void {
    if (ended <= this.#since) return;
    if (this.lastStacks !== undefined && !this.lastStacks.has(stack)) return;
    this.#collections.push({ began, ended: Math.max(began, ended), stack });
  }

  /** Bytes of heap in use, and the engine's goal. */
  heap(ticks: number, used: number, goal: number): void {
    if (ticks < this.#since) return;
    const write = (encoder: EventEncoder) => {
      encoder.heapAlloc(used);
      encoder.heapGoal(goal);
    };
    this.#others.push({ ticks, write });
  }

  /** A sample of what the processor did; `g` exists at that time. */
  sample(ticks: number, proc: ProcId, g: GoId, stack: StackId): void {
    if (!this.takesSamples || ticks <= this.#since) return;
    // Its time is a value of it: where it lies does not matter.
    this.#encoder.cpuSample(ticks, proc, g, stack);
  }

  /**
   * Hands over everything that was over by `until`. What is told later than that
   * and was earlier is moved after it.
   */
  write(until: number): void {
    const open = this.#collections.filter(({ ended }) => ended > until);
    const limit = Math.min(until, ...open.map(({ began }) => began));
    const collections = this.#collections.filter(({ ended }) => ended <= limit);
    const due = [
      ...this.#edges(collections),
      ...this.#others.filter(({ ticks }) => ticks <= limit),
    ].sort((a, b) => a.ticks - b.ticks);
    this.#collections = this.#collections.filter(({ ended }) => ended > limit);
    this.#others = this.#others.filter(({ ticks }) => ticks > limit);
    for (const event of due) {
      this.#encoder.advanceTo(event.ticks);
      event.write(this.#encoder);
    }
    this.#buffer.flush();
  }

  /**
   * Begins and ends of collections, one after the other: in the format no two
   * are under way at a time.
   */
  #edges(collections: CollectionTicks[]): Due[] {
    const edges: Due[] = [];
    collections.sort((a, b) => a.began - b.began);
    for (const { began, ended, stack } of collections) {
      const begin = Math.max(began, this.#ended);
      // All of it lies within one before.
      if (ended < begin) continue;
      this.#ended = ended;
      const sequence = this.#sequence++;
      edges.push({
        ticks: begin,
        write: (encoder) => encoder.gcStart(sequence, stack),
      }, { ticks: ended, write: (encoder) => encoder.gcDone() });
    }
    return edges;
  }
}
