import { test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import { TraceBuilder, workedExample } from "../support/trace_builder.ts";
import { PAGE_RULES, type PageRule } from "../../src/format/page_rules.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

type Build = (trace: TraceBuilder) => TraceBuilder;

/** A trace without defects, with `build` in its middle while g 1 runs. */
function sound(
  build: Build = (t) => t,
  version: 10 | 11 | 19 = 11,
): TraceBuilder {
  return build(head(version)).event("GoEnd", 1).event("ProcStop", 1);
}

function head(version: 10 | 11 | 19 = 11): TraceBuilder {
  return new TraceBuilder(version)
    .batch(0, 1000)
    .frequency()
    .event("Gomaxprocs", 0, 1, 0)
    .event("Gomaxprocs", 0, 1, 0)
    .event("ProcStart", 1, 1)
    .string(1, "main").string(2, "a.ts")
    .stack(1, [16, 1, 2, 1])
    .event("GoCreate", 1, 1, 1, 1)
    .event("GoStartLocal", 1, 1);
}

/** One trace for each rule, which breaks that rule and no other. */
const BROKEN: Readonly<Record<PageRule, TraceBuilder>> = {
  "old-header": sound((t) => t, 10),
  "first-record-not-batch": new TraceBuilder().string(9, "lost")
    .append(sound().bytes().subarray(16)),
  "record-too-long": sound((t) =>
    t.stack(
      9,
      ...Array.from({ length: 128 }, (_, at) =>
        [2 ** 40 + at, 1, 2, 2 ** 50] as [number, number, number, number]),
    )
  ),
  "large-proc": sound((t) =>
    t.batch(2 ** 31, 2000).event("HeapAlloc", 1, 1).batch(0, 3000)
  ),
  "futile-wakeup": sound((t) => t.event("FutileWakeup", 1)),
  "running-at-end": head(),
  "open-range": sound((t) => t.event("GCStart", 1, 0, 1)),
  "no-goroutine": sound((t) =>
    t.event("GoSched", 1, 1).event("STWStart", 1, 0).event("STWDone", 1).event(
      "GoStartLocal",
      1,
      1,
    )
  ),
  "create-without-stack": sound((t) => t.event("GoCreate", 1, 2, 0, 1)),
  "zero-pc": sound((t) =>
    t.stack(9, [0, 1, 2, 7]).event("GoCreate", 1, 2, 9, 1)
  ),
  "region-without-stack": sound((t) =>
    t.event("UserRegion", 1, 0, 0, 1, 0).event("UserRegion", 1, 0, 1, 1, 1)
  ),
  "proc-beyond-gomaxprocs": sound((t) =>
    t.batch(3, 2000).event("GCSweepStart", 1, 1).event("GCSweepDone", 1, 1, 1)
      .batch(0, 3000)
  ),
  "gomaxprocs-missing": new TraceBuilder().batch(0, 1).frequency().event(
    "Gomaxprocs",
    1,
    1,
    0,
  ).event("ProcStart", 1, 1),
  "no-proc-start": new TraceBuilder().batch(0, 1).frequency().event(
    "Gomaxprocs",
    1,
    1,
    0,
  ).event("Gomaxprocs", 1, 1, 0),
  "start-without-proc": sound((t) =>
    t.event("GoCreate", 1, 2, 1, 1).batch(2n ** 64n - 1n, 2000).event(
      "GoStart",
      1,
      2,
      1,
    ).event("GoEnd", 1).batch(0, 3000)
  ),
  "syscall-keeps-proc": sound((t) =>
    t.event("GoSysCall", 1, 1).event("GoSysBlock", 1).event(
      "GoSysExit",
      1,
      1,
      2,
      0,
    ).event("GoStart", 1, 1, 3)
  ),
  "too-many-frames": sound((t) =>
    t.stack(9, ...Array.from({ length: 129 }, () => [16, 1, 2, 1] as const))
  ),
  "unknown-string": sound((t) => t.stack(9, [32, 77, 2, 1])),
  "pc-with-two-places": sound((t) => t.stack(9, [16, 1, 2, 2])),
  "large-stack-id": sound((t) => t.stack(2 ** 32, [16, 1, 2, 1])),
  "unknown-stack": sound((t) =>
    t.event("GoSched", 1, 77).event("GoStartLocal", 1, 1)
  ),
  "unblock-without-stack": sound((t) =>
    t.event("GoBlock", 1, 1).event("GoUnblockLocal", 1, 1, 0).event(
      "GoStartLocal",
      1,
      1,
    )
  ),
};

test("findPageDefects() finds nothing in sound traces", () => {
  assertEquals(parseTrace(sound().bytes()).warnings, []);
  assertEquals(parseTrace(workedExample().bytes()).warnings, []);
});

for (const [rule, trace] of Object.entries(BROKEN)) {
  test(`findPageDefects() finds ${rule} and nothing else`, () => {
    const { warnings } = parseTrace(trace.bytes(), { strict: true });
    assertEquals(warnings.map((warning) => warning.rule), [rule as PageRule]);
    assertEquals(
      warnings[0].message.startsWith(PAGE_RULES[rule as PageRule]),
      true,
    );
  });
}

test("findPageDefects() counts how often and says where first", () => {
  const trace = sound((t) =>
    t.event("GoCreate", 1, 2, 0, 1).event("GoCreate", 1, 3, 0, 1)
  );
  const [{ count, offset, message }] = parseTrace(trace.bytes()).warnings;
  assertEquals(count, 2);
  assertEquals(offset, head().length);
  assertEquals(message.includes("g 2"), true);
});
