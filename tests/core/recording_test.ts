/** Consumers that come and go: what each is told first, what last, and what is left out for the slow. */

import { test } from "node:test";
import type { Consumer, ConsumerEnd } from "../../src/core/consumer.ts";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import { Reason } from "../../src/core/reason.ts";
import { STATISTICS_CATEGORY } from "../../src/core/recording.ts";
import { OTHER_NAME } from "../../src/core/string_table.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  eventLines,
  goroutineNames,
  type LineOptions,
} from "../support/event_lines.ts";
import { FakeLoop } from "../support/fake_loop.ts";
import { concat, rawRecords } from "../support/raw_records.ts";
import { judgeTrace } from "../support/trace_judge.ts";

/** What a consumer that joins now is told at once: the prelude, closed. */
function preludeLines(loop: FakeLoop, options?: LineOptions): string[] {
  const trace = judgeTrace(loop.bytes(loop.join()), "a prelude");
  return eventLines(trace, { idle: true, ...options });
}

/** The figures of a trace's closing log. */
function closingLog(trace: Trace): Record<string, unknown> {
  const logs: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.name === "UserLog") {
      assertEquals(e.label, STATISTICS_CATEGORY);
      logs.push(e.message);
    }
  }
  assertEquals(logs.length, 1, "one log closes the trace");
  return JSON.parse(logs[0]);
}

test("Recording.join() tells of a loop that sleeps and of nothing else when there is nothing else", () => {
  const loop = new FakeLoop();
  assertEquals(preludeLines(loop), ["loop awake", "loop asleep"]);
});

test("Recording.join() tells what each waiting task waits for and where", () => {
  const loop = new FakeLoop();
  const reasons = Object.entries(Reason);
  loop.turn().main(() => {
    for (const [name, reason] of reasons) {
      loop.callAwait(name, { reason, line: 3 }).break();
    }
  }).end();
  const found = preludeLines(loop, { stacks: true });
  const wanted = reasons.flatMap(([name]) => [
    `loop create ${name}`,
    `${name} start`,
    `${name} block ${name.toLowerCase()} at ${name}:3 < ${name}:3`,
  ]);
  assertEquals(found, ["loop awake", ...wanted, "loop asleep"]);
});

test("Recording.join() tells a task that may run from one that waits and from one that runs", () => {
  const loop = new FakeLoop();
  const seen: string[][] = [];
  loop.turn().main(() => {
    loop.schedule("runnable", ContinuationKind.Immediate);
    loop.callAwait("waiting", { reason: Reason.Sleep }).break();
    loop.wait(1);
    seen.push(preludeLines(loop));
  }).end();
  assertEquals(seen[0], [
    "loop awake",
    "loop create main",
    "loop create runnable",
    "loop create waiting",
    "waiting start",
    "waiting block sleep",
    "main start",
    // The end of the trace, not of the task.
    "main yield",
    "loop asleep",
  ]);
});

test("Recording.join() tells of open user tasks, in whatever state theirs is", () => {
  const loop = new FakeLoop();
  loop.turn().request("GET /waits", () => {
    loop.await("handler", { reason: Reason.Network });
  });
  loop.request("GET /over", () => loop.wait(1)).end();
  assertEquals(preludeLines(loop), [
    "loop awake",
    "loop create GET /waits",
    "GET /waits start",
    "GET /waits begin GET /waits",
    "GET /waits block network",
    "loop asleep",
  ]);
  const seen: string[][] = [];
  loop.turn().request("GET /runs", () => {
    loop.wait(1);
    seen.push(preludeLines(loop));
  }).end();
  assertEquals(seen[0].slice(-7), [
    "loop create GET /runs",
    "GET /runs start",
    "GET /runs begin GET /runs",
    "GET /runs yield",
    "GET /runs start",
    "GET /runs yield",
    "loop asleep",
  ]);
});

test("Recording.join() gives what follows the same lines as the first consumer gets", () => {
  const loop = new FakeLoop();
  loop.turn().main(() => {
    loop.schedule("tick", ContinuationKind.Interval);
    loop.callAwait("f", { reason: Reason.Sleep }).break();
  }).end();
  const late = loop.join();
  loop.wait(5).turn().slice("tick", () => loop.wait(1));
  loop.settle("f").slice("f", () => loop.wait(1)).end();
  const joined = eventLines(judgeTrace(loop.bytes(late), "late"));
  const whole = loop.lines();
  const tail = [
    "loop unblock tick",
    "tick start",
    "tick block sleep",
    "loop unblock f",
    "f start",
    "f end",
  ];
  assertEquals(joined.slice(-6), tail);
  assertEquals(whole.slice(-6), tail);
});

