/** Which goroutine ran at a time, as far back as is remembered. */
import { test } from "node:test";
import { RunLog } from "../../src/core/run_log.ts";
import type { GoId } from "../../src/format/ids.ts";
import { assertEquals } from "../support/assert.ts";
import { Random } from "../support/random.ts";

test("RunLog.at() tells what ran since before a time", () => {
  const runs = new RunLog(8);
  assertEquals(runs.at(5), 0, "nothing is known");
  runs.note(10, 1 as GoId);
  runs.note(20, 0 as GoId);
  runs.note(20, 2 as GoId);
  runs.note(30, 0 as GoId);
  const asked = [9, 10, 11, 20, 21, 30, 31, 1e9];
  // At 10 it may have been created in the same tick.
  assertEquals(asked.map((ticks) => runs.at(ticks)), [0, 0, 1, 1, 2, 2, 0, 0]);
});

test("RunLog.at() forgets what is long past, and says nothing of it", () => {
  const runs = new RunLog(4);
  for (let g = 1; g <= 10; g++) runs.note(g * 10, g as GoId);
  const asked = [15, 65, 70, 71, 75, 85, 105];
  assertEquals(asked.map((ticks) => runs.at(ticks)), [0, 0, 0, 7, 7, 8, 10]);
  assertEquals(runs.count, 10);
});

test("RunLog.at() tells the same as a list of all changes", () => {
  const random = new Random(3);
  const runs = new RunLog(64);
  const all: [number, number][] = [];
  let ticks = 1;
  for (let i = 0; i < 300; i++) {
    ticks += random.below(5);
    const g = random.below(9);
    runs.note(ticks, g as GoId);
    all.push([ticks, g]);
    const kept = all.slice(-64);
    for (let back = 0; back < 30; back++) {
      const at = ticks - random.below(100);
      const wanted = kept.findLast(([since]) => since < at)?.[1] ?? 0;
      assertEquals(runs.at(at), wanted, `${at} of ${ticks}`);
    }
  }
});
