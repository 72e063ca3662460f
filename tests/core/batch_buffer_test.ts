/** The cut into batches: where it falls, what each begins with, and who may write meanwhile. */

import { test } from "node:test";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { EventEncoder } from "../../src/core/event_encoder.ts";
import type { ProcId } from "../../src/format/ids.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { concat, rawRecords } from "../support/raw_records.ts";
import { RecorderParts } from "../support/recorder_parts.ts";

test("BatchBuffer.flush() hands over nothing but whole batches that begin with Batch", () => {
  const batches: Uint8Array[] = [];
  const buffer = new BatchBuffer(41, (batch) => batches.push(batch), {
    proc: 3 as ProcId,
    batchBytes: 256,
  });
  const encoder = new EventEncoder(buffer);
  buffer.flush();
  assertEquals(batches.length, 0, "an empty batch stays where it is");
  for (let i = 0; i < 200; i++) {
    encoder.advance(i);
    encoder.procStart(i);
    encoder.procStop();
  }
  buffer.flush();
  buffer.flush();
  assert(batches.length > 5);
  let now = 41;
  let count = 0;
  for (const batch of batches) {
    assert(batch.length <= 256);
    const [head, ...events] = rawRecords(batch, 0);
    assertEquals([head.name, ...head.values], ["Batch", 3, now]);
    for (const { values: [delta] } of events) now += delta;
    count += events.length;
    assertEquals(
      rawRecords(batch, 0).filter(({ name }) => name === "Batch").length,
      1,
    );
  }
  assertEquals([count, buffer.lastTicks], [400, now]);
  assertEquals(buffer.flushedBatches, batches.length);
  assertEquals(buffer.flushedBytes, concat(batches).length);
});

test("BatchBuffer.flush() gives bytes away for good: nothing writes into them later", () => {
  // Nearly full batches are handed over as they are, others as copies.
  for (const fill of [20, 200]) {
    const batches: Uint8Array[] = [];
    const buffer = new BatchBuffer(1, (batch) => batches.push(batch), {
      batchBytes: 256,
    });
    const encoder = new EventEncoder(buffer);
    while (buffer.pos < fill) encoder.procStop();
    buffer.flush();
    const before = batches[0].slice();
    for (let i = 0; i < 1000; i++) encoder.procStart(i);
    assertEquals(batches[0], before, `filled with ${fill} bytes`);
  }
});

test("BatchBuffer.ensure() makes a batch of its own for what is longer than a batch", () => {
  const batches: Uint8Array[] = [];
  const buffer = new BatchBuffer(1, (batch) => batches.push(batch), {
    batchBytes: 208,
  });
  const encoder = new EventEncoder(buffer);
  encoder.procStart(1);
  for (const length of [100, 5000, 20, 70_000]) {
    encoder.userLog(0 as never, 0 as never, 0 as never, "x".repeat(length));
  }
  encoder.procStop();
  buffer.flush();
  const records = batches.flatMap((batch) => {
    const [head, ...rest] = rawRecords(batch, 0);
    assertEquals(head.name, "Batch");
    return rest;
  });
  assertEquals(
    records.map(({ name, text }) => `${name} ${text?.length ?? ""}`),
    [
      "ProcStart ",
      "UserLog 100",
      "UserLog 5000",
      "UserLog 20",
      "UserLog 70000",
      "ProcStop ",
    ],
  );
  // After the long one batches are as short as before.
  const sizes = batches.map(({ length }) => length);
  assertEquals(sizes.filter((size) => size > 208).length, 2);
});

test("BatchBuffer has tried the flush of every size of a record at every fill level", () => {
  // The longest event asks for 52 bytes: with 208 to 260 bytes a batch each fill level is met.
  for (let batchBytes = 208; batchBytes <= 260; batchBytes++) {
    const parts = new RecorderParts({ batchBytes }).begin();
    const entry = parts.entry("f");
    for (let i = 0; i < 100; i++) {
      parts.encoder.advance(i % 3 === 0 ? 2 ** (i % 40) : 0);
      parts.mark(entry);
      if (i % 5 === 0) parts.strings.put("x".repeat(i));
    }
    parts.buffer.flush();
    const created: number[] = [];
    for (const batch of parts.batches) {
      const [head, ...rest] = rawRecords(batch, 0);
      assertEquals(head.name, "Batch", `${batchBytes}`);
      for (const { name, values } of rest) {
        if (name === "GoCreate") created.push(values[1]);
      }
    }
    assertEquals(created, Array.from({ length: 100 }, (_, i) => i + 1));
  }
});
