/** One reader of a recording: a stream, with its own beginning and end. */

import { BatchQueue } from "./batch_queue.ts";
import { ForeignAccount } from "./foreign_goroutines.ts";

/** Why a consumer got no more. */
export type ConsumerEnd =
  /** Its time was up, or `stop()` was called. */
  | "done"
  /** It left. */
  | "left"
  /** It read too slowly: the queue reached its limit. */
  | "slow"
  /** The recorder failed. */
  | "failed";

/** See the head of this file. */
export class Consumer {
  /** Why it ended; undefined while it goes on. */
  end: ConsumerEnd | undefined;
  /** Called once when it ends, to let go of timers and listeners. */
  onEnd: (() => void) | undefined;

  /** Its number among those of a recording. */
  readonly id: number;
  /** Tick at which its trace begins. */
  readonly ticks: number;
  /** What it was sent of goroutines that one thread creates and another runs. */
  readonly foreign: ForeignAccount = new ForeignAccount();
  readonly queue: BatchQueue;
  #onReady: (() => void) | undefined;

  constructor(maxBuffered: number, id = 0, ticks = 1) {
    this.id = id;
    this.ticks = ticks;
    this.queue = new BatchQueue(maxBuffered);
  }

  /** True if there is something to take, or the end to be seen. */
  get isReady(): boolean {
    return !this.queue.isEmpty || this.end !== undefined;
  }

  /** Calls `fn` as soon as {@linkcode isReady}: at once, or on a wake. */
  whenReady(fn: () => void): void {
    if (this.isReady) fn();
    else this.#onReady = fn;
  }

  /** Calls what waits, if there is a reason. Not to be called from a hook. */
  wake(): void {
    if (!this.isReady || this.#onReady === undefined) return;
    const fn = this.#onReady;
    this.#onReady = undefined;
    fn();
  }
}
