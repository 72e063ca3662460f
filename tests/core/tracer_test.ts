/** The tracer on a runtime made by hand: who may record, when it ends, and what is left of it then. */

import { test } from "node:test";
import { TracerBusyError, TracerIdleError } from "../../src/core/errors.ts";
import { Tracer } from "../../src/core/tracer.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { concat } from "../support/raw_records.ts";
import { judgeTrace } from "../support/trace_judge.ts";

function tracerOf() {
  const adapter = new FakeAdapter();
  return { adapter, tracer: new Tracer(adapter) };
}

/** A sink that keeps what it is given. */
function keeper() {
  const chunks: Uint8Array[] = [];
  return {
    chunks,
    write: (bytes: Uint8Array) => void chunks.push(bytes),
  };
}

/** Everything that a stream has, to its end. */
async function readAll(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concat(chunks);
}

test("Tracer does nothing before the first start, and leaves nothing after the last end", async () => {
  const { adapter, tracer } = tracerOf();
  assertEquals([tracer.isEnabled, tracer.consumers, adapter.installs], [
    false,
    0,
    0,
  ]);
  assertEquals([tracer.statistics(), adapter.timers], [undefined, 0]);
  tracer.start(keeper());
  assertEquals([tracer.isEnabled, tracer.consumers], [true, 1]);
  assert(adapter.recorder !== undefined);
  await tracer.stop();
  assertEquals([tracer.isEnabled, tracer.consumers, adapter.timers], [
    false,
    0,
    0,
  ]);
  assertEquals(adapter.recorder, undefined);
  assertEquals(
    tracer.statistics()?.consumers,
    1,
    "the last one's figures stay",
  );
});

test("Tracer.start() refuses a second recording, and stop() one that never was", async () => {
  const { tracer } = tracerOf();
  await assertRejects(() => tracer.stop(), TracerIdleError, "none was started");
  tracer.start(keeper());
  assertThrows(() => tracer.start(keeper()), TracerBusyError, "stop it first");
  assertEquals(tracer.consumers, 1);
  await tracer.stop();
  await assertRejects(() => tracer.stop(), TracerIdleError);
  tracer.start(keeper());
  await tracer.stop();
});

test("Tracer.start() that the runtime refuses leaves the tracer as it was", async () => {
  const { adapter, tracer } = tracerOf();
  adapter.refusal = new Error("this runtime has no hooks");
  assertThrows(() => tracer.start(keeper()), Error, "has no hooks");
  assertEquals([tracer.isEnabled, tracer.consumers, adapter.timers], [
    false,
    0,
    0,
  ]);
  adapter.refusal = undefined;
  const sink = keeper();
  tracer.start(sink);
  assertEquals([tracer.isEnabled, adapter.installs], [true, 1]);
  await tracer.stop();
  judgeTrace(concat(sink.chunks), "the one that was not refused");
});

test("Tracer.stream() ends after its seconds, by the clock, with a whole trace", async () => {
  const { adapter, tracer } = tracerOf();
  const bytes = readAll(tracer.stream({ seconds: 2.5 }));
  adapter.pass(2400);
  assertEquals(tracer.isEnabled, true);
  adapter.pass(200);
  assertEquals([tracer.isEnabled, adapter.timers], [false, 0]);
  const trace = judgeTrace(await bytes, "2.5 s");
  assertEquals(Math.round(trace.duration / 1e6), 2500);
});

test("Tracer.stream() lets each consumer have its own time", async () => {
  const { adapter, tracer } = tracerOf();
  const first = readAll(tracer.stream({ seconds: 3 }));
  adapter.pass(1000);
  const second = readAll(tracer.stream({ seconds: 1 }));
  assertEquals(tracer.consumers, 2);
  adapter.pass(1000);
  assertEquals(tracer.consumers, 1);
  adapter.pass(1000);
  assertEquals([tracer.consumers, adapter.installs], [0, 1]);
  const lengths = [await first, await second].map((bytes, i) =>
    Math.round(judgeTrace(bytes, `consumer ${i}`).duration / 1e6)
  );
  assertEquals(lengths, [3000, 1000]);
});

