import { test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import {
  NO_PROC,
  TraceBuilder,
  workedExample,
} from "../support/trace_builder.ts";
import { findAnnotations } from "../../src/analysis/annotations.ts";
import { Histogram } from "../../src/analysis/histogram.ts";
import { type EntrySummary, summarize } from "../../src/analysis/summary.ts";
import { utilisation } from "../../src/analysis/utilisation.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

test("summarize() tells what the worked example did", () => {
  const summary = summarize(parseTrace(workedExample().bytes()));
  assertEquals(summary.entries, [{
    name: "main",
    file: "a.js",
    line: 1,
    count: 1,
    ended: 1,
    running: 10 + 9,
    runnable: 1 + 5,
    syscall: 0,
    blocked: 23,
    blockedBy: { network: 23 },
    gc: 0,
    longestRun: 10,
  }]);
  const [{ p, running }, ...others] = summary.procs;
  assertEquals([p, running, others.length], [0, 19, 0]);
  assertEquals([summary.duration, summary.goroutines], [52, 1]);
});

/** Two loops; times are in their place: every stay is a number of its own. */
function busyTrace(): TraceBuilder {
  return new TraceBuilder()
    .batch(0, 0)
    .frequency()
    .string(1, "serve").string(2, "app.ts").string(3, "load")
    .stack(1, [16, 1, 2, 1])
    .stack(2, [32, 3, 2, 9])
    .event("Gomaxprocs", 0, 2, 0)
    .event("Gomaxprocs", 0, 2, 0)
    .event("ProcStart", 0, 1)
    .event("GoCreate", 0, 1, 1, 1)
    .event("GoCreate", 0, 2, 1, 1)
    .event("GoCreate", 0, 3, 2, 1)
    .event("GoStartLocal", 100, 1)
    .event("GoSleep", 1000, 1) // at 1100
    .event("GoStartLocal", 0, 2)
    .event("GCStart", 400, 0, 1) // at 1500
    .event("GoSysCall", 100, 1) // at 1600
    .event("GoSysBlock", 0)
    .event("ProcStop", 0)
    .event("ProcStart", 400, 1) // at 2000
    .event("GCDone", 0)
    .event("GoSysExit", 0, 2, 2, 0)
    .event("GoStartLocal", 50, 2) // at 2050
    .event("GoUnblockLocal", 0, 1, 1)
    .event("GoEnd", 150) // at 2200
    .event("GoStartLocal", 0, 1)
    .event("GoPreempt", 300, 1) // at 2500
    .event("GoStartLocal", 0, 1)
    .event("GoBlockSync", 500, 1) // at 3000
    .event("ProcStop", 1000) // at 4000
    .batch(1, 200)
    .event("ProcStart", 0, 2)
    .event("GoStart", 0, 3, 1) // at 200
    .event("GoBlock", 1800, 2) // at 2000
    .event("ProcStop", 0);
}

test("summarize() tells the share of blocked time without a reason, and where", () => {
  const { coverage } = summarize(parseTrace(busyTrace().bytes()));
  const unknown = 4000 - 2000;
  const blocked = (2050 - 1100) + (4000 - 3000) + unknown;
  assertEquals(coverage, {
    blocked,
    unknown,
    unknownShare: unknown / blocked,
    longest: [{
      frames: [{ pc: 32, fn: "load", file: "app.ts", line: 9 }],
      count: 1,
      time: unknown,
    }],
  });
});

test("summarize() adds up running, runnable, blocked, syscall and GC by entry", () => {
  const summary = summarize(parseTrace(busyTrace().bytes(), { strict: true }));
  const byName = new Map(
    summary.entries.map((entry): [string, EntrySummary] => [entry.name, entry]),
  );
  assertEquals(byName.get("serve"), {
    name: "serve",
    file: "app.ts",
    line: 1,
    count: 2,
    ended: 1,
    running: 1000 + 300 + 500 + 500 + 150,
    runnable: 100 + 150 + 1100 + 50,
    syscall: 400,
    blocked: (2050 - 1100) + (4000 - 3000),
    blockedBy: { sleep: 2050 - 1100, sync: 4000 - 3000 },
    gc: 2 * 500,
    longestRun: 1000,
  });
  const load = byName.get("load");
  assert(load !== undefined);
  assertEquals(
    [load.running, load.runnable, load.gc],
    [1800, 200, 500],
  );
  assertEquals(load.blockedBy, { unknown: 4000 - 2000 });
  assertEquals(summary.gc, 500);
  assertEquals(
    summary.procs.map(({ p, running }) => [p, running]),
    [[0, 2450], [1, 1800]],
  );
  // Longest running time first.
  assertEquals(summary.entries.map(({ name }) => name), ["serve", "load"]);
});

test("utilisation() divides running time among the parts of the trace", () => {
  const trace = parseTrace(busyTrace().bytes());
  const [first, second] = utilisation(trace, 4);
  assertEquals([first.p, second.p], [0, 1]);
  const shares = first.shares.map((share) => Math.round(1000 * share));
  // 0 ran from 100 to 1600 and from 2050 to 3000, 1 from 200 to 2000.
  assertEquals(shares, [900, 600, 950, 0]);
  assertEquals(second.shares, [0.8, 1, 0, 0]);
});

test("findAnnotations() pairs tasks and regions with their ends", () => {
  const trace = new TraceBuilder()
    .batch(0, 0).frequency()
    .string(1, "main").string(2, "request").string(3, "query")
    .stack(1, [16, 1, 1, 1])
    .event("GoCreate", 0, 1, 1, 1).event("GoStartLocal", 0, 1)
    .event("UserTaskCreate", 0, 7, 0, 2, 1)
    .event("UserRegion", 0, 7, 0, 3, 1)
    .event("UserRegion", 10, 7, 0, 2, 1)
    .event("UserRegion", 5, 7, 1, 2, 1)
    .event("UserRegion", 5, 7, 1, 3, 1)
    .event("UserTaskEnd", 80, 7, 1)
    .event("UserTaskCreate", 0, 7, 0, 2, 1)
    .log(0, 7, 3, 1, "text")
    .event("UserRegion", 0, 7, 0, 3, 1)
    .event("GoEnd", 300);
  const { tasks, regions, logs } = findAnnotations(parseTrace(trace.bytes()));
  assertEquals(tasks, [{
    name: "request",
    count: 2,
    complete: 1,
    total: 100,
    median: 100,
    p99: 100,
    max: 100,
  }]);
  assertEquals(
    regions.map(({ name, count, complete, total, max }) => ({
      name,
      count,
      complete,
      total,
      max,
    })),
    [
      { name: "query", count: 2, complete: 2, total: 320, max: 300 },
      { name: "request", count: 1, complete: 1, total: 5, max: 5 },
    ],
  );
  assertEquals(logs, 1);
});

test("Histogram.quantile() is at most a fourth of an octave too long", () => {
  const histogram = new Histogram();
  for (let duration = 1; duration <= 10_000; duration++) {
    histogram.add(duration);
  }
  for (const [q, exact] of [[0.5, 5000], [0.99, 9900], [0.001, 10]]) {
    const value = histogram.quantile(q);
    assert(value >= exact && value <= exact * 2 ** 0.25, `${q}: ${value}`);
  }
  assertEquals(histogram.quantile(1), 10_000);
  assertEquals([histogram.min, histogram.max], [1, 10_000]);
  assertEquals(histogram.mean, 5000.5);
  assertEquals(new Histogram().quantile(0.5), 0);
});

test("Histogram.buckets() covers what was added, borders included", () => {
  const histogram = new Histogram();
  const durations = [0, 1, 2, 4, 1024, 2 ** 40, 0.5, 3];
  for (const duration of durations) histogram.add(duration);
  const buckets = histogram.buckets();
  assertEquals(buckets.reduce((sum, { count }) => sum + count, 0), 8);
  for (const duration of durations) {
    assertEquals(
      buckets.filter(({ from, to }) => from <= duration && duration < to)
        .length,
      1,
      `${duration}`,
    );
  }
});

test("summarize() tells what probes have told", () => {
  const quiet = summarize(parseTrace(workedExample().bytes()));
  assertEquals(quiet.probes, {
    collections: 0,
    heap: undefined,
    cpuSamples: 0,
  });
  const trace = new TraceBuilder(19)
    .batch(0, 1)
    .frequency()
    .string(1, "main").string(2, "a.js")
    .stack(1, [16, 1, 2, 1])
    .event("Gomaxprocs", 0, 1, 0)
    .event("Gomaxprocs", 0, 1, 0)
    .event("ProcStart", 0, 1)
    .batch(NO_PROC, 1)
    .event("HeapAlloc", 1, 300)
    .event("HeapGoal", 1, 900)
    .event("HeapAlloc", 1, 500)
    .event("GCStart", 1, 0, 1)
    .event("GCDone", 1)
    .event("HeapAlloc", 1, 200)
    .event("CPUSample", 1, 4, 0, 0, 1);
  assertEquals(summarize(parseTrace(trace.bytes())).probes, {
    collections: 1,
    heap: { peak: 500, last: 200 },
    cpuSamples: 1,
  });
});
