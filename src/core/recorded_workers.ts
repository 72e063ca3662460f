/**
 * The workers in one recording of the main thread's: which consumers get the
 * batches of which worker, and how each worker's processor ends in a consumer's
 * trace, whether the worker answers or not.
 */

import type { GoId, ProcId, StringId } from "../format/ids.ts";
import { NO_STRING } from "../format/ids.ts";
import type { Consumer } from "./consumer.ts";
import type { ForeignGoroutines } from "./foreign_goroutines.ts";
import { encodeTail } from "./prelude.ts";
import type {
  FromWorker,
  ProcState,
  ToWorker,
  WorkerFigures,
} from "./thread_messages.ts";

/** How long a consumer's end waits for what workers still have, in milliseconds. */
export const LAST_BATCH_MS = 300;

/** A worker, as far as a recording needs it. */
export interface RecordedWorker {
  readonly thread: number;
  readonly proc: ProcId;
  post(message: ToWorker): void;
}

/** What the workers ask of their recording. */
export interface RecordedWorkersHost {
  readonly recording: number;
  /** Hands over what the main thread has, which may have led to what comes. */
  flush(): void;
  /** Gives a consumer a batch; false if it was one too many for it. */
  push(consumer: Consumer, batch: Uint8Array<ArrayBuffer>): void;
  /** A worker is no more. */
  ended(thread: number): void;
  /** Calls `fn` after `ms`. @returns what ends it */
  setTimer(fn: () => void, ms: number): () => void;
}

/** One of them. */
interface Member {
  readonly worker: RecordedWorker;
  /** Those who get its batches. */
  readonly consumers: Set<Consumer>;
  /** At the end of the last batch that was handed on. */
  state: ProcState | undefined;
}

/** A consumer that waits for the last batches of these threads. */
interface Ending {
  readonly waitingFor: Set<number>;
  readonly endTimer: () => void;
  readonly done: () => void;
}

/** See the head of this file. */
export class RecordedWorkers {
  /** Workers there have been, and those that did not answer in the end. */
  count = 0;
  lost = 0;
  /** What each worker has counted, as far as it has told. */
  readonly #figures = new Map<number, WorkerFigures>();
  /** Of those that have ended. */
  #endedEvents = 0;
  #endedUnlinked = 0;

  readonly #host: RecordedWorkersHost;
  readonly #members = new Map<number, Member>();
  readonly #endings = new Map<Consumer, Ending>();

  constructor(host: RecordedWorkersHost) {
    this.#host = host;
  }

  /** Events that workers have written, as far as they have told. */
  get events(): number {
    return this.#endedEvents + this.#sum(({ events }) => events);
  }

  /** Messages to workers of which it is not known who posted them. */
  get unlinkedMessages(): number {
    return this.#endedUnlinked +
      this.#sum(({ unlinkedMessages }) => unlinkedMessages);
  }

  #sum(figure: (figures: WorkerFigures) => number): number {
    let sum = 0;
    for (const figures of this.#figures.values()) sum += figure(figures);
    return sum;
  }

  /** True if no consumer waits for a worker. */
  get isIdle(): boolean {
    return this.#endings.size === 0;
  }