test("Recording.join() keeps times: a wait that began before is told from the join on", () => {
  const loop = new FakeLoop();
  loop.turn().main(() => loop.callAwait("f", { reason: Reason.Sleep }).break())
    .end();
  loop.wait(50).turn().schedule("x", ContinuationKind.Immediate).wait(1).end();
  const late = loop.join();
  loop.wait(20).turn().settle("f").slice("f").end();
  const lines = eventLines(judgeTrace(loop.bytes(late), "late"), {
    times: true,
  });
  assertEquals(lines.at(-3), "20.000 loop unblock f");
});

test("Recording.leave() closes a trace in the middle of a turn, of a task, of a request", () => {
  const loop = new FakeLoop();
  const traces: Uint8Array[] = [];
  const joined: Consumer[] = [loop.join(), loop.join()];
  loop.turn().main(() => {
    loop.wait(1);
    traces.push(loop.bytes(joined[0]));
  });
  loop.request("GET /x", () => {
    loop.wait(1);
    traces.push(loop.bytes(joined[1]));
  }).end();
  const lines = traces.map((bytes, i) =>
    eventLines(judgeTrace(bytes, `trace ${i}`), { idle: true })
  );
  assertEquals(lines[0].slice(-3), ["main start", "main yield", "loop asleep"]);
  assertEquals(lines[1].slice(-2), ["GET /x yield", "loop asleep"]);
  assertEquals(loop.lines().at(-1), "GET /x end", "the others go on");
});

test("Recording.leave() says in the closing log why, with the figures", () => {
  const ends: ConsumerEnd[] = ["done", "failed"];
  for (const end of ends) {
    const loop = new FakeLoop();
    loop.turn().main(() => loop.wait(1)).end();
    const trace = judgeTrace(concat(loop.batches(undefined, end)), end);
    const figures = closingLog(trace);
    assertEquals([figures.end, figures.goroutines, figures.consumers], [
      end,
      1,
      1,
    ]);
    assertEquals(Object.keys(figures).includes("stringsOverflowed"), true);
  }
});

test("Recording.leave() lets go of what waits for a consumer that has left", () => {
  const loop = new FakeLoop();
  const consumer = loop.join();
  loop.turn().main(() => loop.wait(1)).end();
  assert(!consumer.queue.isEmpty);
  let ended = 0;
  consumer.onEnd = () => ended++;
  loop.recording.leave(consumer, "left", loop.now);
  loop.recording.leave(consumer, "done", loop.now);
  assertEquals([ended, consumer.end, loop.recording.consumers.size], [
    1,
    "left",
    1,
  ]);
  // Its tail is all it could still read.
  assertEquals(consumer.queue.bytes < 1000, true);
});

test("Recording.leave() ends a trace when it ends, not at its last event", () => {
  const loop = new FakeLoop();
  loop.turn().main(() => loop.wait(1)).end();
  loop.wait(500);
  const trace = loop.trace();
  assertEquals(Math.round(trace.duration / 1e6), 501);
});

/** Turns in which calls go on beside their callers, each at its own line, and callbacks take their time. */
function busyTurns(loop: FakeLoop, turns: number): void {
  for (let turn = 0; turn < turns; turn++) {
    loop.turn().slice("main", () => {
      for (let i = 0; i < 10; i++) {
        const options = { at: "worker", line: i + 1, reason: Reason.Sleep };
        loop.callAwait(`w${i}`, options).wait(0.1).break();
      }
      loop.then("t").break().await("main");
    });
    loop.slice("t", () => loop.wait(0.2));
    for (let i = 0; i < 10; i++) loop.settle(`w${i}`).slice(`w${i}`);
    loop.settle("main").end();
  }
}

test("Recording ends a consumer at its limit with a whole trace, and the others go on", () => {
  const loop = new FakeLoop({ batchBytes: 1024 });
  loop.make("main", ContinuationKind.Main, 0);
  const slow = loop.join(10_000);
  busyTurns(loop, 100);
  assertEquals([slow.end, loop.recording.consumers.size], ["slow", 1]);
  assertEquals(loop.recording.statistics().slowConsumers, 1);
  const batches: Uint8Array[] = [];
  while (!slow.queue.isEmpty) batches.push(slow.queue.take()!);
  const bytes = concat(batches);
  assert(bytes.length >= 10_000 && bytes.length < 10_000 + 1024 + 2000);
  const trace = judgeTrace(bytes, "the slow consumer's");
  const figures = closingLog(trace);
  assertEquals([figures.end, figures.slowConsumers], ["slow", 1]);
  const whole = loop.trace("the other's");
  assertEquals(closingLog(whole).end, "done");
  assert(whole.length > 2 * trace.length);
});

