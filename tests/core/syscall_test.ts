/** Calls that block the loop: from what a wrapper reports to a task of its own, through both mappers. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import { durationAt, RawLog } from "../../src/core/raw_log.ts";
import { Reason } from "../../src/core/reason.ts";
import { Tracer } from "../../src/core/tracer.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { eventLines, type LineOptions } from "../support/event_lines.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { FakeLoop } from "../support/fake_loop.ts";
import { findGoTools, goProfile } from "../support/go_tools.ts";
import { concat, rawRecords } from "../support/raw_records.ts";
import {
  installedGo,
  judgeTrace,
  judgeWithGo,
} from "../support/trace_judge.ts";

const never = new Promise<void>(() => {});
const { go119, go126 } = await findGoTools();

function lines(text: string): string[] {
  return text.trim().split("\n").map((line) => line.trim());
}

/** What a test of transformed code works with. */
interface Program {
  readonly adapter: FakeAdapter;
  site(name: string): number;
  /** A call of `operation` that takes `ms`. */
  block(operation: string, ms: number): void;
}

/** The trace of transformed code and wrappers, as `body` reports it. */
async function record(
  body: (program: Program) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const adapter = new FakeAdapter();
  Object.assign(adapter.frames, { shortName: (file: string) => file });
  const tracer = new Tracer(adapter);
  tracer.attachCalls();
  const chunks: Uint8Array[] = [];
  tracer.start({ write: (bytes) => void chunks.push(bytes) });
  const site = (name: string) => tracer.addSite(name, "/app/a.ts", 1, 1);
  body({
    adapter,
    site,
    block(operation, ms) {
      const { recorder } = adapter;
      const began = recorder!.clockNow();
      adapter.now += ms;
      if (recorder!.isLong(began)) recorder!.syscall(site(operation), began);
    },
  });
  await tracer.stop();
  return concat(chunks);
}

async function recordedLines(
  body: (program: Program) => void,
  options?: LineOptions,
): Promise<string[]> {
  return eventLines(judgeTrace(await record(body), "the trace"), options);
}

test("RawLog.putSyscall() keeps durations that an integer does not hold", () => {
  const log = new RawLog(4);
  const durations = [0, 1, 2 ** 30, 2 ** 30 - 1, 2 ** 40 + 7];
  durations.forEach((ticks) => {
    log.clear();
    log.putSyscall(3, 10, ticks);
    assertEquals(durationAt(log.codes, 0), ticks);
    assertEquals([log.lastKind, log.codes[2], log.times[0]], [13, 3, 10]);
  });
  log.putSyscall(3, 10, Infinity);
  assertEquals(durationAt(log.codes, 3), 2 ** 53 - 1);
});

test("TaskMapper.map() makes a task of a call that blocks the loop, for which the caller waits", () => {
  const loop = new FakeLoop();
  loop.turn().main(() => loop.wait(1).syscall("fs.readFileSync", 5).wait(1))
    .end();
  assertEquals(
    loop.lines({ times: true, stacks: true, idle: true }),
    lines(`
      0.000 loop awake
      0.000 loop asleep
      0.000 loop awake
      0.000 loop create main
      0.000 main start
      1.000 main create fs.readFileSync
      1.000 main block sync at fs.readFileSync:1 < main:0
      1.000 fs.readFileSync start
      1.000 fs.readFileSync call at fs.readFileSync:1
      1.000 fs.readFileSync block syscall
      1.000 loop asleep
      6.000 loop awake
      6.000 fs.readFileSync return
      6.000 fs.readFileSync start
      6.000 fs.readFileSync unblock main at fs.readFileSync:1
      6.000 fs.readFileSync end
      6.000 main start
      7.000 main end
      7.000 loop asleep`),
  );
});