  /** A worker that has begun to record for `consumers`. */
  add(worker: RecordedWorker, consumers: Iterable<Consumer>): void {
    this.count++;
    this.#members.set(worker.thread, {
      worker,
      consumers: new Set(consumers),
      state: undefined,
    });
  }

  /** A consumer that joins wants a prelude of each worker. */
  join(consumer: Consumer, notBefore: number): void {
    for (const { worker } of this.#members.values()) {
      this.joinOne(worker, consumer, notBefore);
    }
  }

  /** A consumer wants a prelude of one worker. */
  joinOne(worker: RecordedWorker, { id }: Consumer, notBefore: number): void {
    const { recording } = this.#host;
    worker.post({ kind: "join", recording, consumer: id, notBefore });
  }

  /** Something has come from a worker; `consumers` are those who listen. */
  receive(
    thread: number,
    message: FromWorker,
    consumers: Iterable<Consumer>,
  ): void {
    const member = this.#members.get(thread);
    if (member === undefined) return;
    switch (message.kind) {
      case "batch":
        this.#handOn(message.foreign, [message.bytes], [
          ...member.consumers,
        ]);
        member.state = message.state;
        break;
      case "prelude":
        for (const consumer of consumers) {
          if (consumer.id !== message.consumer) continue;
          this.#handOn(message.foreign, message.batches, [consumer]);
          member.consumers.add(consumer);
          member.state = message.state;
        }
        break;
      case "left":
        this.#figures.set(thread, message.figures);
        for (const consumer of member.consumers) {
          if (consumer.id === message.consumer) this.#part(member, consumer);
        }
        break;
      case "bye":
        this.#figures.set(thread, message.figures);
        this.end(thread, false);
        break;
      case "refused":
        this.end(thread, true);
        break;
    }
  }

  #handOn(
    foreign: ForeignGoroutines,
    batches: readonly Uint8Array<ArrayBuffer>[],
    consumers: readonly Consumer[],
  ): void {
    // What the batch goes on with was written by others before.
    if (foreign.started.length > 0) this.#host.flush();
    for (const consumer of consumers) {
      consumer.foreign.add(foreign);
      for (const batch of batches) this.#host.push(consumer, batch);
    }
  }

  /**
   * A worker is no more: its processor stops where it was seen last.
   *
   * @param isLost true if it did not say so itself
   */
  end(thread: number, isLost: boolean): void {
    const member = this.#members.get(thread);
    if (member === undefined) return;
    if (isLost) this.lost++;
    for (const consumer of member.consumers) this.#part(member, consumer);
    this.#members.delete(thread);
    const figures = this.#figures.get(thread);
    this.#figures.delete(thread);
    this.#endedEvents += figures?.events ?? 0;
    this.#endedUnlinked += figures?.unlinkedMessages ?? 0;
    this.#host.ended(thread);
  }

  /**
   * A consumer ends: `done` is called as soon as all workers have handed over
   * what they had for it, and soon in any case; at once if there are none.
   */
  leave(consumer: Consumer, done: () => void): void {
    const { recording } = this.#host;
    const waitingFor = new Set<number>();
    for (const [thread, { worker, consumers }] of this.#members) {
      if (!consumers.has(consumer)) continue;
      waitingFor.add(thread);
      worker.post({ kind: "leave", recording, consumer: consumer.id });
    }
    if (waitingFor.size === 0) {
      done();
      return;
    }
    const endTimer = this.#host.setTimer(() => {
      this.lost += waitingFor.size;
      this.abandon(consumer);
    }, LAST_BATCH_MS);
    this.#endings.set(consumer, { waitingFor, endTimer, done });
  }

  /** Closes what workers have in the trace of `consumer`, without waiting. */
  abandon(consumer: Consumer): void {
    for (const member of this.#members.values()) {
      if (member.consumers.has(consumer)) this.#part(member, consumer);
    }
  }

  /** Those who get the batches of a worker, and with them its stacks. */
  consumersOf(thread: number): ReadonlySet<Consumer> {
    return this.#members.get(thread)?.consumers ?? new Set();
  }

  /** CPU samples are wanted every so many milliseconds, or no longer. */
  sample(cpuInterval: number | undefined): void {
    const { recording } = this.#host;
    for (const { worker } of this.#members.values()) {
      worker.post({ kind: "sample", recording, cpuInterval });
    }
  }

  /** Nobody listens any more. */
  stop(): void {
    const { recording } = this.#host;
    for (const { worker } of this.#members.values()) {
      worker.post({ kind: "stop", recording });
    }
  }

  /** A consumer gets no more of a worker. */
  #part({ worker, consumers, state }: Member, consumer: Consumer): void {
    consumers.delete(consumer);
    if (state !== undefined) {
      const tail = encodeTail({
        ...state,
        running: state.running as GoId,
        proc: worker.proc,
        category: NO_STRING as StringId,
      });
      for (const batch of tail) consumer.queue.push(batch);
    }
    const ending = this.#endings.get(consumer);
    if (ending === undefined) return;
    ending.waitingFor.delete(worker.thread);
    if (ending.waitingFor.size > 0) return;
    this.#endings.delete(consumer);
    ending.endTimer();
    ending.done();
  }
}
