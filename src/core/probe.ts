/**
 * What a runtime measures beside tasks: garbage collections, the heap, CPU
 * samples, its own load figures. Started with the recording, stopped with it.
 *
 * A probe may tell late of the past. Its times are the adapter's clock, in
 * milliseconds. Nothing that it throws reaches the program: it is noted in the
 * statistics, and the probe is left alone from then on.
 */

/** One garbage collection. */
export interface Collection {
  /** When it began and ended, as exactly as the runtime tells. */
  readonly began: number;
  readonly ended: number;
  /** What kind, and what is not exact: a name, the same for all alike. */
  readonly kind: string;
}

/** Tells of garbage collections. */
export interface CollectionProbe {
  /**
   * Milliseconds after which it wants to be asked at the end of a turn; without,
   * it is asked at each flush. Where a collection is known to have happened
   * since it was last asked, and no more, a short time places it better.
   */
  readonly everyMs?: number;
  /** Begins to watch. `report` may be called at any time until `stop`. */
  start(report: (collections: readonly Collection[]) => void): void;
  /**
   * Reports what it has not reported yet. The longest turn since it was last
   * asked, or its part since then, was from `began` to `ended`.
   */
  collect(began: number, ended: number): void;
  /** Ceases to watch, and leaves nothing behind. */
  stop(): void;
}

/** The heap, in bytes. */
export interface HeapFigures {
  readonly used: number;
  /** What the engine has set aside for it: its goal, in Go's words. */
  readonly goal: number;
}

/** One function in one calling context of a CPU profile. */
export interface CpuNode {
  readonly fn: string;
  /** URL or path, as the engine names it; empty for the engine's own. */
  readonly file: string;
  /** Line at which the function begins, from 1 on, or 0. */
  readonly line: number;
  /** Index of the caller, -1 without one. */
  readonly caller: number;
}

/** Samples, oldest first. */
export interface CpuProfile {
  readonly nodes: readonly CpuNode[];
  /** Index of the node that each sample found. */
  readonly samples: ArrayLike<number>;
  /** When each was taken. */
  readonly times: ArrayLike<number>;
}

/** Samples what the program's thread does. */
export interface CpuProfiler {
  /**
   * Begins to sample.
   *
   * @param intervalUs microseconds from one sample to the next
   * @throws {Error} When that is not allowed or not possible here; the message
   * says what would help.
   */
  start(intervalUs: number): void;
  /**
   * Gives what was sampled since `start` or the last `take`, at once or soon
   * after, and goes on unless `isLast`. `done` is called once, in any case.
   */
  take(isLast: boolean, done: (profile: CpuProfile | undefined) => void): void;
  /** Ceases to sample, without giving anything. May be called at any time. */
  stop(): void;
}

/** The runtime's own load figures. */
export interface LoadProbe {
  start(): void;
  /** Figures since the last call, by name; numbers that JSON takes. */
  read(): Readonly<Record<string, number>>;
  stop(): void;
}

/** Everything that a runtime can measure; what it cannot is left out. */
export interface RuntimeProbes {
  readonly collections?: CollectionProbe;
  /** Must not walk the heap: it is called several times a second. */
  readonly heap?: () => HeapFigures;
  readonly cpu?: CpuProfiler;
  readonly load?: LoadProbe;
}
