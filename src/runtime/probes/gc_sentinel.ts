/**
 * Garbage collections by an object that nobody holds: when it is gone there has
 * been one. That is all that JavaScriptCore tells: neither its kind nor how long
 * it took, and several in one turn count as one.
 */

import type { CollectionProbe } from "../../core/probe.ts";

/** The one kind there is. */
const KIND = "GC (seen afterwards, duration unknown)";

/** Watches by a `FinalizationRegistry`. */
export function gcSentinelProbe(clock: { now(): number }): CollectionProbe {
  let registry: FinalizationRegistry<number> | undefined;
  return {
    start(report) {
      const own = registry = new FinalizationRegistry(() => {
        // One that was stopped may still be told of its last object.
        if (registry !== own) return;
        const now = clock.now();
        report([{ began: now, ended: now, kind: KIND }]);
        own.register({}, 0);
      });
      own.register({}, 0);
    },
    collect() {},
    stop() {
      registry = undefined;
    },
  };
}
