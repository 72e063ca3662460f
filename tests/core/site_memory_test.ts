/** What is remembered of places: learned once, checked now and then, given up when it was wrong. */

import { test } from "node:test";
import { Reason } from "../../src/core/reason.ts";
import { SiteMemory } from "../../src/core/site_memory.ts";
import { NO_SITE } from "../../src/core/site_table.ts";
import type { StackCapture } from "../../src/core/stack_capture.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** A capture that finds what it is told to, and counts. */
class FakeCapture {
  site: number | undefined = 1;
  reason: Reason = Reason.Unknown;
  isThen = false;
  canCheck = true;
  captures = 0;

  capture(): number | undefined {
    this.captures++;
    return this.site;
  }
}

function memoryOf() {
  const capture = new FakeCapture();
  const memory = new SiteMemory(capture as unknown as StackCapture);
  return { capture, memory, at: (key: number) => memory.at(key, test) };
}

test("SiteMemory.at() captures a key once and remembers site, reason and kind", () => {
  const { capture, memory, at } = memoryOf();
  capture.canCheck = false;
  capture.site = 7;
  capture.reason = Reason.Network;
  capture.isThen = true;
  assertEquals(at(1234), 7);
  capture.site = 8;
  capture.reason = Reason.Sync;
  capture.isThen = false;
  assertEquals(at(99), 8);
  for (let i = 0; i < 1000; i++) {
    assertEquals([at(1234), memory.reason, memory.isThen], [
      7,
      Reason.Network,
      true,
    ]);
    assertEquals([at(99), memory.reason, memory.isThen], [
      8,
      Reason.Sync,
      false,
    ]);
  }
  assertEquals(capture.captures, 2);
});

test("SiteMemory.at() checks what it knows when it was used 1, 2, 4, 8 ... times", () => {
  const { capture, at } = memoryOf();
  const checked: number[] = [];
  at(5);
  for (let use = 1; use <= 4096; use++) {
    const before = capture.captures;
    at(5);
    if (capture.captures > before) checked.push(use);
  }
  assertEquals(checked, Array.from({ length: 13 }, (_, i) => 2 ** i));
});

test("SiteMemory.at() never again trusts a key under which it saw two sites", () => {
  const { capture, memory, at } = memoryOf();
  assertEquals(at(5), 1);
  capture.site = 2;
  assertEquals(at(5), 2, "the check finds the other one");
  assertEquals(memory.ambiguous, 1);
  const { captures } = capture;
  for (const site of [3, 4, 5]) {
    capture.site = site;
    assertEquals(at(5), site);
  }
  assertEquals(capture.captures, captures + 3, "captured each time");
  capture.site = undefined;
  assertEquals([at(5), memory.reason, memory.isThen], [NO_SITE, 0, false]);
  assertEquals(memory.ambiguous, 1, "counted once");
});

test("SiteMemory.at() learns nothing when nothing may be captured, and tries again", () => {
  const { capture, memory, at } = memoryOf();
  capture.site = undefined;
  capture.reason = Reason.Network;
  assertEquals([at(5), memory.reason], [NO_SITE, 0]);
  capture.site = 6;
  assertEquals([at(5), memory.reason], [6, Reason.Network]);
});

test("SiteMemory.at() keeps what it knows when a check is refused", () => {
  const { capture, memory, at } = memoryOf();
  capture.reason = Reason.Sleep;
  at(5);
  capture.site = undefined;
  capture.reason = Reason.Unknown;
  assertEquals([at(5), memory.reason], [1, Reason.Sleep]);
  assertEquals(memory.ambiguous, 0);
});

test("SiteMemory.at() takes one key for another never, though they share a place", () => {
  const { capture, at } = memoryOf();
  capture.canCheck = false;
  // More keys than it can hold: each answer is that of the key's own last capture.
  const wanted = new Map<number, number>();
  for (let key = 1; key < 40_000; key += 7) {
    capture.site = key;
    assertEquals(at(key), key);
    wanted.set(key, key);
  }
  capture.site = undefined;
  let forgotten = 0;
  for (const [key, site] of wanted) {
    const found = at(key);
    if (found === NO_SITE) forgotten++;
    else assertEquals(found, site);
  }
  assert(forgotten < wanted.size);
});
