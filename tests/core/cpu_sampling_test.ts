/** CPU samples: for whom, from when to when, what of a profile is written, and what happens where none can be had. */
import { test } from "node:test";
import type { CpuNode, CpuProfile, CpuProfiler } from "../../src/core/probe.ts";
import { SamplingError } from "../../src/core/errors.ts";
import { type StreamOptions, Tracer } from "../../src/core/tracer.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { goroutineNames } from "../support/event_lines.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { concat } from "../support/raw_records.ts";
import { judgeTrace } from "../support/trace_judge.ts";

/** A profiler that gives what a test puts there. */
class FakeProfiler implements CpuProfiler {
  readonly calls: string[] = [];
  /** What `start` throws, if anything. */
  refusal: Error | undefined;
  /** What the next `take` gives. */
  profile: CpuProfile | undefined = { nodes: [], samples: [], times: [] };
  /** Set to have `take` give nothing until it is called. */
  give: (() => void) | undefined;
  isLate = false;
  failsToTake = false;

  start(intervalUs: number): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.calls.push(`start ${intervalUs}`);
  }

  take(isLast: boolean, done: (profile: CpuProfile | undefined) => void): void {
    this.calls.push(isLast ? "take the last" : "take");
    if (this.failsToTake) throw new Error("no profile");
    const { profile } = this;
    this.profile = { nodes: [], samples: [], times: [] };
    if (this.isLate) this.give = () => done(profile);
    else done(profile);
  }

  stop(): void {
    this.calls.push("stop");
  }
}

/** Names of files: those in `app/` are the program's, those in `own/` the tracer's, all others the runtime's. */
const FRAMES = {
  shortName: (file: string) =>
    file.startsWith("app/") ? file.slice(4) : undefined,
  isOwn: (file: string) => file.startsWith("own/"),
};

function sampled() {
  const adapter = new FakeAdapter();
  Object.assign(adapter.frames, FRAMES);
  const cpu = new FakeProfiler();
  adapter.probes = { cpu };
  const tracer = new Tracer(adapter);
  return { adapter, cpu, tracer };
}

/** Reads a stream to its end, in the background. */
function reading(tracer: Tracer, options: StreamOptions): Promise<Trace> {
  const stream = tracer.stream(options);
  const chunks: Uint8Array[] = [];
  return (async () => {
    for await (const chunk of stream) chunks.push(chunk);
    return judgeTrace(concat(chunks), JSON.stringify(options));
  })();
}

const NODES: readonly CpuNode[] = [
  node("(root)", "", -1),
  node("serve", "app/server.ts", 0),
  node("(idle)", "", 0),
  node("callback", "node:internal", 1),
  node("wrapper", "own/wrappers.ts", 3),
  node("handler", "app/handler.ts", 4),
  node("parse", "", 5),
  node("now", "own/clock.ts", 5),
  node("(garbage collector)", "", 0),
  node("(program)", "", 0),
  node("", "app/handler.ts", 5),
  node("tick", "node:internal", 0),
];

function node(fn: string, file: string, caller: number): CpuNode {
  return { fn, file, line: file === "" ? 0 : fn.length, caller };
}

/** Milliseconds since the trace began and frames of each sample, and its goroutine. */
function samplesOf(trace: Trace): string[] {
  const names = goroutineNames(trace);
  const lines: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.name !== "CPUSample") continue;
    const frames = trace.frames(e.stack)
      .map(({ fn, file, line }) => `${fn}@${file}:${line}`);
    lines.push(
      `${Math.round(e.time / 1e6)} ${names.get(e.g)} ${frames.join(" < ")}`,
    );
  }
  return lines;
}

test("a profile's samples are named as everything else, without idle time", async () => {
  const { adapter, cpu, tracer } = sampled();
  const trace = reading(tracer, { cpu: true, seconds: 0.9 });
  adapter.endTurn();
  const samples = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99];
  cpu.profile = {
    nodes: NODES,
    samples,
    times: samples.map((_, index) => 5010 + index),
  };
  adapter.pass(1000);
  assertEquals(samplesOf(await trace), [
    "10 loop serve@server.ts:5",
    "12 loop serve@server.ts:5",
    "13 loop runtime.looptrace@(no file):0 < serve@server.ts:5",
    "14 loop handler@handler.ts:7 < serve@server.ts:5",
    "15 loop handler@handler.ts:7 < serve@server.ts:5",
    "16 loop runtime.looptrace@(no file):0 < handler@handler.ts:7 < serve@server.ts:5",
    "17 loop runtime.gc@(no file):0",
    "18 loop runtime.program@(no file):0",
    "19 loop (anonymous)@handler.ts:0 < handler@handler.ts:7 < serve@server.ts:5",
    "20 loop runtime.internal@(runtime):0",
  ]);
  assertEquals(cpu.calls, ["start 1000", "take the last"]);
  assertEquals(tracer.statistics()!.cpuSamples, 10);
});

test("a sample belongs to the goroutine that ran at its time", async () => {
  const { adapter, cpu, tracer } = sampled();
  const trace = reading(tracer, { cpu: true, seconds: 0.9 });
  adapter.endTurn();
  const recorder = adapter.recorder!;
  adapter.now = 5100;
  recorder.resume(0);
  adapter.now = 5110;
  recorder.suspend();
  adapter.endTurn();
  cpu.profile = {
    nodes: NODES,
    samples: [1, 1, 1],
    times: [5095, 5105, 5115],
  };
  adapter.pass(1000);
  const lines = samplesOf(await trace);
  assertEquals(lines.map((line) => line.split(" ")[1]), [
    "loop",
    "async",
    "loop",
  ]);
});

