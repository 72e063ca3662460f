/**
 * From what probes report to events in the streams of all consumers: times to
 * ticks, names to stacks. One for each recording.
 */

import {
  type GoId,
  NO_GO,
  NO_STACK,
  type ProcId,
  type StackId,
} from "../format/ids.ts";
import { toTicks } from "./clock.ts";
import type { Consumer } from "./consumer.ts";
import type { Collection, HeapFigures } from "./probe.ts";
import { ProbeStream } from "./probe_stream.ts";
import type { MeasuredInWorker } from "./thread_messages.ts";
import { NO_FILE, type SiteTable } from "./site_table.ts";
import type { StackTable } from "./stack_table.ts";

/** Key of this thread's own heap: no other thread's number. */
const OWN_THREAD = -1;

/** What it writes with. */
export interface ProbeWriterParts {
  readonly sites: SiteTable;
  readonly stacks: StackTable;
  /** The loop that is measured. */
  readonly proc: ProcId;
  /** The clock's reading at tick 1, in milliseconds. */
  readonly origin: number;
  /** Takes everything, where this is a worker of a thread that records it. */
  readonly handUp?: (figures: MeasuredInWorker) => void;
}

/** See the head of this file. Times are the clock's, in milliseconds. */
export class ProbeWriter {
  /** Garbage collections told of, and how long they took. */
  collections = 0;
  collectionMs = 0;
  /** CPU samples told of. */
  samples = 0;
  readonly sites: SiteTable;
  readonly stacks: StackTable;
  /** True while samples are to be handed up. */
  handsUpSamples = false;

  readonly #parts: ProbeWriterParts;
  readonly #streams = new Map<Consumer, ProbeStream>();
  readonly #kinds = new Map<string, StackId>();
  /** When everything was handed over last. */
  #handedOver = 0;
  /** Events of streams that are closed. */
  #closedEvents = 0;
  /** The heap of each thread; there is one figure for all of them in a trace. */
  readonly #heaps = new Map<number, HeapFigures>();
  /** What is to be handed up. */
  #told: MeasuredInWorker["collections"][number][] = [];
  #toldSamples: number[] = [];

  constructor(parts: ProbeWriterParts) {
    this.#parts = parts;
    this.sites = parts.sites;
    this.stacks = parts.stacks;
  }

  /** Events written, for all consumers together. */
  get events(): number {
    let events = this.#closedEvents;
    for (const stream of this.#streams.values()) events += stream.events;
    return events;
  }

  /** Number of consumers that take samples. */
  get samplers(): number {
    let samplers = this.handsUpSamples ? 1 : 0;
    for (const { takesSamples } of this.#streams.values()) {
      if (takesSamples) samplers++;
    }
    return samplers;
  }

  /** True if `consumer` takes samples. */
  takesSamples(consumer: Consumer): boolean {
    return this.#streams.get(consumer)?.takesSamples ?? false;
  }

  /** From `ticks` on, everything is for `consumer` too. */
  join(consumer: Consumer, ticks: number, takesSamples: boolean): void {
    const receive = (batch: Uint8Array<ArrayBuffer>) =>
      consumer.queue.push(batch);
    this.#streams.set(consumer, new ProbeStream(ticks, takesSamples, receive));
  }

  /**
   * The consumer gets no more of what this thread records, but what workers
   * still have. `leave` comes next.
   */
  close(consumer: Consumer): void {
    const stream = this.#streams.get(consumer);
    if (stream !== undefined) stream.lastStacks = new Set(this.#kinds.values());
  }

  /** The consumer gets what is known, if it still reads, and nothing more. */
  leave(consumer: Consumer, isReading: boolean): void {
    const stream = this.#streams.get(consumer);
    if (stream === undefined) return;
    if (isReading) stream.write(Infinity);
    this.#closedEvents += stream.events;
    this.#streams.delete(consumer);
  }

  /** Garbage collections, in any order. */
  collected(collections: readonly Collection[]): void {
    for (const { began, ended, kind } of collections) {
      this.collections++;
      this.collectionMs += ended - began;
      this.#collection(this.ticksAt(began), this.ticksAt(ended), kind);
    }
  }

  #collection(began: number, ended: number, kind: string): void {
    if (this.#parts.handUp !== undefined) {
      this.#told.push({ began, ended, kind });
    }
    if (this.#streams.size === 0) return;
    const stack = this.#stackOf(kind);
    for (const stream of this.#streams.values()) {
      stream.collection(began, ended, stack);
    }
  }

  /** The heap of this thread as it is now, or of another one. */
  heap(now: number, figures: HeapFigures, thread = OWN_THREAD): void {
    this.#heaps.set(thread, figures);
    let [used, goal] = [0, 0];
    for (const heap of this.#heaps.values()) {
      used += heap.used;
      goal += heap.goal;
    }
    const ticks = this.ticksAt(now);
    for (const stream of this.#streams.values()) {
      stream.heap(ticks, used, goal);
    }
  }

  /**
   * What the probes of worker `thread` have told. Samples are for `takers`, who
   * have its stacks.
   */
  measured(
    thread: number,
    figures: MeasuredInWorker,
    { now, takers }: {
      readonly now: number;
      readonly takers: ReadonlySet<Consumer>;
    },
  ): void {
    for (const { began, ended, kind } of figures.collections) {
      this.collections++;
      this.#collection(began, ended, `${kind} on P ${figures.proc}`);
    }
    if (figures.heap !== undefined) this.heap(now, figures.heap, thread);
    const { samples } = figures;
    const proc = figures.proc as ProcId;
    this.samples += samples.length / 2;
    for (let at = 0; at < samples.length; at += 2) {
      for (const [consumer, stream] of this.#streams) {
        if (!takers.has(consumer)) continue;
        // Whether its goroutine is known to this consumer yet is not known here.
        stream.sample(samples[at], proc, NO_GO, samples[at + 1] as StackId);
      }
    }
  }

  /** Worker `thread` has ended, and its heap with it. */
  forget(thread: number): void {
    this.#heaps.delete(thread);
  }

  /** One CPU sample; `g` existed before `ticks`. */
  sample(ticks: number, g: GoId, stack: StackId): void {
    this.samples++;
    if (this.handsUpSamples) this.#toldSamples.push(ticks, stack);
    for (const stream of this.#streams.values()) {
      stream.sample(ticks, this.#parts.proc, g, stack);
    }
  }

  /**
   * Hands over what was over when this was called last: what is reported later
   * than that is early enough to be put in its place.
   */
  write(now: number): void {
    this.#handUp();
    for (const stream of this.#streams.values()) stream.write(this.#handedOver);
    this.#handedOver = this.ticksAt(now);
  }

  #handUp(): void {
    const { handUp, proc } = this.#parts;
    const heap = this.#heaps.get(OWN_THREAD);
    if (handUp === undefined) return;
    const collections = this.#told;
    const samples = this.#toldSamples;
    const isNothing = collections.length + samples.length === 0;
    if (isNothing && heap === undefined) return;
    this.#told = [];
    this.#toldSamples = [];
    handUp({ proc, collections, heap, samples });
  }

  /** The tick of a reading of the clock. */
  ticksAt(time: number): number {
    return Math.max(1, toTicks(time, this.#parts.origin));
  }

  /** A stack of one frame that names a kind of collection. */
  #stackOf(kind: string): StackId {
    let stack = this.#kinds.get(kind);
    if (stack === undefined) {
      const { sites, stacks } = this;
      stack = stacks.put(sites.put(kind, NO_FILE, 0), NO_STACK);
      this.#kinds.set(kind, stack);
    }
    return stack;
  }
}