test("TaskMapper.map() names the calls in which the loop is blocked, without lines that are not known", () => {
  const loop = new FakeLoop();
  // async function main() { await f() }, f: await x; readFileSync()
  loop.turn().main(() => loop.callAwait("f").awaitCall("main", { line: 7 }))
    .end();
  loop.turn().settle("f").slice("f", () => loop.syscall("read", 1).await("f"))
    .end();
  const block = loop.lines({ stacks: true }).find((line) =>
    line.startsWith("main block sync")
  );
  assertEquals(block, "main block sync at read:1 < f:1 < main:7 < main:0");
});

test("TaskMapper.map() takes an await before a blocking call for another's", () => {
  // const p = f(); readFileSync(); await p;
  const loop = new FakeLoop();
  loop.turn().main(() => {
    loop.wait(1).callAwait("f", { reason: Reason.Sleep }).syscall("read", 2);
    loop.wait(1).awaitCall("main");
  }).end();
  assertEquals(
    loop.lines({ times: true }),
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main create f
      1.000 main preempt
      1.000 f start
      1.000 f block sleep
      1.000 main start
      1.000 main create read
      1.000 main block sync
      1.000 read start
      1.000 read call
      1.000 read block syscall
      3.000 read return
      3.000 read start
      3.000 read unblock main
      3.000 read end
      3.000 main start
      4.000 main block task`),
  );
});

test("TaskMapper.map() makes a task of any callback that blocks the loop, and none of the loop's own", () => {
  for (
    const kind of [
      ContinuationKind.Microtask,
      ContinuationKind.Relay,
      ContinuationKind.Reaction,
    ]
  ) {
    const loop = new FakeLoop();
    loop.make("callback", kind, loop.site("callback"));
    loop.turn().slice("callback", () => loop.syscall("read", 0.05))
      .syscall("poll", 0.05).end();
    const found = loop.lines();
    const name = kind === ContinuationKind.Reaction
      ? "then callback"
      : "callback";
    assertEquals(found[1], `${name} start`);
    assert(found.includes(`read unblock ${name}`), name);
    assertEquals(
      found.slice(-6),
      lines(`
        loop create poll
        poll start
        poll call
        poll block syscall
        poll return
        poll start
        poll end`).slice(1),
    );
  }
});

test("CallMapper.map() makes a task of a call that blocks the loop, for which the caller waits", async () => {
  const found = await recordedLines(({ adapter, site, block }) => {
    const { hooks } = adapter.calls!;
    adapter.endTurn();
    const outer = hooks.enter(site("outer"));
    adapter.now += 1;
    // Never waits: it is its caller's time.
    const quick = hooks.enter(site("quick"));
    block("fs.statSync", 2);
    hooks.exit(quick);
    hooks.wait(outer, site("outer"), never);
    adapter.endTurn();
    adapter.now += 10;
    hooks.resume(outer, undefined);
    adapter.now += 1;
    block("fs.readSync", 0.01);
    hooks.exit(outer);
    adapter.endTurn();
  }, { times: true });
  assertEquals(
    found.slice(3),
    lines(`
      0.000 loop create outer
      0.000 outer start
      1.000 outer create fs.statSync
      1.000 outer block sync
      1.000 fs.statSync start
      1.000 fs.statSync call
      1.000 fs.statSync block syscall
      3.000 fs.statSync return
      3.000 fs.statSync start
      3.000 fs.statSync unblock outer
      3.000 fs.statSync end
      3.000 outer start
      3.000 outer block unknown
      13.000 loop unblock outer
      13.000 outer start
      14.010 outer end`),
  );
});

test("CallMapper.map() makes a task of a microtask that blocks the loop, and none of the loop's own", async () => {
  const found = await recordedLines(({ adapter, site, block }) => {
    adapter.endTurn();
    const recorder = adapter.recorder!;
    const id = recorder.schedule(ContinuationKind.Microtask, site("tick"));
    assert(recorder.enter(id));
    block("fs.statSync", 1);
    recorder.leave(0);
    adapter.endTurn();
    block("Atomics.wait", 1);
    adapter.endTurn();
  });
  assertEquals(found.slice(3, 5), ["loop create tick", "tick start"]);
  assert(found.includes("fs.statSync unblock tick"));
  assert(found.includes("loop create Atomics.wait"));
  assert(!found.some((line) => line.startsWith("Atomics.wait unblock")));
});

test("TurnRecorder.syscall() lets no time go backwards, and takes calls of minutes", async () => {
  const bytes = await record(({ adapter, site, block }) => {
    const { hooks } = adapter.calls!;
    adapter.endTurn();
    adapter.now += 100;
    // The turn begins with the call, not with its end.
    block("execSync", 1);
    // What happened during the call, such as its callbacks, came first.
    const recorder = adapter.recorder!;
    const began = recorder.clockNow();
    adapter.now += 1;
    const call = hooks.enter(site("callback"));
    adapter.now += 1;
    recorder.syscall(site("db.exec"), began);
    hooks.exit(call);
    adapter.endTurn();
    block("spawnSync", 10 * 60_000);
    adapter.now += 5;
    block("statSync", 1);
    adapter.endTurn();
  });
  const trace = judgeTrace(bytes, "the trace");
  assertEquals(
    eventLines(trace, { times: true, idle: true }).filter((line) =>
      /asleep|awake|create|end/.test(line)
    ).slice(3),
    lines(`
      0.000 loop asleep
      100.000 loop awake
      100.000 loop create execSync
      100.000 loop asleep
      101.000 loop awake
      101.000 execSync end
      102.000 loop create callback
      102.000 callback create db.exec
      102.000 loop asleep
      103.000 loop awake
      103.000 db.exec end
      103.000 callback end
      103.000 loop create spawnSync
      103.000 loop asleep
      600103.000 loop awake
      600103.000 spawnSync end
      600108.000 loop create statSync
      600108.000 loop asleep
      600109.000 loop awake
      600109.000 statSync end
      600109.000 loop asleep`),
  );
});

test("TaskWriter.syscall() writes one piece into one batch, wherever the batch is full", () => {
  for (let batchBytes = 208; batchBytes < 760; batchBytes += 3) {
    const loop = new FakeLoop({ batchBytes });
    loop.turn().main(() => {
      for (let i = 0; i < 20; i++) loop.wait(0.1).syscall("read", 0.1);
    }).end();
    const batches = loop.batches();
    judgeTrace(concat(batches), `batches of ${batchBytes} bytes`);
    let pieces = 0;
    for (const batch of batches.slice(1)) {
      const names = rawRecords(batch, 0).map(({ name }) => name).join(" ");
      const calls = names.split("GoCreate GoBlockSync").length - 1;
      const ends = names.split("GoUnblockLocal GoEnd GoStartLocal").length - 1;
      assertEquals(calls, ends, `batches of ${batchBytes} bytes`);
      pieces += calls;
    }
    assertEquals(pieces, 20);
  }
});

test(
  "go tool trace shows blocking calls by name in the syscall profile",
  { skip: (await installedGo()).length === 0 },
  async () => {
    const loop = new FakeLoop();
    loop.turn().main(() => {
      loop.wait(1).syscall("fs.readFileSync", 5).syscall("execSync", 20);
    }).end();
    const bytes = loop.bytes();
    await judgeWithGo([{ name: "two calls", bytes }]);
    const folder = await mkdtemp(join(tmpdir(), "looptrace-syscall-"));
    const file = join(folder, "trace");
    try {
      await writeFile(file, bytes);
      for (const tool of [go119, go126]) {
        if (tool === undefined) continue;
        const { functions } = await goProfile(tool, "syscall", file);
        for (const [name, ms] of [["fs.readFileSync", 5], ["execSync", 20]]) {
          const found = functions.get(String(name))?.flatNs ?? 0;
          assert(
            Math.abs(found / 1e6 - Number(ms)) < 0.01,
            `${tool.version}: ${name} took ${found} ns`,
          );
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