test("samples are for those who asked, begin with the first of them and end with the last", async () => {
  const { adapter, cpu, tracer } = sampled();
  const plain = reading(tracer, { seconds: 3 });
  assertEquals(cpu.calls, []);
  const first = reading(tracer, { seconds: 0.9, cpu: true, cpuInterval: 0.25 });
  adapter.pass(500);
  const second = reading(tracer, { seconds: 0.9, cpu: true, cpuInterval: 9 });
  cpu.profile = { nodes: NODES, samples: [1, 1], times: [5400, 5600] };
  adapter.pass(500);
  assertEquals(cpu.calls, ["start 250", "take"]);
  cpu.profile = { nodes: NODES, samples: [5], times: [6300] };
  adapter.pass(600);
  assertEquals(cpu.calls.slice(2), ["take the last"]);
  adapter.pass(2000);
  const traces = await Promise.all([plain, first, second]);
  assertEquals(traces.map(({ version }) => version), [11, 19, 19]);
  assertEquals(traces.map((trace) => samplesOf(trace).length), [0, 2, 2]);
});

test("samples are fetched every second", async () => {
  const { adapter, cpu, tracer } = sampled();
  const trace = reading(tracer, { cpu: true, seconds: 5 });
  adapter.pass(2900);
  assertEquals(cpu.calls, ["start 1000", "take", "take"]);
  adapter.pass(2200);
  await trace;
  assertEquals(cpu.calls.at(-1), "take the last");
});

test("a trace waits for its last samples, but not for ever", async () => {
  const { adapter, cpu, tracer } = sampled();
  cpu.isLate = true;
  const trace = reading(tracer, { cpu: true, seconds: 0.9 });
  cpu.profile = { nodes: NODES, samples: [1], times: [5500] };
  adapter.pass(1100);
  assertEquals(tracer.isEnabled, true);
  cpu.give!();
  assertEquals([tracer.isEnabled, adapter.timers], [false, 0]);
  assertEquals(samplesOf(await trace).length, 1);

  const given = reading(tracer, { cpu: true, seconds: 0.9 });
  adapter.pass(1500);
  assertEquals(tracer.isEnabled, true);
  adapter.pass(600);
  assertEquals([tracer.isEnabled, adapter.timers], [false, 0]);
  cpu.give!();
  await given;
});

test("Tracer.stop() tells the figures of the whole recording, late samples included", async () => {
  const { cpu, tracer } = sampled();
  cpu.isLate = true;
  tracer.start({ write() {} }, { cpu: true });
  cpu.profile = { nodes: NODES, samples: [1], times: [5000] };
  const stopped = tracer.stop();
  cpu.give!();
  assertEquals((await stopped).cpuSamples, 1);
  assertEquals(tracer.isEnabled, false);
});

test("a profiler that is refused refuses the recording, and leaves the tracer as it was", () => {
  const { adapter, cpu, tracer } = sampled();
  cpu.refusal = new Error("Cannot take CPU samples: run it with --allow-sys");
  const start = () => tracer.start({ write() {} }, { cpu: true });
  assertThrows(start, SamplingError, "--allow-sys");
  assertEquals([tracer.isEnabled, adapter.timers, adapter.installs], [
    false,
    0,
    0,
  ]);
  cpu.refusal = undefined;
  assertThrows(
    () => tracer.stream({ cpu: true, cpuInterval: 0 }),
    RangeError,
    "every 0 ms",
  );
  adapter.refusal = new Error("no hooks");
  assertThrows(start, Error, "no hooks");
  assertEquals(cpu.calls, ["start 1000", "stop"]);
  adapter.probes = {};
  const other = new Tracer(adapter);
  assertThrows(() => other.stream({ cpu: true }), SamplingError, "no way to");
});

test("a profiler that fails is noted and stopped, and the recording goes on", async () => {
  const { adapter, cpu, tracer } = sampled();
  const trace = reading(tracer, { cpu: true, seconds: 5 });
  cpu.failsToTake = true;
  adapter.pass(3000);
  assertEquals([tracer.isEnabled, cpu.calls], [true, [
    "start 1000",
    "take",
    "stop",
  ]]);
  adapter.pass(2100);
  await trace;
  assertEquals(tracer.statistics()!.notes, [
    "CPU samples are missing: no profile",
  ]);
});

test("samples end when nobody reads them any more, and when the recorder fails", async () => {
  const { adapter, cpu, tracer } = sampled();
  const plain = reading(tracer, { seconds: 9 });
  const reader = tracer.stream({ cpu: true }).getReader();
  await reader.cancel();
  adapter.pass(300);
  assertEquals(cpu.calls, ["start 1000", "stop"]);
  const failing = reading(tracer, { cpu: true });
  adapter.recorder!.fail(new Error("Internal error: test"));
  adapter.pass(10);
  await Promise.all([plain, failing]);
  assertEquals(cpu.calls.slice(2), ["start 1000", "stop"]);
});
