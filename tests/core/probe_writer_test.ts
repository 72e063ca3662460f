/** What probes of several threads come to in one trace, and what a worker hands up. */
import { test } from "node:test";
import { Consumer } from "../../src/core/consumer.ts";
import {
  ProbeWriter,
  type ProbeWriterParts,
} from "../../src/core/probe_writer.ts";
import type { MeasuredInWorker } from "../../src/core/thread_messages.ts";
import type { ProcId } from "../../src/format/ids.ts";
import { assertEquals } from "../support/assert.ts";
import { rawRecords } from "../support/raw_records.ts";
import { concat } from "../support/raw_records.ts";
import { RecorderParts } from "../support/recorder_parts.ts";

const P0 = 0 as ProcId;

function writerOf(more: Partial<ProbeWriterParts> = {}) {
  const parts = new RecorderParts().begin();
  const { sites, stacks } = parts;
  return {
    parts,
    writer: new ProbeWriter({ sites, stacks, proc: P0, origin: 1000, ...more }),
  };
}

/** Records of the probes of a trace with the stream of `consumer` in it. */
function probeRecords(parts: RecorderParts, consumer: Consumer): string[] {
  const batches: Uint8Array[] = [parts.bytes()];
  for (;;) {
    const batch = consumer.queue.take();
    if (batch === undefined) break;
    batches.push(batch);
  }
  return rawRecords(concat(batches))
    .filter(({ name }) => /^(GC|Heap)/.test(name))
    .map(({ name, values }) => `${name} ${values.slice(1).join(" ")}`);
}

test("ProbeWriter.heap() tells the heaps of all threads as one", () => {
  const { parts, writer } = writerOf();
  const consumer = new Consumer(1e6, 1, 1);
  writer.join(consumer, 1, false);
  const heap = { used: 100, goal: 200 };
  writer.heap(1001, heap);
  const figures = {
    proc: 3,
    collections: [],
    heap: { used: 7, goal: 9 },
    samples: [],
  };
  writer.measured(5, figures, { now: 1002, takers: new Set() });
  writer.heap(1003, { used: 50, goal: 60 });
  writer.forget(5);
  writer.heap(1004, heap);
  writer.leave(consumer, true);
  assertEquals(probeRecords(parts, consumer), [
    "HeapAlloc 100",
    "HeapGoal 200",
    "HeapAlloc 107",
    "HeapGoal 209",
    "HeapAlloc 57",
    "HeapGoal 69",
    "HeapAlloc 100",
    "HeapGoal 200",
  ]);
});

test("ProbeWriter.measured() says on which processor a worker's collections were", () => {
  const { parts, writer } = writerOf();
  const consumer = new Consumer(1e6, 1, 1);
  writer.join(consumer, 1, false);
  writer.collected([{ began: 1001, ended: 1002, kind: "GC: scavenge" }]);
  const collections = [{ began: 90_000, ended: 91_000, kind: "GC: scavenge" }];
  writer.measured(
    5,
    { proc: 3, collections, heap: undefined, samples: [] },
    { now: 1010, takers: new Set() },
  );
  writer.leave(consumer, true);
  const [first, , second] = probeRecords(parts, consumer);
  assertEquals([first.slice(0, 9), second.slice(0, 9)], [
    "GCStart 0",
    "GCStart 1",
  ]);
  const { sites } = parts;
  const names = Array.from({ length: sites.size }, (_, i) => sites.get(i + 1));
  assertEquals(
    names.map(({ fn }) => fn).filter((fn) => fn.startsWith("GC")),
    ["GC: scavenge", "GC: scavenge on P 3"],
  );
  assertEquals(writer.collections, 2);
});

test("ProbeWriter.write() hands up what a worker's probes have told, once", () => {
  const told: MeasuredInWorker[] = [];
  const { writer } = writerOf({
    proc: 2 as ProcId,
    handUp: (figures) => void told.push(figures),
  });
  writer.write(1000);
  assertEquals(told, [], "nothing yet");
  writer.collected([{ began: 1001, ended: 1002, kind: "GC: scavenge" }]);
  writer.heap(1003, { used: 1, goal: 2 });
  writer.write(1004);
  writer.write(1005);
  const heap = { used: 1, goal: 2 };
  assertEquals(told, [{
    proc: 2,
    collections: [{ began: 15626, ended: 31251, kind: "GC: scavenge" }],
    heap,
    samples: [],
  }, { proc: 2, collections: [], heap, samples: [] }]);
});

test("ProbeWriter.close() leaves out what is of a kind that the trace has no name for", () => {
  const { parts, writer } = writerOf();
  const consumer = new Consumer(1e6, 1, 1);
  writer.join(consumer, 1, false);
  writer.collected([{ began: 1001, ended: 1002, kind: "GC: scavenge" }]);
  writer.close(consumer);
  writer.collected([{ began: 1003, ended: 1004, kind: "GC: other" }]);
  writer.collected([{ began: 1005, ended: 1006, kind: "GC: scavenge" }]);
  writer.leave(consumer, true);
  const names = probeRecords(parts, consumer).map((line) => line.split(" ")[0]);
  assertEquals(names, ["GCStart", "GCDone", "GCStart", "GCDone"]);
});
