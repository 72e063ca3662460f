import { test } from "node:test";
import { readFileSync } from "node:fs";
import process from "node:process";
import { assert } from "../support/assert.ts";
import { mutated } from "../support/mutations.ts";
import { Random } from "../support/random.ts";
import { goTestdata } from "../support/testdata.ts";
import { workedExample } from "../support/trace_builder.ts";
import { VERDICTS } from "../support/verdicts.ts";
import { summarize } from "../../src/analysis/summary.ts";
import { WAIT_KINDS, waitsByStack } from "../../src/analysis/waits.ts";
import { TraceFormatError } from "../../src/format/errors.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";
import { EventCursor } from "../../src/format/event_cursor.ts";

const MUTATION_COUNT = 200_000;
/** Mutations of one test: Bun ends a test after 5 s. */
const ROUND = 10_000;
/** Every mutation is read within this time. */
const SLOW_MS = 1000;
/** More than all mutations of a round may keep or leave to the collector. */
const MOST_GROWTH_BYTES = 512 << 20;

/** Good traces of at most this size are mutated; larger ones would take minutes. */
const LARGE_BYTES = 8192;

function corpus(): Uint8Array[] {
  const traces = VERDICTS.filter(({ kind }) => kind === undefined)
    .map(({ bytes }) => bytes);
  traces.push(workedExample().bytes());
  for (const name of ["http_1_9_good", "user_task_region_1_11_good"]) {
    const path = goTestdata(name);
    if (path !== undefined) traces.push(readFileSync(path));
  }
  return traces.filter(({ length }) => length <= LARGE_BYTES);
}

const traces = corpus();

for (let first = 0; first < MUTATION_COUNT; first += ROUND) {
  test(`parseTrace() of damaged traces gives events or a TraceFormatError, seeds from ${first}`, () => {
    const before = process.memoryUsage().rss;
    let good = 0;
    for (let seed = first; seed < first + ROUND; seed++) {
      const random = new Random(seed);
      const bytes = mutated(random.pick(traces), random);
      const began = performance.now();
      try {
        if (isReadable(bytes)) good++;
      } catch (error) {
        throw new Error(`Seed ${seed} gives ${error}`, { cause: error });
      }
      const took = performance.now() - began;
      assert(took < SLOW_MS, `seed ${seed} takes ${took} ms`);
    }
    // Both outcomes are common, or the mutations would prove nothing.
    assert(good > ROUND / 20, `only ${good} were readable`);
    assert(good < ROUND / 2, `${good} were readable`);
    const growth = process.memoryUsage().rss - before;
    assert(growth < MOST_GROWTH_BYTES, `memory grew by ${growth} bytes`);
  });
}

/** Reads and uses a trace in every way; false for a TraceFormatError, any other error is thrown. */
function isReadable(bytes: Uint8Array): boolean {
  let trace;
  try {
    trace = parseTrace(bytes);
  } catch (error) {
    if (error instanceof TraceFormatError) return false;
    throw error;
  }
  let last = 0;
  for (const event = new EventCursor(trace); event.next();) {
    assert(event.time >= last, `time goes back at ${event.offset}`);
    last = event.time;
    assert(Array.isArray(event.args) && event.frames.length <= 1000);
  }
  const { entries, duration } = summarize(trace);
  for (const { running, count } of entries) {
    assert(running <= count * duration, "more running than there is time");
  }
  for (const kind of WAIT_KINDS) waitsByStack(trace, kind);
  assert(Array.isArray(trace.warnings));
  return true;
}
