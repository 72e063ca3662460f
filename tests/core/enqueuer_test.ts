/** Who queued what runs now: on a queue made by hand. */

import { test } from "node:test";
import { Enqueuer } from "../../src/core/enqueuer.ts";
import { assertEquals } from "../support/assert.ts";

/** A queue of microtasks, and an enqueuer that marks it. */
function queueOf() {
  const queue: (() => void)[] = [];
  const enqueuer = new Enqueuer((marker) => void queue.push(marker));
  const seen: number[] = [];
  /** A job that notes who queued it. */
  const job = () => void queue.push(() => void seen.push(enqueuer.now));
  const drain = () => {
    for (let next; (next = queue.shift()) !== undefined;) next();
  };
  return { queue, enqueuer, seen, job, drain };
}

test("Enqueuer tells of each job which slice queued it, whatever runs in between", () => {
  const { enqueuer, queue, seen, job, drain } = queueOf();
  enqueuer.start("all", 0);
  job();
  enqueuer.mark(1);
  job();
  // A job of slice 1 is a slice itself, and queues another one.
  queue.push(() => {
    enqueuer.mark(3);
    job();
    enqueuer.mark(0);
  });
  job();
  enqueuer.mark(2);
  job();
  enqueuer.mark(0);
  job();
  drain();
  assertEquals(seen, [0, 1, 1, 2, 0, 3]);
});

test("Enqueuer leaves markers out when the budget is spent, says nothing until the turn ends, and counts", () => {
  const { enqueuer, seen, job, drain } = queueOf();
  enqueuer.start("budget", 0);
  let marked = 0;
  while (enqueuer.refused === 0) enqueuer.mark(++marked);
  assertEquals(marked, 20_001);
  job();
  drain();
  assertEquals(seen, [0]);
  // A millisecond later there are markers for a while again.
  enqueuer.reset(1);
  enqueuer.mark(7);
  job();
  drain();
  assertEquals(seen, [0, 7]);
  for (let i = 0; i < 300; i++) enqueuer.mark(i + 1);
  assertEquals(enqueuer.refused, 2);
});

test("Enqueuer has no more markers in the queue than it can remember", () => {
  const { enqueuer, queue, seen, job, drain } = queueOf();
  enqueuer.start("all", 0);
  for (let i = 1; i <= 70_000; i++) enqueuer.mark(i);
  assertEquals(queue.length, 65_536);
  job();
  drain();
  assertEquals(seen, [0]);
  enqueuer.reset(1);
  enqueuer.mark(5);
  job();
  drain();
  assertEquals(seen, [0, 5]);
});
