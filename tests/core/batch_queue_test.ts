/** What waits for a consumer, and how the consumer hears of it. */

import { test } from "node:test";
import { BatchQueue } from "../../src/core/batch_queue.ts";
import { Consumer } from "../../src/core/consumer.ts";
import { assertEquals } from "../support/assert.ts";

function batch(size: number, mark = 0): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size).fill(mark);
}

test("BatchQueue.take() gives the same batches in the same order, and counts bytes", () => {
  const queue = new BatchQueue(1000);
  // More than it drops at once, so that dropping is in it.
  const batches = Array.from({ length: 3000 }, (_, i) => batch(i % 7 + 1, i));
  const total = batches.reduce((sum, { length }) => sum + length, 0);
  const taken: unknown[] = [];
  for (const [index, next] of batches.entries()) {
    queue.push(next);
    // Two in, one out for the first half; then it is emptied.
    if (index % 2 === 0) taken.push(queue.take());
  }
  assertEquals(queue.bytes + queue.taken, total);
  assertEquals(queue.isEmpty, false);
  while (!queue.isEmpty) taken.push(queue.take());
  assertEquals(taken.length, batches.length);
  for (const [index, got] of taken.entries()) {
    // The very object: consumers share batches without a copy.
    assertEquals(got === batches[index], true, `batch ${index}`);
  }
  assertEquals([queue.bytes, queue.taken], [0, total]);
  assertEquals(queue.take(), undefined);
});

test("BatchQueue.pressure is the share of the limit, and peakBytes stays at the top", () => {
  const queue = new BatchQueue(100);
  queue.push(batch(60));
  assertEquals(queue.pressure, 0.6);
  queue.push(batch(60));
  assertEquals(queue.pressure, 1.2);
  queue.take();
  assertEquals([queue.pressure, queue.peakBytes], [0.6, 120]);
  queue.clear();
  assertEquals([queue.pressure, queue.isEmpty, queue.take()], [
    0,
    true,
    undefined,
  ]);
  queue.push(batch(5));
  assertEquals([queue.bytes, queue.take()?.length], [5, 5]);
});

test("Consumer.whenReady() calls at once when there is something, else on the wake after it", () => {
  const consumer = new Consumer(100);
  let calls = 0;
  consumer.whenReady(() => calls++);
  consumer.wake();
  assertEquals(calls, 0, "nothing to read");
  consumer.queue.push(batch(1));
  assertEquals(calls, 0, "a push is made in a hook: it tells nobody");
  consumer.wake();
  consumer.wake();
  assertEquals(calls, 1, "once");
  consumer.whenReady(() => calls++);
  assertEquals(calls, 2);
});

test("Consumer.whenReady() hears of the end though nothing waits", () => {
  const consumer = new Consumer(100);
  let calls = 0;
  consumer.whenReady(() => calls++);
  consumer.end = "done";
  consumer.wake();
  assertEquals(calls, 1);
  consumer.whenReady(() => calls++);
  assertEquals(calls, 2);
});

test("Consumer.wake() may be answered by waiting again", () => {
  const consumer = new Consumer(100);
  const taken: (number | undefined)[] = [];
  function next(): void {
    const got = consumer.queue.take();
    taken.push(got?.length);
    if (got !== undefined) consumer.whenReady(next);
  }
  consumer.whenReady(next);
  for (const size of [1, 2, 3]) consumer.queue.push(batch(size));
  consumer.wake();
  assertEquals(taken, [1, 2, 3]);
  consumer.queue.push(batch(4));
  consumer.wake();
  assertEquals(taken, [1, 2, 3, 4]);
});
