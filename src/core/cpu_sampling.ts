/**
 * CPU samples while any consumer wants them: begins with the first of those,
 * ends with the last, and fetches what was sampled every few seconds and before
 * one of them ends.
 */

import type { Clock } from "./clock.ts";
import { SamplingError } from "./errors.ts";
import type { CpuProfiler } from "./probe.ts";
import type { Recording } from "./recording.ts";
import { offsetOf } from "./probes.ts";
import { RUN_LOG_CHANGES, RunLog } from "./run_log.ts";
import { SampleWriter } from "./sample_writer.ts";
import type { FrameReader } from "./stack_capture.ts";

/** Default of the time from one sample to the next, in milliseconds. */
export const SAMPLE_MS = 1;

/** Shortest time that may be asked for. */
const MIN_SAMPLE_MS = 0.05;

/** How often samples are fetched, in milliseconds: at least, and at most. */
const FETCH_MS = 1000;
const MIN_FETCH_MS = 500;

/** How long the end of a trace waits for the last samples. */
const FINISH_MS = 1000;

/** What it works with. */
export interface CpuSamplingHost {
  readonly clock: Clock;
  /** The clock of a profile's times: that of this thread. */
  readonly ownClock: Clock;
  readonly frames: FrameReader;
  /** Runs a piece of the tracer's own. */
  silently(fn: () => void): void;
  /** Says in the statistics what is not measured, and why. */
  note(text: string): void;
  /** Calls `fn` once after `ms`. @returns what ends it */
  setTimer(fn: () => void, ms: number): () => void;
}

/** See the head of this file. */
export class CpuSampling {
  /** Milliseconds spent on it. */
  spentMs = 0;
  /** Milliseconds from one sample to the next, while there are any. */
  sampleMs: number | undefined = undefined;

  readonly #profiler: CpuProfiler | undefined;
  readonly #host: CpuSamplingHost;
  #isOn = false;
  #depth = 0;
  #recording: Recording | undefined;
  #samples: SampleWriter | undefined;
  #runs: RunLog | undefined;
  #fetchedAt = 0;
  #changesFetched = 0;

  constructor(profiler: CpuProfiler | undefined, host: CpuSamplingHost) {
    this.#profiler = profiler;
    this.#host = host;
  }

  /**
   * Begins to sample, if it has not begun. `attach` comes next.
   *
   * @throws {SamplingError} When the runtime does not allow it, or has no way to.
   * @throws {RangeError} When `sampleMs` is too short or no number.
   */
  start(sampleMs: number = SAMPLE_MS): void {
    if (!(sampleMs >= MIN_SAMPLE_MS && sampleMs < Infinity)) {
      throw new RangeError(
        `Cannot take CPU samples every ${sampleMs} ms: must be at least ` +
          `${MIN_SAMPLE_MS}`,
      );
    }
    if (this.#isOn) return;
    const profiler = this.#profiler;
    if (profiler === undefined) {
      throw new SamplingError(
        "Cannot take CPU samples: this runtime has no way to",
      );
    }
    this.spentMs = 0;
    const began = this.#host.clock.now();
    try {
      profiler.start(Math.round(sampleMs * 1000));
    } catch (error) {
      throw new SamplingError(messageOf(error), { cause: error });
    }
    this.#isOn = true;
    this.sampleMs = sampleMs;
    this.#fetchedAt = this.#host.clock.now();
    this.spentMs += this.#fetchedAt - began;
  }

  /** Samples are for `recording` from now on. */
  attach(recording: Recording): void {
    if (this.#recording !== undefined) return;
    const runs = this.#runs = new RunLog();
    this.#changesFetched = 0;
    this.#recording = recording;
    this.#samples = new SampleWriter(recording.probes, {
      frames: this.#host.frames,
      runs,
      offset: offsetOf(this.#host),
    });
    recording.noteRuns(runs);
  }

  /** Ceases to sample if there is no recording to sample for. */
  stopUnused(): void {
    if (this.#recording === undefined) this.stop();
  }

  /** Fetches samples if it is time to. To be called at each flush. */
  tick(now: number): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    if (recording.probes.samplers === 0) return this.stop();
    const age = now - this.#fetchedAt;
    const changes = this.#runs!.count - this.#changesFetched;
    const isFull = changes > RUN_LOG_CHANGES / 2 && age >= MIN_FETCH_MS;
    if (age >= FETCH_MS || isFull) this.#fetch(false, () => {});
  }

  /**
   * Fetches what has been sampled up to now, then calls `then`: at once, or soon
   * where the runtime takes a moment. A consumer that ends waits for it.
   *
   * @param isLast true if nobody wants samples after that
   */
  finish(isLast: boolean, then: () => void): void {
    if (this.#recording === undefined) return then();
    let isOver = false;
    let endTimer = () => {};
    const once = () => {
      if (isOver) return;
      isOver = true;
      endTimer();
      then();
    };
    this.#fetch(isLast, once);
    if (!isOver) endTimer = this.#host.setTimer(once, FINISH_MS);
  }

  /** Ceases to sample; what was not fetched is lost. */
  stop(): void {
    if (!this.#isOn) return;
    this.#forget();
    this.#guarded(() => this.#profiler?.stop());
  }

  #forget(): void {
    this.#isOn = false;
    this.sampleMs = undefined;
    this.#recording?.noteRuns(undefined);
    this.#recording = this.#samples = this.#runs = undefined;
  }

  #fetch(isLast: boolean, then: () => void): void {
    const recording = this.#recording!;
    const samples = this.#samples!;
    this.#fetched();
    let isGiven = false;
    const given = this.#guarded(() => {
      // What ran up to now is to be known.
      recording.map();
      if (isLast) this.#forget();
      this.#profiler!.take(isLast, (profile) => {
        isGiven = true;
        this.#guarded(() => {
          if (profile !== undefined) samples.write(profile);
        });
        then();
      });
    });
    if (given || isGiven) return;
    this.stop();
    then();
  }

  #fetched(): void {
    this.#fetchedAt = this.#host.clock.now();
    this.#changesFetched = this.#runs?.count ?? 0;
  }

  /** Runs a piece of it. @returns false if it threw, which is noted */
  #guarded(piece: () => void): boolean {
    const host = this.#host;
    const began = host.clock.now();
    this.#depth++;
    try {
      host.silently(piece);
      return true;
    } catch (error) {
      host.note(`CPU samples are missing: ${messageOf(error)}`);
      return false;
    } finally {
      // One inside another: where samples are given at once.
      if (--this.#depth === 0) this.spentMs += host.clock.now() - began;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
