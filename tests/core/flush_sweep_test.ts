/**
 * The seed's sweep: a batch boundary may fall on any record of a recording's beginning, and the trace must be good.
 *
 * Many tasks wait on one queue when a consumer joins; its prelude writes them all. They are released, they end, the
 * recording stops. Done for the seed's numbers of tasks, and for every size of a batch from 256 to 1024 bytes.
 */

import { test } from "node:test";
import {
  BatchBuffer,
  type BatchReceiver,
} from "../../src/core/batch_buffer.ts";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import { EventEncoder } from "../../src/core/event_encoder.ts";
import { Reason } from "../../src/core/reason.ts";
import { SiteTable } from "../../src/core/site_table.ts";
import { StackTable } from "../../src/core/stack_table.ts";
import { StringTable } from "../../src/core/string_table.ts";
import type { EventName } from "../../src/format/event_catalogue.ts";
import { encodeHeader, WRITTEN_VERSION } from "../../src/format/header.ts";
import type { GoId, ProcId } from "../../src/format/ids.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { goroutineNames } from "../support/event_lines.ts";
import { FakeLoop } from "../support/fake_loop.ts";
import { concat, rawRecords } from "../support/raw_records.ts";
import {
  goVerdicts,
  installedGo,
  judgeTrace,
  judgeWithGo,
  type NamedTrace,
  NO_GO_TOOLS,
  spread,
} from "../support/trace_judge.ts";

const NO_GO = (await installedGo()).length === 0 && NO_GO_TOOLS;

/** Every kind of record that can be the first of a batch which is not the first one. */
const KINDS: readonly EventName[] = [
  "String",
  "Stack",
  "ProcStart",
  "ProcStop",
  "GoCreate",
  "GoStartLocal",
  "GoEnd",
  "GoSched",
  "GoPreempt",
  "GoBlock",
  "GoSleep",
  "GoBlockNet",
  "GoBlockSync",
  "GoBlockSelect",
  "GoBlockCond",
  "GoBlockRecv",
  "GoBlockSend",
  "GoUnblockLocal",
  "UserTaskCreate",
  "UserTaskEnd",
];

const REASONS = Object.values(Reason);

/** What one run gave: the batches of each consumer, and where flushes fell. */
interface Run {
  readonly name: string;
  readonly early: readonly Uint8Array[];
  readonly late: readonly Uint8Array[];
  readonly firsts: Set<EventName>;
}

/** In how many goes the waiting tasks are released. */
const ROUNDS = 3;

/** `tasks` functions, of `names` names, wait on one queue, a second consumer joins, and they are released. */
function runQueue(tasks: number, batchBytes: number, names: number): Run {
  const loop = new FakeLoop({ batchBytes });
  loop.turn().main(() => {
    for (let i = 0; i < tasks; i++) {
      const at = `worker${i % names}`;
      loop.callAwait(`w${i}`, { at, reason: REASONS[i % REASONS.length] });
      if (i % 16 === 0) loop.wait(0.01);
    }
    loop.break();
  });
  // Requests in the middle of their work: open user tasks for the prelude.
  for (let round = 0; round < ROUNDS; round++) {
    loop.request(`GET /release/${round}`, () => {
      loop.wait(0.1).await(`handler${round}`, { reason: Reason.Receive });
    });
  }
  loop.end();
  const late = loop.join();
  for (let round = 0; round < ROUNDS; round++) {
    release(loop, round, tasks, names);
  }
  const run = {
    name: `${tasks} tasks, batches of ${batchBytes} bytes`,
    late: loop.batches(late),
    early: loop.batches(),
    firsts: new Set<EventName>(),
  };
  for (const batches of [run.late, run.early]) {
    // The header, the first batch, those that a flush began, the end.
    for (const batch of batches.slice(2, -1)) {
      const [head, first] = rawRecords(batch, 0, 2);
      assertEquals(head.name, "Batch", run.name);
      run.firsts.add(first.name);
    }
  }
  return run;
}