test("Tracer.stream() ends when its signal is aborted, and does not begin when it was", async () => {
  const { adapter, tracer } = tracerOf();
  const abort = new AbortController();
  const bytes = readAll(tracer.stream({ seconds: 60, signal: abort.signal }));
  abort.abort();
  assertEquals([tracer.isEnabled, adapter.timers], [false, 0]);
  judgeTrace(await bytes, "an aborted one");
  assertThrows(() => tracer.stream({ signal: abort.signal }), DOMException);
  assertEquals([tracer.isEnabled, adapter.installs], [false, 1]);
});

test("Tracer.stream() refuses one more than may be, and counts the sink among them", async () => {
  const { tracer } = tracerOf();
  tracer.start(keeper());
  const streams = [1, 2, 3].map(() => tracer.stream());
  assertThrows(() => tracer.stream(), TracerBusyError, "at most 4 may be");
  assertThrows(() => tracer.stream({ maxConsumers: 2 }), TracerBusyError);
  await streams[0].cancel();
  assertEquals(tracer.consumers, 3);
  const again = tracer.stream();
  await Promise.all([streams[1], streams[2], again].map((one) => one.cancel()));
  assertEquals(tracer.consumers, 1);
  await tracer.stop();
});

test("Tracer.stop() waits ten seconds for a sink and no longer", async () => {
  const { adapter, tracer } = tracerOf();
  tracer.start({ write: () => new Promise<void>(() => {}) });
  const stopped = tracer.stop();
  let isOver = false;
  stopped.catch(() => isOver = true);
  adapter.pass(9900);
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  assertEquals(isOver, false);
  adapter.pass(200);
  await assertRejects(() => stopped, Error, "did not take the last");
  assertEquals(adapter.timers, 0);
});

test("Tracer.stop() hands over everything before it resolves, however slow the sink is", async () => {
  const { adapter, tracer } = tracerOf();
  const chunks: Uint8Array[] = [];
  let closed = 0;
  tracer.start({
    async write(bytes) {
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      chunks.push(bytes);
    },
    close: () => void closed++,
  });
  for (let i = 0; i < 20; i++) adapter.pass(300);
  const figures = await tracer.stop();
  assertEquals([closed, figures.consumers], [1, 1]);
  judgeTrace(concat(chunks), "a slow sink's");
});

test("Tracer.stop() tells of a sink that failed, once, and of each way to fail", async () => {
  const failing = [
    {
      write: () => {
        throw new RangeError("disk full");
      },
    },
    { write: () => Promise.reject(new RangeError("disk full")) },
    {
      write() {},
      close: () => {
        throw new RangeError("disk full");
      },
    },
  ];
  for (const sink of failing) {
    const { adapter, tracer } = tracerOf();
    tracer.start(sink);
    await assertRejects(() => tracer.stop(), RangeError, "disk full");
    assertEquals([tracer.isEnabled, adapter.timers], [false, 0]);
  }
});

test("Tracer ends a recording when the recorder fails, with a whole trace that says so", async () => {
  const { adapter, tracer } = tracerOf();
  const sink = keeper();
  tracer.start(sink);
  adapter.recorder!.fail(new Error("Internal error: test"));
  adapter.pass(10);
  assertEquals([tracer.isEnabled, tracer.consumers], [false, 0]);
  const { error } = await tracer.stop();
  assertEquals(error, "Error: Internal error: test");
  judgeTrace(concat(sink.chunks), "a failed one");
  // And the next one is a new one.
  tracer.start(keeper());
  assertEquals((await tracer.stop()).error, undefined);
});

test("Tracer.stream() takes no time that is none", () => {
  const { adapter, tracer } = tracerOf();
  for (const seconds of [NaN, -1, 0]) {
    assertThrows(() => tracer.stream({ seconds }), Error);
  }
  assertEquals([tracer.isEnabled, adapter.installs], [false, 0]);
});
