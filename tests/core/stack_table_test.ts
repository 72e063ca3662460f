/** Stacks to ids: each is a site on top of another stack. */

import { test } from "node:test";
import { NO_SITE } from "../../src/core/site_table.ts";
import { NO_STACK, type StackId } from "../../src/format/ids.ts";
import { MAX_RECORD_BYTES, MAX_STACK_FRAMES } from "../../src/format/limits.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { rawRecords } from "../support/raw_records.ts";
import {
  RecorderParts,
  type RecorderPartsOptions,
} from "../support/recorder_parts.ts";
import { judgeTrace } from "../support/trace_judge.ts";

function begun(options: RecorderPartsOptions = {}): RecorderParts {
  return new RecorderParts({ batchBytes: 256, ...options }).begin();
}

function finished(parts: RecorderParts, name: string): Trace {
  if (parts.encoder.isAwake) parts.encoder.procStop();
  return judgeTrace(parts.bytes(), name);
}

function namesOf(trace: Trace, stack: StackId): string[] {
  return trace.frames(stack).map(({ fn, file, line }) =>
    `${fn} ${file}:${line}`
  );
}

test("StackTable.put() gives a stack of which the reader finds every frame, leaf first", () => {
  const parts = begun();
  const { stacks, sites } = parts;
  const main = stacks.put(sites.put("main", "m.ts", 1));
  const f = stacks.put(sites.put("f", "a.ts", 22), main);
  const g = stacks.put(sites.put("g", "b.ts", 333), f);
  const h = stacks.put(sites.put("h", "b.ts", 70_000), f);
  const trace = finished(parts, "four stacks");
  assertEquals(namesOf(trace, main), ["main m.ts:1"]);
  assertEquals(namesOf(trace, g), ["g b.ts:333", "f a.ts:22", "main m.ts:1"]);
  assertEquals(namesOf(trace, h), ["h b.ts:70000", "f a.ts:22", "main m.ts:1"]);
  // One place is one PC in every stack, and every PC one place.
  assertEquals(trace.frames(g)[1].pc, trace.frames(f)[0].pc);
});

test("StackTable.put() writes a stack once, after its strings", () => {
  const parts = begun();
  const { stacks, sites } = parts;
  const site = sites.put("f", "a.ts", 1);
  const id = stacks.put(site);
  const { size } = stacks;
  const { pos } = parts.buffer;
  assertEquals(stacks.put(site), id);
  assertEquals([stacks.size, parts.buffer.pos], [size, pos]);
  const names = rawRecords(parts.bytes()).map(({ name }) => name);
  assertEquals(names.slice(-3), ["String", "String", "Stack"]);
});

test("StackTable.put() leaves the stack as it is when no site is known", () => {
  const parts = begun();
  const f = parts.entry("f");
  assertEquals(parts.stacks.put(NO_SITE, f), f);
  assertEquals(parts.stacks.put(NO_SITE), NO_STACK);
  assertEquals(parts.stacks.overflowed, 0);
});

test("StackTable.put() stops at 128 frames, in records of at most 2048 bytes, and counts", () => {
  const parts = begun();
  const { stacks, sites } = parts;
  // PCs, string ids and lines as long as a full recording has them.
  for (let i = 0; i < 20_000; i++) sites.put("filler", "a.ts", i);
  for (let i = 0; i < 20_000; i++) parts.strings.put(`filler ${i}`);
  let stack: StackId = NO_STACK;
  for (let i = 0; i < 200; i++) {
    stack = stacks.put(sites.put(`f${i}`, `file${i}.ts`, 1_000_000 + i), stack);
  }
  assertEquals([stacks.size, stacks.overflowed], [128, 72]);
  const bodies = rawRecords(parts.bytes())
    .filter(({ name }) => name === "Stack")
    .map(({ values }) => values[1]);
  assertEquals(Math.max(...bodies), MAX_STACK_FRAMES);
  const trace = finished(parts, "a deep stack");
  assertEquals(trace.frames(stack).length, MAX_STACK_FRAMES);
  assertEquals(trace.frames(stack)[0].fn, "f127");
  assertEquals(trace.frames(stack)[127].fn, "f0");
});

test("StackTable.put() keeps the largest record it can make within the readers' limit", () => {
  const parts = begun();
  const { stacks, sites } = parts;
  for (let i = 0; i < 40_000; i++) sites.put("filler", "a.ts", i);
  for (let i = 0; i < 65_000; i++) parts.strings.put(`s${i}`);
  let stack: StackId = NO_STACK;
  // Ids of three bytes each and the longest lines that source code has.
  for (let i = 0; i < MAX_STACK_FRAMES; i++) {
    stack = stacks.put(sites.put(`f${i}`, "a.ts", 2 ** 21 - 1 - i), stack);
  }
  const records = rawRecords(parts.bytes());
  const last = records.at(-1)!;
  assertEquals([last.name, last.values[1]], ["Stack", MAX_STACK_FRAMES]);
  const bytes = parts.bytes().length - last.offset;
  assert(bytes <= MAX_RECORD_BYTES, `${bytes} bytes`);
});

test("StackTable.put() gives the stack below and counts when the table is full", () => {
  const parts = begun({ maxStacks: 3 });
  const { stacks, sites } = parts;
  const main = parts.entry("main");
  const f = stacks.put(sites.put("f", "a.ts", 2), main);
  const g = stacks.put(sites.put("g", "a.ts", 3), f);
  const h = sites.put("h", "a.ts", 4);
  assertEquals(stacks.put(h, g), g);
  assertEquals(stacks.put(h), NO_STACK);
  assertEquals([stacks.size, stacks.overflowed], [3, 2]);
  assertEquals(stacks.put(sites.put("g", "a.ts", 3), f), g);
});

test("StackTable.put() may be re-entered by a receiver that needs the same stack", () => {
  for (let batchBytes = 208; batchBytes < 272; batchBytes++) {
    let isDeep = false;
    const parts = begun({
      batchBytes,
      onBatch(parts) {
        if (isDeep) return;
        isDeep = true;
        parts.mark(parts.entry("inner"));
        parts.mark(parts.entry(`f${parts.batches.length}`));
        isDeep = false;
      },
    });
    for (let i = 0; i < 60; i++) parts.mark(parts.entry(`f${i}`));
    const name = `batches of ${batchBytes} bytes`;
    const ids = new Set<number>();
    for (const record of rawRecords(parts.bytes())) {
      if (record.name !== "Stack") continue;
      assert(!ids.has(record.values[0]), `${name}: stack twice`);
      ids.add(record.values[0]);
    }
    const trace = finished(parts, name);
    let seen = 0;
    for (const e = trace.cursor(); e.next();) if (e.name === "GoCreate") seen++;
    assertEquals(seen, parts.marks, name);
  }
});

test("StackTable.writeTo() writes every stack under its id", () => {
  const parts = begun();
  const main = parts.entry("main");
  const f = parts.stacks.put(parts.sites.put("f", "a.ts", 5), main);
  const copy = begun();
  parts.strings.writeTo(copy.buffer);
  parts.stacks.writeTo(copy.buffer);
  const [original, copied] = [
    finished(parts, "original"),
    finished(copy, "copy"),
  ];
  for (const stack of [main, f]) {
    assertEquals(namesOf(copied, stack), namesOf(original, stack));
  }
});
