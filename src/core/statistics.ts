/** Figures of a recording: what was written, what was left out, at what cost. */

import type { MapperCounts } from "./task_mapper.ts";

/** What is known of the workers in a recording. */
export interface WorkersFigures {
  /** Workers that were recorded, too, and those lost before they said all. */
  readonly workers: number;
  readonly workersLost: number;
  /** Events that workers wrote, as far as they have told. */
  readonly workerEvents: number;
  /** Messages of which it is not known who posted them. */
  readonly unlinkedMessages: number;
}

/** What one recording counted. */
export interface RecordingStatistics extends MapperCounts, WorkersFigures {
  /** Events written; records of the tables are not counted. */
  readonly events: number;
  /** Goroutines there have been, and how many were alive at the end. */
  readonly goroutines: number;
  readonly liveGoroutines: number;
  /** Bytes of the batches that all consumers share, and how many these were. */
  readonly bytes: number;
  readonly batches: number;
  /** Bytes of the preludes, one for each consumer. */
  readonly preludeBytes: number;
  /** Consumers there have been, and how many were ended for being too slow. */
  readonly consumers: number;
  readonly slowConsumers: number;
  /** Sizes of the tables, and how often each was found full. */
  readonly strings: number;
  readonly stringsOverflowed: number;
  readonly stacks: number;
  readonly stacksOverflowed: number;
  readonly sites: number;
  readonly sitesOverflowed: number;
  /** Logs that were left out because a consumer was too slow. */
  readonly shedLogs: number;
  /** Regions that could not be shown: they began in code of no goroutine. */
  readonly regionsLost: number;
  /** Continuations there was no room for, and those forgotten to make room. */
  readonly continuationsRefused: number;
  readonly continuationsForgotten: number;
  /**
   * Garbage collections seen, and their milliseconds, where the runtime tells
   * them.
   */
  readonly collections: number;
  readonly collectionMs: number;
  /** CPU samples taken while any consumer wanted them. */
  readonly cpuSamples: number;
}

/** Figures of a recording and of its cost. */
export interface Statistics extends RecordingStatistics {
  /** How long it has been recorded, in seconds. */
  readonly seconds: number;
  /** Stacks captured, those refused by the budget, and the time they took. */
  readonly stacksCaptured: number;
  readonly stacksRefused: number;
  readonly stacksMs: number;
  /** Times that it could not be afforded to find out who woke whom. */
  readonly markersRefused: number;
  /** Places where a remembered site turned out to stand for several. */
  readonly ambiguousSites: number;
  /** Time spent on turning raw records into bytes, sampled, in milliseconds. */
  readonly mappingMs: number;
  /** Time that the probes have taken, in milliseconds. */
  readonly probesMs: number;
  /** Requests whose `traceparent` was not looked for, to save time. */
  readonly traceParentsSkipped: number;
  /** Messages of `log()` that were cut because they were too long. */
  readonly messagesCut: number;
  /** What is not recorded as it should be, in words: the first few. */
  readonly notes: readonly string[];
  /** The first error of the recorder, if it failed. */
  readonly error?: string;
}
