import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "../support/assert.ts";
import { TraceBuilder } from "../support/trace_builder.ts";
import { TraceFormatError } from "../../src/format/errors.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

/** Traces that are legal as bytes and made to cost: about a megabyte each. */
const COUNT = 80_000;

const HOSTILE: Readonly<Record<string, () => TraceBuilder>> = {
  "an event on each of many processors": () => {
    const trace = new TraceBuilder().frequency();
    for (let p = 0; p < COUNT; p++) {
      trace.batch(p, 2 * COUNT - p).event("HeapAlloc", 1, 1);
    }
    return trace;
  },
  "many processors that wait for one goroutine": () => {
    const trace = new TraceBuilder().frequency().batch(0, 1)
      .event("GoCreate", 1, 1, 1, 1);
    for (let round = 0; round < COUNT / 4; round++) {
      trace.event("GoStartLocal", 1, 1).event("GoSched", 1, 1);
    }
    for (let p = 1; p < COUNT / 4; p++) {
      trace.batch(p, 5).event("GoStart", 1, 1, 2 ** 40);
    }
    return trace;
  },
  "goroutines with ids far apart": () => {
    const trace = new TraceBuilder().frequency().batch(0, 1);
    for (let g = 1; g < COUNT; g++) trace.event("GoCreate", 1, g * 1e9, 1, 1);
    return trace;
  },
  "goroutines with ids beyond 2^53": () => {
    const trace = new TraceBuilder().frequency().batch(0, 1);
    for (let g = 1; g < COUNT; g++) {
      trace.event("GoCreate", 1, 2n ** 63n + BigInt(g), 1, 1);
    }
    return trace;
  },
  "stack ids far apart": () => {
    const trace = new TraceBuilder().frequency().batch(0, 1);
    for (let id = 1; id < COUNT; id++) trace.event("GoSched", 1, id * 1e6);
    return trace;
  },
  "a stack written again and again": () => {
    const trace = new TraceBuilder().frequency().batch(0, 1)
      .event("HeapAlloc", 1, 1);
    for (let round = 0; round < COUNT; round++) {
      trace.stack(1, [round + 1, 1, 1, 1]);
    }
    return trace;
  },
  "regions that nest and never end": () => {
    const trace = new TraceBuilder().frequency().batch(0, 1)
      .event("GoCreate", 1, 1, 1, 1).event("GoStartLocal", 1, 1);
    for (let round = 0; round < COUNT; round++) {
      trace.event("UserRegion", 1, 0, 0, 1, 1);
    }
    return trace;
  },
};

const SLOW_MS = 2000;
const MOST_MEMORY = 60;

for (const [name, make] of Object.entries(HOSTILE)) {
  test(`parseTrace() stays quick and small with ${name}`, () => {
    const bytes = make().bytes();
    const before = process.memoryUsage();
    const began = performance.now();
    let trace;
    try {
      trace = parseTrace(bytes);
    } catch (error) {
      assert(error instanceof TraceFormatError, `${error}`);
    }
    const took = performance.now() - began;
    const after = process.memoryUsage();
    const used = after.rss - before.rss;
    assert(took < SLOW_MS, `takes ${took} ms`);
    assert(used < MOST_MEMORY * bytes.length, `takes ${used} bytes`);
    assertEquals(trace?.cut, undefined);
  });
}

test("parseTrace() does not wait for the bytes that a length promises", () => {
  // Each prefix says that 2^35 bytes follow; a million bytes do.
  const rest = new Uint8Array(1_000_000).fill(0x41);
  const LENGTH = [0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
  for (
    const lead of [[0xc3], [0xcd], [0xf0], [0x25, 1]]
  ) {
    const bytes = new TraceBuilder().batch(0, 1).raw(...lead, ...LENGTH)
      .append(rest).bytes();
    const began = performance.now();
    try {
      parseTrace(bytes);
      assert(false, "was taken");
    } catch (error) {
      assert(error instanceof TraceFormatError, `${error}`);
    }
    assert(performance.now() - began < SLOW_MS, `lead byte ${lead}`);
  }
});
