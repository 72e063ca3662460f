/** What a consumer gets of what probes tell late: in order, one collection at a time, nothing from before it joined. */
import { test } from "node:test";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { EventEncoder } from "../../src/core/event_encoder.ts";
import { ProbeStream } from "../../src/core/probe_stream.ts";
import { SiteTable } from "../../src/core/site_table.ts";
import { StackTable } from "../../src/core/stack_table.ts";
import { StringTable } from "../../src/core/string_table.ts";
import { encodeHeader } from "../../src/format/header.ts";
import type { GoId, ProcId, StackId } from "../../src/format/ids.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Random } from "../support/random.ts";
import { concat } from "../support/raw_records.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";

const P0 = 0 as ProcId;
const G1 = 1 as GoId;

/** A trace in which goroutine 1 runs from tick 1 to tick 100,000, and a probe stream that begins at `since`. */
class ProbedTrace {
  readonly batches: Uint8Array[] = [];
  readonly stacks: StackTable;
  readonly entry: StackId;
  readonly stream: ProbeStream;
  readonly #encoder: EventEncoder;
  readonly #buffer: BatchBuffer;

  constructor(since = 1, takesSamples = false) {
    this.batches.push(encodeHeader(takesSamples ? 19 : 11));
    const receive = (batch: Uint8Array) => void this.batches.push(batch);
    this.#buffer = new BatchBuffer(1, receive);
    const encoder = this.#encoder = new EventEncoder(this.#buffer);
    encoder.frequency();
    encoder.gomaxprocs(1);
    encoder.gomaxprocs(1);
    encoder.procStart(1);
    const sites = new SiteTable();
    const strings = new StringTable(this.#buffer);
    this.stacks = new StackTable(this.#buffer, strings, sites);
    this.entry = this.stacks.put(sites.put("main", "a.ts", 1));
    encoder.goCreate(G1, this.entry, this.entry);
    encoder.goStart(G1);
    this.stream = new ProbeStream(since, takesSamples, receive);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    this.stream.write(Infinity);
    this.#encoder.advanceTo(100_000);
    this.#encoder.goEnd();
    this.#encoder.procStop();
    this.#buffer.flush();
    return concat(this.batches);
  }
}

/** Events of the probes in `trace`: name, tick, what they say. */
function probed(trace: Trace): string[] {
  const lines: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (!/^(GC|Heap|CPU)/.test(e.name)) continue;
    const ticks = Math.round(e.time / 64) + 1;
    const value = e.name.startsWith("Heap") ? ` ${e.arg(0)}` : "";
    lines.push(`${e.name} ${ticks}${value}`);
  }
  return lines;
}

test("ProbeStream.write() puts what was told late into the order of its times", () => {
  const traced = new ProbedTrace();
  const { stream, entry } = traced;
  stream.heap(500, 7, 9);
  stream.collection(100, 200, entry);
  stream.collection(40, 50, entry);
  stream.write(300);
  stream.heap(150, 1, 2);
  const trace = judgeTrace(traced.bytes(), "probed");
  assertEquals(probed(trace), [
    "GCStart 40",
    "GCDone 50",
    "GCStart 100",
    "GCDone 200",
    // Told when that was written already.
    "HeapAlloc 200 1",
    "HeapGoal 200 2",
    "HeapAlloc 500 7",
    "HeapGoal 500 9",
  ]);
});

test("ProbeStream.write() keeps collections apart that overlap", () => {
  const traced = new ProbedTrace();
  const { stream, entry } = traced;
  stream.collection(100, 300, entry);
  stream.collection(150, 200, entry);
  stream.collection(250, 400, entry);
  stream.collection(400, 400, entry);
  const trace = judgeTrace(traced.bytes(), "overlapping");
  assertEquals(probed(trace), [
    "GCStart 100",
    "GCDone 300",
    "GCStart 300",
    "GCDone 400",
    "GCStart 400",
    "GCDone 400",
  ]);
});

test("ProbeStream.write() writes no half of a collection", () => {
  const traced = new ProbedTrace();
  const { stream, entry } = traced;
  stream.collection(100, 300, entry);
  stream.heap(150, 1, 1);
  stream.heap(90, 2, 2);
  stream.write(200);
  assertEquals(stream.events, 2, "one reading of the heap");
  const trace = judgeTrace(traced.bytes(), "in two parts");
  assertEquals(probed(trace), [
    "HeapAlloc 90 2",
    "HeapGoal 90 2",
    "GCStart 100",
    "HeapAlloc 150 1",
    "HeapGoal 150 1",
    "GCDone 300",
  ]);
});

test("ProbeStream tells nothing from before the consumer joined", () => {
  const traced = new ProbedTrace(1000, true);
  const { stream, entry } = traced;
  stream.collection(900, 1000, entry);
  stream.collection(950, 1100, entry);
  stream.heap(999, 1, 1);
  stream.sample(1000, P0, G1, entry);
  stream.sample(1001, P0, G1, entry);
  const trace = judgeTrace(traced.bytes(), "joined");
  assertEquals(probed(trace), [
    "GCStart 1000",
    "CPUSample 1001",
    "GCDone 1100",
  ]);
});

test("ProbeStream.sample() is for consumers that take samples", () => {
  const traced = new ProbedTrace();
  traced.stream.sample(500, P0, G1, traced.entry);
  assertEquals(probed(judgeTrace(traced.bytes(), "without")), []);
});

test("ProbeStream makes traces that Go takes, whatever is told when", async () => {
  const random = new Random(11);
  const traces = [];
  for (let round = 0; round < 12; round++) {
    const since = 1 + random.below(2) * random.below(50_000);
    const traced = new ProbedTrace(since, round % 2 === 0);
    const { stream, entry } = traced;
    let now = since;
    for (let step = 0; step < 200; step++) {
      now += random.below(400);
      const past = Math.max(1, now - random.below(5000));
      switch (random.below(4)) {
        case 0:
          stream.collection(
            past,
            Math.min(now, past + random.below(900)),
            entry,
          );
          break;
        case 1:
          stream.heap(past, random.below(1e9), random.below(1e9));
          break;
        case 2:
          stream.sample(past, P0, past > 1 ? G1 : 0 as GoId, entry);
          break;
        case 3:
          stream.write(past);
      }
    }
    const bytes = traced.bytes();
    const trace = judgeTrace(bytes, `round ${round}`);
    assert(probed(trace).length > 20);
    traces.push({ name: `round ${round}`, bytes });
  }
  await judgeWithGo(traces);
});
