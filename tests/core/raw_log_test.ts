/** The raw log: numbers in, the same numbers out. */

import { test } from "node:test";
import { TICKS_PER_MS } from "../../src/core/clock.ts";
import {
  AwaitFlag,
  NO_TIME,
  RAW_STRIDE,
  RawKind,
  RawLog,
} from "../../src/core/raw_log.ts";
import { assertEquals } from "../support/assert.ts";

/** The records of a log, each as its numbers. */
function recordsOf(log: RawLog): number[][] {
  return Array.from({ length: log.length }, (_, i) => [
    ...log.codes.subarray(i * RAW_STRIDE, (i + 1) * RAW_STRIDE),
    log.times[i],
  ]);
}

function filled(count: number, capacity = 8): RawLog {
  const log = new RawLog(capacity);
  for (let i = 0; i < count; i++) log.put(RawKind.Resume, i, -i, 100 + i);
  return log;
}

test("RawLog.put() keeps kind, flags, both numbers and the time", () => {
  const log = new RawLog(4);
  assertEquals([log.length, log.capacity, log.lastKind, log.isFull], [
    0,
    5,
    0,
    false,
  ]);
  const code = RawKind.Await | (AwaitFlag.Linked | AwaitFlag.Call) << 8;
  log.put(code, 2 ** 31 - 1, -1, NO_TIME);
  log.put(RawKind.TurnEnd, 0, 0, 2 ** 30);
  assertEquals(recordsOf(log), [
    [code, 2 ** 31 - 1, -1, NO_TIME],
    [RawKind.TurnEnd, 0, 0, 2 ** 30],
  ]);
  assertEquals(log.lastKind, RawKind.TurnEnd);
  log.length--;
  assertEquals(log.lastKind, RawKind.Await, "flags are no part of the kind");
});

test("RawLog lets a turn go on that begins as soon as the last one ended", () => {
  const wait = Math.ceil(0.005 * TICKS_PER_MS);
  const kinds = (gap: number): number[] => {
    const log = new RawLog(3);
    log.beginTurn(0);
    log.endTurn(1000);
    log.beginTurn(1000 + gap);
    log.endTurn(5000);
    // There is room for it in a log that is full.
    while (!log.isFull) log.put(RawKind.Break, 0, 0, NO_TIME);
    log.settleTurn();
    log.settleTurn();
    return recordsOf(log).map(([code]) => code);
  };
  const { Turn, TurnEnd, Break } = RawKind;
  assertEquals(kinds(wait - 1), [Turn, Break, Break, TurnEnd]);
  assertEquals(kinds(wait), [Turn, TurnEnd, Turn, TurnEnd]);
});

test("RawLog.isFull is true when its records are, and half of them are above high", () => {
  const log = filled(8);
  assertEquals([log.isFull, log.high, log.length], [true, 4, 8]);
});

test("RawLog.drop() takes records from the front and moves the rest there", () => {
  for (const [count, drop] of [[8, 0], [8, 3], [8, 8], [5, 4], [0, 0]]) {
    const log = filled(count);
    const rest = recordsOf(log).slice(drop);
    log.drop(drop);
    assertEquals(recordsOf(log), rest, `${drop} of ${count}`);
    if (log.isFull) continue;
    log.put(RawKind.Settle, 77, 0, 1);
    assertEquals(recordsOf(log).at(-1), [RawKind.Settle, 77, 0, 1]);
  }
});

test("RawLog.rebase() keeps the records that are in without a time", () => {
  const log = filled(3);
  log.rebase(5000);
  assertEquals(log.base, 5000);
  assertEquals(recordsOf(log).map((record) => record[3]), [
    NO_TIME,
    NO_TIME,
    NO_TIME,
  ]);
  log.put(RawKind.Turn, 0, 0, 6);
  assertEquals(recordsOf(log).at(-1), [RawKind.Turn, 0, 0, 6]);
});
