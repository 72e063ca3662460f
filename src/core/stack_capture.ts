/**
 * Call sites of the running code, within a budget of time.
 *
 * A capture costs 5 to 15 us, a hundred times a hook, and the first ones of a
 * process far more, so they are bought from a bucket that fills with a share of
 * the time that passes. It begins full: what is captured first is remembered. Frames of the tracer
 * and of the runtime are left out; what the runtime's frames were tells what an
 * await inside them waits for.
 */

import type { Clock } from "./clock.ts";
import { Reason } from "./reason.ts";
import { NO_SITE, type SiteTable } from "./site_table.ts";

/** How stacks are captured: never, within the budget, or always. */
export type StackMode = "off" | "budget" | "all";

/** Share of time that may go into captures. */
export const STACK_BUDGET = 0.01;

/**
 * Most that one capture is charged, in milliseconds. What takes longer happens
 * once (an engine reads a file's source map) or is not ours: another process ran.
 */
const MAX_COST_MS = 1;

/** Most that can be saved up, in milliseconds: the share of 5 seconds. */
const BUCKET_MS = 50;

/** One refusal in so many looks whether the bucket has filled again. */
const LOOK_EVERY = 16;

/** What is kept for places never seen, in milliseconds. */
const RESERVE_MS = 20;

/** Frames looked at: enough to get past those of a runtime. */
const FRAMES = 12;

/** Function of a frame whose function has no name. */
export const NAME_OF_ANONYMOUS = "(anonymous)";

/** What a runtime tells of the files in its stacks. */
export interface FrameReader {
  /**
   * The name by which `file` is written, or undefined for a frame of the
   * tracer or of the runtime.
   */
  shortName(file: string): string | undefined;
  /** True for a frame of the tracer. */
  isOwn?(file: string): boolean;
  /** What an await in the runtime's own `file` waits for. */
  reasonOf(file: string): Reason;
}

/** The part of V8's CallSite that is read here; JavaScriptCore has it too. */
export interface CallSite {
  getFunctionName(): string | null;
  getFileName(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  getEnclosingLineNumber?(): number | null;
}

/** A function on the stack: it and what it called are left out of a capture. */
// deno-lint-ignore no-explicit-any
export type StackTop = (...args: any[]) => unknown;

/** The parts of `Error` that not every engine has. */
interface ErrorWithStackApi {
  captureStackTrace?(target: object, above?: StackTop): void;
  prepareStackTrace?: unknown;
  stackTraceLimit?: number;
}

/** Captures sites; see the head of this file. */
export class StackCapture {
  /** How many stacks were captured, and how many were too expensive. */
  captured = 0;
  refused = 0;
  /** Milliseconds spent. */
  spentMs = 0;
  /** What the runtime's frames above the last captured site said. */
  reason: Reason = Reason.Unknown;
  /** True if the last capture was inside `Promise.prototype.then`. */
  isThen = false;

  readonly #sites: SiteTable;
  readonly #reader: FrameReader;
  #mode: StackMode = "off";
  readonly #clock: Clock;
  #bucketMs = BUCKET_MS;
  #filledAt: number;

  constructor(
    sites: SiteTable,
    reader: FrameReader,
    clock: Clock,
  ) {
    this.#sites = sites;
    this.#reader = reader;
    this.#clock = clock;
    // As if the first five seconds had passed already: they are paid back.
    this.#filledAt = clock.now() + BUCKET_MS / STACK_BUDGET;
  }

  /** Starts counting anew, for a recording that captures by `mode`. */
  begin(mode: StackMode): void {
    const canCapture = typeof stackApi().captureStackTrace === "function";
    this.#mode = canCapture ? mode : "off";
    this.captured = 0;
    this.refused = 0;
    this.spentMs = 0;
  }

  /** True if there is enough in the bucket to check what is known already. */
  get canCheck(): boolean {
    return this.#mode === "all" || this.#bucketMs > RESERVE_MS;
  }

