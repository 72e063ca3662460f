/** Names of kinds of garbage collections, as they stand in a trace. */

/** V8's own names, by those of its interface. */
const NAMES: Readonly<Record<string, string>> = {
  Scavenge: "scavenge",
  MinorMarkSweep: "minor mark-sweep",
  MinorMarkCompact: "minor mark-sweep",
  MarkSweepCompact: "mark-sweep-compact",
  IncrementalMarking: "incremental marking",
  ProcessWeakCallbacks: "weak callbacks",
};

/** The name of V8's `kind`, with what is to be known of it behind. */
export function collectionName(kind: string | undefined, mark = ""): string {
  return `GC: ${kind === undefined ? "other" : NAMES[kind] ?? "other"}${mark}`;
}
