/** Call sites: the right frame, within the budget. */

import { test } from "node:test";
import { Reason } from "../../src/core/reason.ts";
import { NO_SITE, SiteTable } from "../../src/core/site_table.ts";
import { StackCapture, type StackMode } from "../../src/core/stack_capture.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** What the last capture found. Not returned: JavaScriptCore takes the frame of a call away that is returned. */
let found: number | undefined;

/** A clock that moves on by `step` with each reading. */
class SteppingClock {
  time = 1000;
  step = 0;

  now(): number {
    return this.time += this.step;
  }
}

function captureOf(mode: StackMode, own = "stack_capture_test.ts") {
  const clock = new SteppingClock();
  const sites = new SiteTable();
  const capture = new StackCapture(sites, {
    shortName: (file) => file.endsWith(own) ? own : undefined,
    reasonOf: (file) => file.includes(own) ? Reason.Unknown : Reason.Network,
  }, clock);
  capture.begin(mode);
  return { clock, sites, capture };
}

test("StackCapture.capture() gives the innermost function of the program below the top", () => {
  const { capture, sites } = captureOf("all");
  function hook(): void {
    found = capture.capture(hook);
  }
  function inTheProgram(): void {
    hook();
  }
  inTheProgram();
  const site = sites.get(found!);
  assertEquals([site.fn, site.file], ["inTheProgram", "stack_capture_test.ts"]);
  assert(site.line > 30 && site.line < 50, `line ${site.line}`);
  // Another line of the same function is another site of one function.
  const two: number[] = [];
  function twoLines(): void {
    hook();
    two.push(found!);
    hook();
    two.push(found!);
  }
  twoLines();
  const [first, second] = two;
  assertEquals(sites.get(second).line, sites.get(first).line + 2);
  assertEquals(sites.functionOf(second), first);
});

test("StackCapture.capture() gives the runtime's site when no frame is the program's", () => {
  const { capture, sites } = captureOf("all", "no file has this name");
  function hook(): void {
    found = capture.capture(hook);
  }
  hook();
  assertEquals(found, sites.runtime);
  assertEquals(
    capture.reason,
    Reason.Network,
    "what the runtime's frames tell",
  );
});

test("StackCapture.capture() leaves Error as the program has set it", () => {
  const { capture } = captureOf("all");
  function hook(): void {
    found = capture.capture(hook);
  }
  found = undefined;
  const api = Error as unknown as Record<string, unknown>;
  const { prepareStackTrace, stackTraceLimit } = api;
  const own = () => "mine";
  try {
    api.prepareStackTrace = own;
    api.stackTraceLimit = 3;
    hook();
    assert(found !== undefined);
    assertEquals(api.prepareStackTrace === own, true);
    assertEquals(api.stackTraceLimit, 3);
  } finally {
    api.prepareStackTrace = prepareStackTrace;
    api.stackTraceLimit = stackTraceLimit;
  }
});

test("StackCapture.capture() captures nothing when stacks are off, and reads no clock for it", () => {
  const { capture, clock } = captureOf("off");
  clock.step = 1;
  const before = clock.time;
  for (let i = 0; i < 100; i++) assertEquals(capture.capture(test), undefined);
  assertEquals([clock.time, capture.captured, capture.spentMs], [before, 0, 0]);
});

/** Calls until `until` ms of the clock, one every `everyMs`, each of which costs `costMs` when it captures. */
function callFor(
  { capture, clock }: ReturnType<typeof captureOf>,
  until: number,
  everyMs: number,
): void {
  function hook(): void {
    capture.capture(hook);
  }
  while (clock.time < until) {
    clock.time += everyMs;
    hook();
  }
}

test("StackCapture.capture() spends one percent of the time, and what five seconds save up at first", () => {
  const parts = captureOf("budget");
  const { capture, clock } = parts;
  const begin = clock.time;
  // A capture takes two readings: 0.1 ms.
  clock.step = 0.1;
  callFor(parts, begin + 1000, 0.2);
  const first = capture.spentMs;
  assert(first >= 50 && first < 51, `${first} ms in the first second`);
  assert(capture.refused > 1000);
  callFor(parts, begin + 60_000, 0.2);
  const share = capture.spentMs / (clock.time - begin);
  assert(share > 0.008 && share <= 0.0105, `share ${share}`);
});

test("StackCapture.capture() saves up no more than the budget of five seconds", () => {
  const parts = captureOf("budget");
  const { capture, clock } = parts;
  clock.time += 3_600_000;
  clock.step = 0.1;
  callFor(parts, clock.time + 900, 0.2);
  assert(capture.spentMs < 50 + 10, `${capture.spentMs} ms`);
});

test("StackCapture.capture() refuses nothing when all stacks are wanted", () => {
  const parts = captureOf("all");
  parts.clock.step = 5;
  callFor(parts, parts.clock.time + 10_000, 1);
  assertEquals(parts.capture.refused, 0);
  assert(parts.capture.spentMs > 3000);
  assert(parts.capture.canCheck);
});

test("StackCapture.canCheck is false when only the reserve is left", () => {
  const parts = captureOf("budget");
  const { capture, clock } = parts;
  assert(capture.canCheck);
  clock.step = 0.8;
  let captures = 0;
  function hook(): void {
    if (capture.capture(hook) !== undefined) captures++;
  }
  while (capture.canCheck) hook();
  // 30 of the 50 ms may go into checks, at 0.8 ms each.
  assertEquals(captures, 38);
  hook();
  assertEquals(captures, 39, "a place never seen still is captured");
});

test("StackCapture.capture() takes what is slow for another process's time", () => {
  const { capture, clock } = captureOf("budget");
  clock.step = 400;
  let captures = 0;
  function hook(): void {
    if (capture.capture(hook) !== undefined) captures++;
  }
  for (let i = 0; i < 25; i++) hook();
  assertEquals(captures, 25);
});

test("StackCapture.named() names the line of the program whatever the budget", () => {
  const { capture, sites } = captureOf("off");
  function wrapper(): void {
    found = capture.named("tick", wrapper);
  }
  wrapper();
  const site = sites.get(found!);
  assertEquals([site.fn, site.file], ["tick", "stack_capture_test.ts"]);
  assert(site.line > 100);
  assert(found !== NO_SITE);
});