  /**
   * The innermost site of the program on the stack, that of the runtime when it
   * runs alone, {@linkcode NO_SITE} when nothing does, or undefined when none may
   * be captured now. What lies above `top` costs nothing.
   */
  capture(top: StackTop): number | undefined {
    return this.read(top, this.#readSite);
  }

  /** True if every stack that is asked for is captured. */
  get isAll(): boolean {
    return this.#mode === "all";
  }

  /**
   * What `look` makes of the frames above `top`, innermost first, or undefined
   * when none may be captured now. The budget pays for both. Asked for fewer
   * `frames`, an engine takes less time.
   */
  read<T>(
    top: StackTop,
    look: (frames: readonly CallSite[]) => T,
    frames: number = FRAMES,
  ): T | undefined {
    if (this.#mode === "off") return undefined;
    const isEmpty = this.#bucketMs <= 0 && this.#mode === "budget";
    // While it is empty most calls are refused without reading the clock.
    if (isEmpty && ++this.refused % LOOK_EVERY !== 0) return undefined;
    const begin = this.#clock.now();
    this.#fill(begin);
    if (isEmpty && this.#bucketMs <= 0) return undefined;
    const found = look(callSites(top, frames));
    const cost = this.#clock.now() - begin;
    this.#bucketMs -= Math.min(cost, MAX_COST_MS);
    this.spentMs += cost;
    this.captured++;
    return found;
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    const filled = this.#bucketMs + (now - this.#filledAt) * STACK_BUDGET;
    this.#bucketMs = Math.min(filled, BUCKET_MS);
    this.#filledAt = now;
  }

  /** A site named `name` at the innermost line of the program, at any cost. */
  named(name: string, top: StackTop): number {
    const here = typeof stackApi().captureStackTrace === "function"
      ? this.#readSite(callSites(top, FRAMES))
      : NO_SITE;
    return this.#sites.renamed(here, name);
  }

  readonly #readSite = (frames: readonly CallSite[]): number => {
    this.reason = Reason.Unknown;
    this.isThen = false;
    for (const frame of frames) {
      // The first look at each frame is what costs: none is looked at in vain.
      const file = frame.getFileName();
      if (!file) {
        // A function of the engine has no file.
        this.isThen ||= frame.getFunctionName() === "then";
        continue;
      }
      const shortName = this.#reader.shortName(file);
      if (shortName === undefined) {
        if (this.reason === Reason.Unknown) {
          this.reason = this.#reader.reasonOf(file);
        }
        continue;
      }
      const name = frame.getFunctionName();
      const line = frame.getLineNumber() ?? 0;
      // Without a name or the line it begins at, one function cannot be told
      // from another of the file: each line counts as one.
      const functionLine = frame.getEnclosingLineNumber?.() ??
        (name ? 0 : line);
      return this.#sites.put(
        name || NAME_OF_ANONYMOUS,
        shortName,
        line,
        functionLine,
      );
    }
    return frames.length === 0 ? NO_SITE : this.#sites.runtime;
  };
}

function stackApi(): ErrorWithStackApi {
  return Error as unknown as ErrorWithStackApi;
}

/** The file of the code that called `top`, or undefined if it has none. */
export function callerFile(top: StackTop): string | undefined {
  if (typeof stackApi().captureStackTrace !== "function") return undefined;
  return callSites(top, 1).at(0)?.getFileName() ?? undefined;
}

function giveFrames(_error: unknown, frames: unknown): unknown {
  return frames;
}

/**
 * The frames above, innermost first. What the program set on Error is kept;
 * where it froze Error there are none.
 */
function callSites(top: StackTop, limit: number): readonly CallSite[] {
  const api = stackApi();
  if (Object.isFrozen(api)) return [];
  const { prepareStackTrace, stackTraceLimit } = api;
  const holder: { stack?: unknown } = {};
  try {
    api.stackTraceLimit = limit;
    api.prepareStackTrace = giveFrames;
    api.captureStackTrace!(holder, top);
    const { stack } = holder;
    return Array.isArray(stack) ? stack as CallSite[] : [];
  } finally {
    api.prepareStackTrace = prepareStackTrace;
    api.stackTraceLimit = stackTraceLimit;
  }
}
