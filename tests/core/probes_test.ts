/** Probes run as long as a recording does, whatever happens to it or to them. */
import { test } from "node:test";
import { Tracer } from "../../src/core/tracer.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { type Failing, FakeProbes } from "../support/fake_probes.ts";
import { concat } from "../support/raw_records.ts";
import { judgeTrace } from "../support/trace_judge.ts";

function probed(everyMs?: number) {
  const adapter = new FakeAdapter();
  const probes = adapter.probes = new FakeProbes(everyMs);
  const tracer = new Tracer(adapter);
  const chunks: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => void chunks.push(bytes) };
  const finish = async (): Promise<Trace> => {
    await tracer.stop();
    return judgeTrace(concat(chunks), "a probed recording");
  };
  return { adapter, probes, tracer, sink, finish };
}

/** Events of probes: name, milliseconds since the trace began, name of the collection or bytes. */
function probeLines(trace: Trace): string[] {
  const lines: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (!/^(GC|Heap)/.test(e.name)) continue;
    const what = e.name === "GCStart"
      ? ` ${trace.frames(e.stack)[0].fn}`
      : e.name === "GCDone"
      ? ""
      : ` ${e.arg(0)}`;
    lines.push(`${Math.round(e.time / 1e6)} ${e.name}${what}`);
  }
  return lines;
}

test("Probes are asked at each flush and at the end, and stopped with the recording", async () => {
  const { adapter, probes, tracer, sink, finish } = probed();
  tracer.start(sink);
  adapter.pass(100);
  probes.due = [{ began: 5040, ended: 5050, kind: "scavenge" }];
  adapter.pass(200);
  probes.heapUsed = 500;
  probes.due = [{ began: 5260, ended: 5270, kind: "major" }];
  const trace = await finish();
  assertEquals(probeLines(trace), [
    "0 HeapAlloc 1000",
    "0 HeapGoal 2000",
    "40 GCStart scavenge",
    "50 GCDone",
    "250 HeapAlloc 1000",
    "250 HeapGoal 2000",
    "250 HeapAlloc 1000",
    "250 HeapGoal 2000",
    "260 GCStart major",
    "270 GCDone",
    "300 HeapAlloc 500",
    "300 HeapGoal 1000",
    "300 HeapAlloc 500",
    "300 HeapGoal 1000",
  ]);
  const names = probes.calls.map((call) => call.split(" ")[0]);
  assertEquals(names, ["start", "collect", "collect", "collect", "stop"]);
  const { collections, collectionMs } = tracer.statistics()!;
  assertEquals([collections, Math.round(collectionMs)], [2, 20]);
});

test("Probes ask for collections at the ends of turns, not too often, and say which was the longest", async () => {
  const { adapter, probes, tracer, sink, finish } = probed(10);
  tracer.start(sink);
  adapter.endTurn();
  probes.calls.length = 0;
  const turn = (ms: number) => {
    adapter.recorder!.resume(0);
    adapter.now += ms;
    adapter.recorder!.suspend();
    adapter.endTurn();
  };
  turn(2);
  adapter.now += 1;
  turn(4);
  adapter.now += 1;
  turn(1);
  assertEquals(probes.calls, [], "not 10 ms yet");
  adapter.now += 2;
  turn(1);
  assertEquals(probes.calls, ["collect 5003 to 5007"]);
  adapter.now += 20;
  turn(1);
  assertEquals(probes.calls[1], "collect 5032 to 5033");
  await finish();
});

const FAILURES: readonly Failing[] = ["start", "collect", "stop", "heap"];

for (const failing of FAILURES) {
  test(`a probe whose ${failing} throws is noted and left alone, and the recording goes on`, async () => {
    const { adapter, probes, tracer, sink, finish } = probed();
    probes.failing = failing;
    tracer.start(sink);
    adapter.pass(600);
    assertEquals(tracer.isEnabled, true);
    const trace = await finish();
    const figures = tracer.statistics()!;
    assertEquals([figures.error, adapter.timers], [undefined, 0]);
    const notes = {
      start: "garbage collection is not measured: start failed",
      collect: "garbage collection is not measured: collect failed",
      stop: "garbage collection was not ended: stop failed",
      heap: "the heap is not measured: no figures",
    };
    assertEquals([...figures.notes], [notes[failing]]);
    const heaps = probeLines(trace).filter((line) => line.includes("Alloc"));
    assertEquals(heaps.length > 0, failing !== "heap");
    const starts = probes.calls.filter((call) => call === "start").length;
    const stops = probes.calls.filter((call) => call === "stop").length;
    assertEquals([starts, stops], [1, failing === "start" ? 0 : 1]);
  });
}

test("Probes are stopped when the recorder fails, and what they tell after that is nobody's", async () => {
  const { adapter, probes, tracer, sink, finish } = probed();
  tracer.start(sink);
  adapter.pass(10);
  adapter.recorder!.fail(new Error("Internal error: test"));
  adapter.pass(1);
  assertEquals(tracer.isEnabled, false);
  assertEquals(probes.calls.at(-1), "stop");
  probes.report([{ began: 5000, ended: 5005, kind: "late" }]);
  await finish();
  assertEquals(tracer.statistics()!.collections, 0);
});

test("a recording after another starts its probes anew", async () => {
  const { probes, tracer, sink, finish } = probed();
  tracer.start(sink);
  probes.report([{ began: 5000, ended: 5001, kind: "a" }]);
  await finish();
  tracer.start({ write() {} });
  assert(tracer.statistics()!.collections === 0);
  assertEquals(probes.calls.filter((call) => call === "start").length, 2);
  await tracer.stop();
});