test("Recording ends a slow consumer wherever the batch is cut", () => {
  for (let batchBytes = 256; batchBytes < 512; batchBytes += 3) {
    const loop = new FakeLoop({ batchBytes });
    loop.make("main", ContinuationKind.Main, 0);
    const slow = loop.join(4000);
    busyTurns(loop, 30);
    const batches: Uint8Array[] = [];
    while (!slow.queue.isEmpty) batches.push(slow.queue.take()!);
    judgeTrace(concat(batches), `batches of ${batchBytes} bytes, slow`);
    loop.trace(`batches of ${batchBytes} bytes, the other`);
  }
});

test("Recording sheds stacks first and callbacks then, for a consumer that reads slowly, and counts", () => {
  const loop = new FakeLoop({ batchBytes: 512 });
  loop.make("main", ContinuationKind.Main, 0);
  const slow = loop.join(20_000);
  const shed: [number, number][] = [];
  while (slow.end === undefined) {
    const { pressure } = slow.queue;
    busyTurns(loop, 1);
    shed.push([pressure, loop.recording.statistics().shedStacks]);
  }
  const before = shed.filter(([pressure]) => pressure < 0.45);
  assert(before.length > 3 && before.every(([, count]) => count === 0));
  assert(shed.at(-1)![1] > 0);
  const lines = loop.lines();
  const callbacks = lines.filter((line) => /create then callback/.test(line));
  const turns = lines.filter((line) => /create worker(#\d+1)?$/.test(line));
  assert(callbacks.length > 0, "at first they are told");
  assert(callbacks.length < turns.length, "at last they are not");
});

test("Recording.wake() tells consumers of what came, and those that ended", () => {
  const loop = new FakeLoop({ batchBytes: 512 });
  loop.make("main", ContinuationKind.Main, 0);
  const slow = loop.join(3000);
  while (!slow.queue.isEmpty) slow.queue.take();
  let woken = 0;
  slow.whenReady(() => woken++);
  assertEquals(loop.recording.wantsWake, false);
  busyTurns(loop, 30);
  assertEquals([loop.recording.wantsWake, woken, slow.end], [true, 0, "slow"]);
  loop.recording.wake();
  assertEquals([loop.recording.wantsWake, woken], [false, 1]);
});

test("Recording writes '(other)' for names that the string table has no room for", () => {
  const loop = new FakeLoop({ maxStrings: 12 });
  loop.turn().main(() => {
    for (let i = 0; i < 40; i++) {
      loop.callAwait(`f${i}`, { reason: Reason.Sleep }).break();
    }
  }).end();
  const { strings, stringsOverflowed } = loop.recording.statistics();
  assertEquals(strings, 12);
  assert(stringsOverflowed > 0);
  const trace = loop.trace();
  const names = [...goroutineNames(trace).values()];
  const others = names.filter((name) => name.startsWith(OTHER_NAME));
  const known = names.filter((name) => /^f\d+$/.test(name));
  assertEquals(others.length + known.length, 40);
  assert(others.length > 25 && known.length > 3);
});

test("Recording writes each string and stack once into the batches that all share, and before its use", () => {
  const loop = new FakeLoop({ batchBytes: 300 });
  loop.make("main", ContinuationKind.Main, 0);
  busyTurns(loop, 20);
  const strings = new Set<number>();
  const stacks = new Set<number>();
  for (const { name, values } of rawRecords(loop.bytes())) {
    if (name === "String") {
      assert(!strings.has(values[0]), `string ${values[0]} twice`);
      strings.add(values[0]);
    } else if (name === "Stack") {
      const [id, count, ...frames] = values;
      assert(!stacks.has(id), `stack ${id} twice`);
      stacks.add(id);
      assertEquals(frames.length, 4 * count);
      for (let i = 0; i < frames.length; i += 4) {
        assert(strings.has(frames[i + 1]) && strings.has(frames[i + 2]));
      }
    } else if (name === "GoCreate") {
      assert(stacks.has(values[2]) && stacks.has(values[3]));
    } else if (/^GoBlock|^GoSleep|^GoUnblock/.test(name)) {
      assert(
        stacks.has(values.at(-1)!),
        `${name} names a stack that is not in yet`,
      );
    }
  }
  assert(strings.size > 4 && stacks.size > 12);
});

test("Recording forgets continuations of nobody when there is little room for more", () => {
  const loop = new FakeLoop({ maxContinuations: 1000 });
  for (let turn = 0; turn < 50; turn++) {
    loop.turn();
    for (let i = 0; i < 50; i++) loop.then(`t${turn} ${i}`);
    loop.end();
  }
  const { continuationsForgotten, continuationsRefused } = loop.recording
    .statistics();
  assert(continuationsForgotten >= 1500, `${continuationsForgotten} forgotten`);
  assertEquals(continuationsRefused, 0);
});
