/** How busy a loop was, as readings tell it: sums, windows, the longest turn. */
import { test } from "node:test";
import { LoopFigures } from "../../src/core/loop_figures.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Random } from "../support/random.ts";

/** Turns given as begin and end, in order. */
function turns(
  figures: LoopFigures,
  ...edges: readonly (readonly [number, number])[]
): void {
  for (const [began, ended] of edges) {
    figures.turnBegan(began);
    figures.turnEnded(ended);
  }
}

test("LoopFigures.read() tells nothing while nothing records", () => {
  const figures = new LoopFigures();
  assertEquals(figures.read(10), undefined);
  figures.start(10);
  const reading = figures.read(20);
  figures.stop();
  assertEquals([figures.read(30), figures.read(30, reading)], [
    undefined,
    undefined,
  ]);
});

test("LoopFigures.read() counts from the last reading, the first time from the start", () => {
  const figures = new LoopFigures();
  figures.start(1000);
  turns(figures, [1000, 1010], [1050, 1065]);
  const first = figures.read(1100)!;
  assertEquals([first.busyMs, first.totalMs, first.utilization], [
    25,
    100,
    0.25,
  ]);
  assertEquals(first.longestTurnMs, 15);
  turns(figures, [1120, 1125]);
  const second = figures.read(1150)!;
  assertEquals([second.busyMs, second.totalMs, second.longestTurnMs], [
    5,
    50,
    5,
  ]);
});

test("LoopFigures.read() counts from a reading passed in, which leaves the others alone", () => {
  const figures = new LoopFigures();
  figures.start(0);
  turns(figures, [0, 40]);
  const early = figures.read(100)!;
  turns(figures, [100, 130]);
  const late = figures.read(200, early)!;
  assertEquals([late.busyMs, late.totalMs], [30, 100]);
  turns(figures, [200, 210]);
  const since = figures.read(300, early)!;
  assertEquals([since.busyMs, since.totalMs, since.longestTurnMs], [
    40,
    200,
    30,
  ]);
  const sinceLate = figures.read(300, late)!;
  assertEquals([sinceLate.busyMs, sinceLate.longestTurnMs], [10, 10]);
  assertEquals(figures.read(300)!.totalMs, 200, "of the one at 100");
});

test("LoopFigures.read() counts the open turn as far as it has come", () => {
  const figures = new LoopFigures();
  figures.start(0);
  figures.turnBegan(10);
  const inside = figures.read(40)!;
  assertEquals([inside.busyMs, inside.longestTurnMs], [30, 30]);
  figures.turnEnded(60);
  const after = figures.read(100)!;
  assertEquals([after.busyMs, after.longestTurnMs], [20, 20]);
});

test("LoopFigures.read() counts from the beginning of its own recording", () => {
  const figures = new LoopFigures();
  figures.start(0);
  turns(figures, [0, 90]);
  const old = figures.read(100)!;
  figures.start(1000);
  turns(figures, [1000, 1001]);
  const found = figures.read(1010, old)!;
  assertEquals([found.busyMs, found.totalMs, found.longestTurnMs], [1, 10, 1]);
});

test("LoopFigures.turnEnded() is told of turns that it does not know", () => {
  const figures = new LoopFigures();
  figures.start(0);
  figures.turnEnded(50);
  assertEquals(figures.read(100)!.busyMs, 0);
});

test("LoopFigures.read() finds the longest turn since any of many readings", () => {
  const source = new Random(7);
  const random = () => source.uint32() / 2 ** 32;
  const figures = new LoopFigures();
  figures.start(0);
  const ran: { end: number; length: number }[] = [];
  const readings = [figures.read(0)!];
  let now = 0;
  for (let turn = 0; turn < 2000; turn++) {
    now += random() * 3;
    const length = random() ** 4 * 20;
    turns(figures, [now, now + length]);
    now += length;
    ran.push({ end: now, length });
    if (turn % 100 === 0) {
      readings.push(figures.read(now)!);
      // In the middle of a turn.
      figures.turnBegan(now);
      readings.push(figures.read(now + 5)!);
      now += 6;
      figures.turnEnded(now);
      ran.push({ end: now, length: 6 });
    }
  }
  for (const reading of readings) {
    const found = figures.read(now, reading)!.longestTurnMs;
    const wanted = Math.max(
      0,
      ...ran.map(({ end, length }) => Math.min(length, end - reading.at)),
    );
    assert(Math.abs(found - wanted) < 1e-6, `${found}, wanted ${wanted}`);
  }
});

test("LoopFigures.turnEnded() keeps little however many turns grow shorter", () => {
  const figures = new LoopFigures();
  figures.start(0);
  let now = 0;
  const reading = figures.read(0)!;
  for (let length = 1000; length > 0; length--) {
    turns(figures, [now, now + length]);
    now += length + 1;
  }
  assertEquals(figures.read(now, reading)!.longestTurnMs, 1000);
  // More than can be kept: the shortest one that is kept stands for the rest.
  const last = figures.read(now - 3, reading)!;
  assert(figures.read(now, last)!.longestTurnMs <= 1000 - 62);
});