/** A turn in which one request releases its share of the tasks, and these run. */
function release(
  loop: FakeLoop,
  round: number,
  tasks: number,
  names: number,
): void {
  const handler = `handler${round}`;
  loop.wait(1).turn().settle(handler).slice(handler, () => {
    for (let i = round; i < tasks; i += ROUNDS) loop.settle(`w${i}`);
    loop.wait(0.1);
  });
  for (let i = round; i < tasks; i += ROUNDS) {
    const name = `w${i}`;
    const at = `again${i % names}`;
    loop.slice(name, () => {
      loop.wait(0.01);
      // Some go round once more, some set a timer, some just end.
      if (i % 4 === 0) loop.break().await(name, { at, settled: true });
      else if (i % 7 === 1) loop.schedule(`t${i}`, ContinuationKind.Timer);
    });
  }
  for (let i = round; i < tasks; i += ROUNDS) {
    if (i % 4 === 0) loop.slice(`w${i}`, () => loop.wait(0.01));
  }
  loop.end();
}

/** The trace of a consumer that joined late, or was there from the start. */
function traceOf(run: Run, who: "late" | "early"): NamedTrace {
  return { name: `${run.name}, ${who}`, bytes: concat(run[who]) };
}

/** The good trace of `run` must have every task under its own name, each ended once. */
function checkTasks(trace: NamedTrace, tasks: number, names: number): void {
  const read = judgeTrace(trace.bytes, trace.name);
  const workers = [...goroutineNames(read).values()].filter((name) =>
    /^worker\d+(#\d+)?$/.test(name)
  );
  assertEquals(workers.length, tasks, trace.name);
  assertEquals(
    new Set(workers.map((name) => name.replace(/#.*/, ""))).size,
    Math.min(names, tasks),
    trace.name,
  );
}

/** Some of the traces, among them one for each kind of record that a flush fell on. */
function sampleOf(runs: readonly Run[], count: number): NamedTrace[] {
  const chosen = new Set(spread(runs, count));
  const seen = new Set<EventName>();
  for (const run of runs) {
    if ([...run.firsts].every((kind) => seen.has(kind))) continue;
    for (const kind of run.firsts) seen.add(kind);
    chosen.add(run);
  }
  return [...chosen].flatMap((run) => [
    traceOf(run, "late"),
    traceOf(run, "early"),
  ]);
}

test("a consumer that joins 4950 to 5049 waiting tasks gets a good trace", async () => {
  const sample: NamedTrace[] = [];
  for (let tasks = 4950; tasks < 5050; tasks++) {
    const run = runQueue(tasks, 65_536, 10);
    assert(run.late.length >= 4, "the prelude is more than a batch");
    const late = traceOf(run, "late");
    checkTasks(late, tasks, 10);
    if (tasks % 33 === 0) sample.push(late);
    // The first consumer was told of it as it happened: the same for each number.
    if (tasks % 50 === 0) checkTasks(traceOf(run, "early"), tasks, 10);
  }
  await judgeWithGo(sample);
});

test("a consumer gets a good trace when the prelude's tasks just fill a batch, or do not", async () => {
  const size = preludeBytes(5000);
  const sample: NamedTrace[] = [];
  const lengths = new Set<number>();
  for (let tasks = 4995; tasks <= 5005; tasks++) {
    const run = runQueue(tasks, size, 10);
    lengths.add(run.late.length);
    checkTasks(traceOf(run, "late"), tasks, 10);
    if (tasks % 5 === 0) sample.push(traceOf(run, "late"));
  }
  assert(lengths.size > 1, "the boundary is crossed");
  await judgeWithGo(sample);
});

/** Bytes of the prelude for `tasks` waiting tasks, its header left out. */
function preludeBytes(tasks: number): number {
  const run = runQueue(tasks, 1 << 20, 10);
  return run.late[1].length;
}

test("30 tasks give a good trace with every batch size from 256 to 1024 bytes", () => {
  const firsts = new Set<EventName>();
  for (let batchBytes = 256; batchBytes <= 1024; batchBytes++) {
    const run = runQueue(30, batchBytes, 30);
    checkTasks(traceOf(run, "late"), 30, 30);
    checkTasks(traceOf(run, "early"), 30, 30);
    for (const kind of run.firsts) firsts.add(kind);
  }
  assertEquals(
    KINDS.filter((kind) => !firsts.has(kind)),
    [],
    "no flush fell on these",
  );
});

test(
  "Go takes the traces of the sweep, one at least for each kind of record that a flush fell on",
  {
    skip: NO_GO,
  },
  async () => {
    const runs: Run[] = [];
    for (let batchBytes = 256; batchBytes <= 1024; batchBytes++) {
      runs.push(runQueue(30, batchBytes, 30));
    }
    const sample = sampleOf(runs, 8);
    assert(sample.length >= 12);
    await judgeWithGo(sample);
  },
);

/** A buffer that forgets the Batch record when `omits` is set: the fault of the seed. */
class FaultyBuffer extends BatchBuffer {
  static omits = false;

  protected override obtain(size: number): Uint8Array<ArrayBuffer> {
    const bytes = super.obtain(size);
    if (FaultyBuffer.omits) this.pos = 0;
    return bytes;
  }
}

/** One processor's writers on a buffer that may be faulty. */
function writerOf(proc: number, receive: BatchReceiver) {
  const buffer = new FaultyBuffer(1, receive, {
    proc: proc as ProcId,
    batchBytes: 256,
  });
  const strings = new StringTable(buffer);
  const sites = new SiteTable();
  return {
    buffer,
    encoder: new EventEncoder(buffer),
    strings,
    sites,
    stacks: new StackTable(buffer, strings, sites),
  };
}

/**
 * Two processors' batches in turn; a String makes processor 0 flush in the middle, with a batch of processor 1 behind
 * it in the file.
 */
function twoProcessors(omits: boolean): NamedTrace {
  const batches: Uint8Array[] = [];
  const zero = writerOf(0, (batch) => {
    batches.push(batch);
    // The other processor's batch is full at the same time.
    one.buffer.flush();
  });
  const one = writerOf(1, (batch) => batches.push(batch));
  const { encoder, strings } = zero;
  encoder.frequency();
  encoder.gomaxprocs(2);
  encoder.gomaxprocs(2);
  encoder.procStart(1);
  const entry = zero.stacks.put(zero.sites.put("f", "a.ts", 1));
  encoder.goCreate(1 as GoId, entry, entry);
  encoder.goStart(1 as GoId);
  one.encoder.procStart(2);
  one.encoder.procStop();
  // Until a String of this size has no room, but an event would have.
  FaultyBuffer.omits = omits;
  strings.put("x".repeat(200));
  FaultyBuffer.omits = false;
  encoder.goBlock(Reason.Sleep, entry);
  encoder.goUnblock(1 as GoId, entry);
  encoder.goStart(1 as GoId);
  encoder.goEnd();
  encoder.procStop();
  zero.buffer.flush();
  const kind = omits ? "without" : "with";
  return {
    name: `two processors, ${kind} the Batch record`,
    bytes: concat([encodeHeader(WRITTEN_VERSION), ...batches]),
  };
}

const NO_ORDER = "no consistent ordering of events possible";

test("a flush by a String that omits the Batch record gives a file that our reader refuses", () => {
  judgeTrace(twoProcessors(false).bytes, "the control");
  assertThrows(() => parseTrace(twoProcessors(true).bytes), Error, NO_ORDER);
});

test(
  "a flush by a String that omits the Batch record gives a file that Go refuses",
  {
    skip: NO_GO,
  },
  async () => {
    await judgeWithGo([twoProcessors(false)]);
    const verdicts = await goVerdicts([twoProcessors(true)]);
    assert(verdicts.length > 0);
    for (const { ok, text, tool } of verdicts) {
      assertEquals(
        [ok, text.includes(NO_ORDER)],
        [false, true],
        `${tool}: ${text}`,
      );
    }
  },
);
