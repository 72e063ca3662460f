/**
 * Goroutines that one thread creates and another runs: messages. Whatever gets
 * lost between them, a start without a creation makes Go refuse a whole trace.
 *
 * So each thread says with its batches which ones it created for others and
 * which of others it started. Each consumer keeps what is not matched, and at
 * its end what was started and never created gets a substitute.
 */

import type { GoId, StackId } from "../format/ids.ts";

/** What a batch holds of such goroutines, as plain numbers. */
export interface ForeignGoroutines {
  /** Goroutine and receiving thread of each one created here. */
  readonly created: readonly number[];
  /** Goroutine and entry stack of each one of others that was started here. */
  readonly started: readonly number[];
}

/** Collects {@linkcode ForeignGoroutines} while a batch is written. */
export class ForeignNotes {
  #created: number[] = [];
  #started: number[] = [];

  /** The creation of `goId`, for `thread` to run, has been written. */
  noteCreated(goId: GoId, thread: number): void {
    this.#created.push(goId, thread);
  }

  /** `goId`, which another thread created, is going to be started. */
  noteStarted(goId: GoId, entry: StackId): void {
    this.#started.push(goId, entry);
  }

  /** What was noted since the last time. */
  take(): ForeignGoroutines {
    if (this.#created.length === 0 && this.#started.length === 0) return NONE;
    const taken = { created: this.#created, started: this.#started };
    this.#created = [];
    this.#started = [];
    return taken;
  }
}

const NONE: ForeignGoroutines = { created: [], started: [] };

/** What one consumer was sent of such goroutines, as far as it does not match. */
export class ForeignAccount {
  /** Created but not started: goroutine to receiving thread. */
  readonly #created = new Map<number, number>();
  /** Started but not created: goroutine to entry stack. */
  readonly #started = new Map<number, StackId>();

  /** The consumer was sent a batch with these. */
  add({ created, started }: ForeignGoroutines): void {
    for (let i = 0; i < created.length; i += 2) {
      const goId = created[i];
      if (!this.#started.delete(goId)) this.#created.set(goId, created[i + 1]);
    }
    for (let i = 0; i < started.length; i += 2) {
      const goId = started[i];
      if (!this.#created.delete(goId)) {
        this.#started.set(goId, started[i + 1] as StackId);
      }
    }
  }

  /** `thread` is no more: what was created for it is never started. */
  forget(thread: number): void {
    for (const [goId, receiver] of this.#created) {
      if (receiver === thread) this.#created.delete(goId);
    }
  }

  /** What was started and never created, with entry stacks. */
  get uncreated(): ReadonlyMap<number, StackId> {
    return this.#started;
  }
}
