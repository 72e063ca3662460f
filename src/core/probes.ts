/**
 * Runs a runtime's probes while a recording lasts: starts and stops them, asks
 * them at the ends of turns and at each flush, and keeps what goes wrong in one
 * of them away from everything else.
 */

import type { Clock } from "./clock.ts";
import type { LoopFigures } from "./loop_figures.ts";
import type { Collection, RuntimeProbes } from "./probe.ts";
import type { ProbeWriter } from "./probe_writer.ts";

/** What probes are run with. */
export interface ProbesHost {
  readonly clock: Clock;
  /** The clock by which probes tell times: that of their thread. */
  readonly ownClock: Clock;
  /** The loop's turns, of which the last one counts. */
  readonly figures: LoopFigures;
  /** Says in the statistics what is not measured, and why. */
  note(text: string): void;
  /** Runs a piece of the tracer's own. */
  silently(fn: () => void): void;
}

/** See the head of this file. */
export class Probes {
  /** Milliseconds that the probes have taken in this recording. */
  spentMs = 0;

  readonly #runtime: RuntimeProbes;
  readonly #host: ProbesHost;
  #writer: ProbeWriter | undefined;
  /** The probes that run, and what ends each. */
  readonly #running = new Map<string, () => void>();
  /** What is to be added to a probe's times. */
  #offset = 0;
  /** When collections were asked for last. */
  #askedAt = 0;
  /** The longest turn since then. */
  #longestBegan = 0;
  #longestEnded = 0;

  constructor(runtime: RuntimeProbes, host: ProbesHost) {
    this.#runtime = runtime;
    this.#host = host;
  }

  /** A recording begins, whose probes write by `writer`. */
  start(writer: ProbeWriter): void {
    this.#writer = writer;
    this.spentMs = 0;
    this.#offset = offsetOf(this.#host);
    this.#askedAt = this.#host.clock.now();
    this.#forgetTurns();
    const { collections, heap } = this.#runtime;
    if (collections !== undefined) {
      const report = (found: readonly Collection[]) => this.#collected(found);
      this.#start("garbage collection", () => {
        collections.start(report);
        return () => collections.stop();
      });
    }
    if (heap !== undefined) {
      this.#start("the heap", () => () => {});
      this.#readHeap();
    }
  }

  /** The recording ends. */
  stop(): void {
    for (const name of [...this.#running.keys()]) this.#end(name);
    this.#writer = undefined;
  }

  /** A turn has ended. Called from the loop. */
  turnEnded(): void {
    const everyMs = this.#runtime.collections?.everyMs;
    if (everyMs === undefined || this.#writer === undefined) return;
    this.#passTurn();
    const { lastEnded } = this.#host.figures;
    if (lastEnded - this.#askedAt >= everyMs) {
      this.#askForCollections(lastEnded);
    }
  }

  /** Tells what is known up to now. Before a flush, and before a consumer ends. */
  collect(now: number): void {
    if (this.#writer === undefined) return;
    this.#passTurn();
    this.#askForCollections(now);
    this.#readHeap();
  }

  #askForCollections(now: number): void {
    const { collections } = this.#runtime;
    if (collections === undefined) return;
    const isKnown = this.#longestEnded > this.#longestBegan;
    const began = isKnown ? this.#longestBegan : this.#askedAt;
    const ended = isKnown ? this.#longestEnded : now;
    this.#askedAt = now;
    this.#forgetTurns();
    const offset = this.#offset;
    this.#run(
      "garbage collection",
      () =>
        collections.collect(began - offset, Math.max(began, ended) - offset),
    );
  }

  /** Keeps the longest turn, or the part of it since collections were asked for. */
  #passTurn(): void {
    const { figures, clock } = this.#host;
    const ended = figures.isInTurn ? clock.now() : figures.lastEnded;
    const began = Math.max(figures.lastBegan, this.#askedAt);
    if (ended - began <= this.#longestEnded - this.#longestBegan) return;
    this.#longestBegan = began;
    this.#longestEnded = ended;
  }

  #forgetTurns(): void {
    this.#longestBegan = this.#longestEnded = 0;
  }

  // Called by a probe: at any time, from code of the runtime's.
  #collected(found: readonly Collection[]): void {
    const writer = this.#writer;
    if (writer === undefined || found.length === 0) return;
    const offset = this.#offset;
    const collections = offset === 0
      ? found
      : found.map(({ began, ended, kind }) => ({
        began: began + offset,
        ended: ended + offset,
        kind,
      }));
    this.#run("garbage collection", () => writer.collected(collections));
    this.#readHeap();
  }

  #readHeap(): void {
    this.#run("the heap", () => {
      const now = this.#host.clock.now();
      this.#writer?.heap(now, this.#runtime.heap!());
    });
  }

  /** Runs `begin`, which gives what ends it, under a name for people. */
  #start(name: string, begin: () => () => void): void {
    this.#running.set(name, () => {});
    this.#run(name, () => this.#running.set(name, begin()));
  }

  /** Runs a piece of the probe `name`, which ends for good if it throws. */
  #run(name: string, piece: () => void): void {
    if (!this.#running.has(name)) return;
    const { clock } = this.#host;
    const began = clock.now();
    try {
      this.#host.silently(piece);
    } catch (error) {
      this.#host.note(`${name} is not measured: ${messageOf(error)}`);
      this.#end(name);
    }
    this.spentMs += clock.now() - began;
  }

  #end(name: string): void {
    const end = this.#running.get(name);
    this.#running.delete(name);
    try {
      this.#host.silently(() => end?.());
    } catch (error) {
      this.#host.note(`${name} was not ended: ${messageOf(error)}`);
    }
  }
}

/** Milliseconds from a thread's own clock to the one that counts. */
export function offsetOf(
  { clock, ownClock }: Pick<ProbesHost, "clock" | "ownClock">,
): number {
  return clock === ownClock ? 0 : clock.now() - ownClock.now();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
