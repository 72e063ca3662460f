/** Texts to ids, and the nine ways to be re-entered (spec, section 15). */

import { test } from "node:test";
import { OTHER_NAME } from "../../src/core/string_table.ts";
import type { GoId, StringId } from "../../src/format/ids.ts";
import { MAX_NAME_BYTES } from "../../src/format/limits.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { rawRecords } from "../support/raw_records.ts";
import {
  RecorderParts,
  type RecorderPartsOptions,
} from "../support/recorder_parts.ts";
import { judgeTrace } from "../support/trace_judge.ts";

/** Smallest batch there is, so that flushes are many. */
const SMALL = 208;

/** What the file must have, whoever wrote in the middle of whom; gives the strings by id. */
function checkFile(parts: RecorderParts, name: string): Map<number, string> {
  const strings = new Map<number, string>();
  const created: number[] = [];
  const { encoder } = parts;
  if (encoder.isAwake) encoder.procStop();
  const bytes = parts.bytes();
  for (const [index, batch] of parts.batches.entries()) {
    const records = rawRecords(batch, 0);
    const heads = records.filter((record) => record.name === "Batch");
    assertEquals(records[0].name, "Batch", `${name}: batch ${index}`);
    assertEquals(heads.length, 1, `${name}: batch ${index}`);
    for (const record of records) {
      if (record.name === "String") {
        const [id] = record.values;
        assert(!strings.has(id), `${name}: string ${id} is in it twice`);
        strings.set(id, record.text!);
      } else if (record.name === "GoCreate") created.push(record.values[1]);
    }
  }
  assertEquals(
    created.sort((a, b) => a - b),
    Array.from({ length: parts.marks }, (_, index) => index + 1),
    `${name}: every event is in it exactly once`,
  );
  assertEquals(
    new Set(strings.values()).size,
    strings.size,
    `${name}: each text has one id`,
  );
  // Each delta counts from the one before it, so times cannot go back unnoticed.
  judgeTrace(bytes, name);
  return strings;
}

/** Parts that have begun, with the entry frame that marks need. */
function begun(options: RecorderPartsOptions = {}) {
  const parts = new RecorderParts({ batchBytes: SMALL, ...options }).begin();
  return { parts, entry: parts.entry("f") };
}

test("StringTable.put(), case 1: the String is the first record of a new batch, for each fill level", () => {
  let firsts = 0;
  for (let fill = 0; fill < 64; fill++) {
    const { parts, entry } = begun();
    const { buffer, strings } = parts;
    parts.mark(entry);
    // The text takes what is left but for `fill` bytes, one too few for the most of them.
    const left = SMALL - buffer.pos;
    strings.put("a".repeat(Math.max(1, left - fill)));
    parts.mark(entry);
    const seen = checkFile(parts, `fill ${fill}`);
    assertEquals(seen.size, 3, `fill ${fill}`);
    firsts += parts.batches.filter((batch) =>
      rawRecords(batch, 0)[1]?.name === "String"
    ).length;
  }
  assert(firsts >= 20, `${firsts} batches began with a String`);
});

test("StringTable.put(), case 2: a name whose toString emits an event", () => {
  const { parts, entry } = begun();
  for (let i = 0; i < 200; i++) {
    const name = {
      toString() {
        parts.mark(entry);
        return `name ${i}`;
      },
    };
    const id = parts.strings.put(name);
    assertEquals(parts.strings.put(`name ${i}`), id);
    parts.encoder.userLog(0 as never, id, 0 as never, `log ${i}`);
  }
  const seen = checkFile(parts, "toString emits");
  assertEquals(
    [...seen.values()].filter((text) => /^name/.test(text)).length,
    200,
  );
});

test("StringTable.put(), case 3: a name whose toString flushes", () => {
  const { parts, entry } = begun();
  for (let i = 0; i < 100; i++) {
    parts.mark(entry);
    parts.strings.put({
      toString() {
        parts.mark(entry);
        parts.buffer.flush();
        if (i % 2 === 0) parts.mark(entry);
        return `name ${i}`;
      },
    });
  }
  checkFile(parts, "toString flushes");
  assert(parts.batches.length >= 100);
});

test("StringTable.put(), case 4: a name whose toString interns the same text", () => {
  const { parts, entry } = begun();
  for (let i = 0; i < 100; i++) {
    let inner = 0 as StringId;
    const id = parts.strings.put({
      toString() {
        inner = parts.strings.put(`name ${i}`);
        parts.strings.put(`other ${i}`);
        parts.mark(entry);
        return `name ${i}`;
      },
    });
    assertEquals(id, inner, "the same id");
  }
  const seen = checkFile(parts, "toString interns");
  // Names of the entry frame: function and file.
  assertEquals(seen.size, 2 + 200);
});

