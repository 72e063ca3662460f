/** How much of the waiting has a reason: what is left over is what the recorder does not know yet. */

import type { Frame } from "../format/read_tables.ts";
import type { Trace } from "../format/trace.ts";
import { ACTIVITIES, FIRST_BLOCKED, type SpanSink } from "./spans.ts";

/** Waits of one stack whose reason is not known. */
export interface UnknownWait {
  /** Where they began, leaf first. */
  readonly frames: readonly Frame[];
  readonly count: number;
  /** Nanoseconds. */
  readonly time: number;
}

/** Times are nanoseconds, summed over all goroutines. */
export interface Coverage {
  /** Time blocked, all reasons together. */
  readonly blocked: number;
  /** What of it has no reason. */
  readonly unknown: number;
  /** `unknown` as a share of `blocked`, 0 to 1; 0 where nothing was blocked. */
  readonly unknownShare: number;
  /** The longest of the waits without one, {@linkcode LISTED} stacks at most. */
  readonly longest: readonly UnknownWait[];
}

/** Stacks that are told. */
const LISTED = 10;

const UNKNOWN = ACTIVITIES.indexOf("unknown");

/** Collects waits with and without a reason; a sink to use beside others in one walk. */
export class WaitCoverage implements SpanSink {
  readonly #trace: Trace;
  #blocked: number = 0;
  #unknown: number = 0;
  /** By index of the stack. */
  readonly #waits: Map<number, { count: number; time: number }> = new Map();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  created(): void {}

  ended(): void {}

  span(
    _go: number,
    activity: number,
    begin: number,
    end: number,
    row: number,
  ): void {
    if (activity < FIRST_BLOCKED) return;
    const time = end - begin;
    this.#blocked += time;
    if (activity !== UNKNOWN) return;
    this.#unknown += time;
    const stack = this.#trace.events.stack[row];
    const wait = this.#waits.get(stack);
    if (wait === undefined) this.#waits.set(stack, { count: 1, time });
    else {
      wait.count++;
      wait.time += time;
    }
  }

  result(): Coverage {
    const longest = [...this.#waits]
      .sort(([, a], [, b]) => b.time - a.time)
      .slice(0, LISTED)
      .map(([stack, wait]) => ({
        frames: this.#trace.stacks.frames(stack),
        ...wait,
      }));
    return {
      blocked: this.#blocked,
      unknown: this.#unknown,
      unknownShare: this.#blocked === 0 ? 0 : this.#unknown / this.#blocked,
      longest,
    };
  }
}
