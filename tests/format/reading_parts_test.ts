import { test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import { Random } from "../support/random.ts";
import { varint } from "../support/trace_builder.ts";
import { HeapFrontier, SortedFrontier } from "../../src/format/frontier.ts";
import {
  decodeHeader,
  encodeHeader,
  HEADER_VERSIONS,
} from "../../src/format/header.ts";
import { IdTable } from "../../src/format/id_table.ts";
import { TOO_LONG, UvarintReader, WIDE } from "../../src/format/varint.ts";
import { ALL_ONES, WideValues } from "../../src/format/wide_values.ts";

test("UvarintReader.next() reads around each power of two", () => {
  for (let bit = 0n; bit <= 64n; bit++) {
    for (const value of [2n ** bit - 1n, 2n ** bit, 2n ** bit + 1n]) {
      if (value >= 2n ** 64n) continue;
      const reader = readerOf([...varint(value), 0xee]);
      const read = reader.next();
      if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
        assertEquals(read, Number(value), `${value}`);
      } else {
        assertEquals([read, reader.wide], [WIDE, value], `${value}`);
      }
      assertEquals(reader.pos, varint(value).length, `bytes of ${value}`);
    }
  }
});

test("UvarintReader.next() takes padded forms and no eleventh byte", () => {
  for (let padding = 0; padding <= 7; padding++) {
    const bytes = [0x85, 0x80, ...Array(padding).fill(0x80), 0];
    assertEquals(readerOf(bytes).next(), 5, `${bytes}`);
  }
  assertEquals(readerOf(Array(11).fill(0x80)).next(), TOO_LONG);
  // Bits beyond the 64th are left out, as Go 1.19 does.
  const reader = readerOf([...Array(9).fill(0xff), 0x7f]);
  assertEquals([reader.next(), reader.wide], [WIDE, 2n ** 64n - 1n]);
});

function readerOf(bytes: readonly number[]): UvarintReader {
  const reader = new UvarintReader();
  reader.bytes = Uint8Array.from([...bytes, ...Array(16).fill(0)]);
  return reader;
}

test("decodeHeader() gives back what encodeHeader() was given", () => {
  for (const version of HEADER_VERSIONS) {
    assertEquals(decodeHeader(encodeHeader(version)), version);
  }
});

test("WideValues gives equal values one name and all ones -1", () => {
  const wides = new WideValues();
  assertEquals(wides.put(2n ** 64n - 1n), ALL_ONES);
  const name = wides.put(2n ** 60n);
  assertEquals(wides.put(2n ** 60n), name);
  assert(name < ALL_ONES && wides.put(2n ** 60n + 1n) !== name);
  assertEquals(wides.toBigInt(name), 2n ** 60n);
  assertEquals(wides.toText(ALL_ONES), "18446744073709551615");
  assertEquals(wides.toSignedText(ALL_ONES), "-1");
  assertEquals(wides.toSignedText(7), "7");
});

test("IdTable.put() gives each id one index, whatever their order and distance", () => {
  const table = new IdTable();
  const wanted = new Map<number, number>([[0, 0]]);
  const random = new Random(7);
  for (let round = 0; round < 20_000; round++) {
    const id = random.below(3) === 0
      ? random.uint32() * 1000
      : random.below(round + 1);
    const known = wanted.get(id);
    assertEquals(table.find(id), known ?? -1);
    const index = table.put(id);
    if (known === undefined) wanted.set(id, index);
    else assertEquals(index, known);
    assertEquals(table.ids[index], id);
  }
  assertEquals(table.length, wanted.size);
});

test("SortedFrontier takes lists as Go's sorted array does", () => {
  const random = new Random(3);
  for (let round = 0; round < 300; round++) {
    const size = 1 + random.below(12);
    const frontier = new SortedFrontier(size);
    let model: { list: number; time: number }[] = [];
    const push = (list: number, time: number): void => {
      frontier.push(list, time);
      model.push({ list, time });
      model.sort((a, b) => a.time - b.time);
    };
    for (let list = 0; list < size; list++) push(list, random.below(4));
    for (let step = 0; step < 60 && model.length > 0; step++) {
      const [{ list, time }] = model;
      assertEquals(frontier.take(), list, `round ${round}, step ${step}`);
      // Go moves the last one to the place of the first and sorts stably.
      const last = model.pop()!;
      model = model.length === 0 ? [] : [last, ...model.slice(1)];
      model.sort((a, b) => a.time - b.time);
      assertEquals(frontier.length, model.length);
      if (random.below(8) > 0) push(list, time + random.below(3));
    }
  }
});

test("HeapFrontier takes the earliest list, the lower number among equals", () => {
  const random = new Random(5);
  const frontier = new HeapFrontier(200);
  const waiting: { list: number; time: number }[] = [];
  for (let list = 0; list < 200; list++) {
    const time = random.below(40);
    frontier.push(list, time);
    waiting.push({ list, time });
  }
  waiting.sort((a, b) => a.time - b.time || a.list - b.list);
  for (const { list } of waiting) assertEquals(frontier.take(), list);
  assertEquals(frontier.length, 0);
});