test("StringTable.put(), case 5: a receiver that emits an event inside a flush", () => {
  for (let batchBytes = SMALL; batchBytes < SMALL + 64; batchBytes++) {
    let entry = 0 as never;
    let depth = 0;
    const { parts, entry: made } = begun({
      batchBytes,
      onBatch(parts) {
        if (++depth <= 3) {
          parts.mark(entry);
          parts.strings.put(`in the receiver ${parts.batches.length}`);
        }
        depth--;
      },
    });
    entry = made as never;
    for (let i = 0; i < 100; i++) {
      parts.encoder.advance(i);
      if (i % 2 === 0) parts.mark(entry);
      else parts.strings.put(`name ${i}`);
    }
    checkFile(parts, `a receiver that emits, ${batchBytes} bytes`);
  }
});

test("StringTable.put(), case 5: a receiver that interns the very text whose record is due", () => {
  for (let fill = 0; fill < 64; fill++) {
    const text = "t".repeat(100 + fill);
    const got: StringId[] = [];
    const { parts, entry } = begun({
      onBatch: (parts) => got.push(parts.strings.put(text)),
    });
    for (let i = 0; i < 12; i++) parts.mark(entry);
    const id = parts.strings.put(text);
    for (let i = 0; i < 12; i++) parts.mark(entry);
    const seen = checkFile(parts, `fill ${fill}`);
    assertEquals(new Set([...got, id]).size, 1, `fill ${fill}: one id`);
    assertEquals(seen.get(id), text);
  }
});

test("StringTable.put(), case 6: a receiver that throws loses the record that made it flush and no other", () => {
  class Broken extends Error {}
  for (const isString of [false, true]) {
    let isBroken = false;
    const { parts, entry } = begun({
      onBatch() {
        if (isBroken) throw new Broken();
      },
    });
    while (SMALL - parts.buffer.pos >= 52) parts.mark(entry);
    isBroken = true;
    const { marks } = parts;
    const write = isString
      ? () => parts.strings.put("x".repeat(100))
      : () => parts.encoder.goCreate(9999 as GoId, entry, entry);
    assertThrows(write, Broken);
    isBroken = false;
    for (let i = 0; i < 30; i++) parts.mark(entry);
    assertEquals(parts.marks, marks + 30);
    // The batch was the receiver's before it threw; the goroutine 9999 is in none.
    checkFile(
      parts,
      `a receiver that throws at a ${isString ? "String" : "event"}`,
    );
  }
});

test("StringTable.put(), case 7: text longer than a batch, and than a name may be", () => {
  const { parts, entry } = begun();
  const long = "y".repeat(900);
  const longer = "é".repeat(MAX_NAME_BYTES) + "tail";
  parts.mark(entry);
  const ids = [parts.strings.put(long), parts.strings.put(longer)];
  parts.mark(entry);
  const seen = checkFile(parts, "long text");
  assertEquals(seen.get(ids[0]), long);
  const kept = seen.get(ids[1])!;
  assert(new TextEncoder().encode(kept).length <= MAX_NAME_BYTES);
  // Whole characters, from the end: an odd byte of an é at the cut is left out.
  assertEquals(kept, "é".repeat((MAX_NAME_BYTES - 4) / 2) + "tail");
  const emoji = parts.strings.put("\u{1f600}".repeat(400) + "z");
  const seenEmoji = checkFile(parts, "long text of four bytes a character");
  assertEquals(seenEmoji.get(emoji), "\u{1f600}".repeat(255) + "z");
});

test("StringTable.put(), case 8: empty text is id 0 and no record", () => {
  const { parts } = begun();
  const { pos } = parts.buffer;
  const empty = { toString: () => "" };
  assertEquals(
    [parts.strings.put(""), parts.strings.put(empty)],
    [0, 0] as never,
  );
  assertEquals(parts.buffer.pos, pos);
});

test("StringTable.put(), case 9: the same text twice is one record", () => {
  const { parts } = begun();
  const id = parts.strings.put("twice");
  const { pos } = parts.buffer;
  assertEquals(parts.strings.put("twice"), id);
  assertEquals(parts.strings.put({ toString: () => "twice" }), id);
  assertEquals(parts.buffer.pos, pos);
  assertEquals(checkFile(parts, "twice").get(id), "twice");
});

test("StringTable.put() puts '(other)' in the place of what it has no room for, and counts", () => {
  const { parts } = begun({ maxStrings: 10 });
  const ids = Array.from({ length: 20 }, (_, i) => parts.strings.put(`n${i}`));
  const seen = checkFile(parts, "a full table");
  assertEquals(seen.size, 10, "the bound holds, '(other)' included");
  const other = ids[19];
  assertEquals(seen.get(other), OTHER_NAME);
  const known = ids.filter((id) => id !== other);
  assertEquals(known.length, 10 - 1 - 2, "but for it and the entry's two");
  assertEquals(parts.strings.overflowed, 20 - known.length);
  assertEquals(parts.strings.put("n0"), ids[0]);
});

test("StringTable.writeTo() writes every text under its id", () => {
  const { parts } = begun();
  const texts = ["a", "é".repeat(2000), "\u{1f600}"];
  const ids = texts.map((text) => parts.strings.put(text));
  const copy = new RecorderParts({ batchBytes: SMALL }).begin();
  parts.strings.writeTo(copy.buffer);
  const seen = checkFile(copy, "the copy");
  assertEquals(seen, checkFile(parts, "the original"));
  assertEquals(ids.every((id) => seen.has(id)), true);
});
