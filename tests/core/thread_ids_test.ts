/** Ids that threads take from counters that they share. */

import { test } from "node:test";
import { ThreadIds } from "../../src/core/thread_ids.ts";
import { assert, assertEquals } from "../support/assert.ts";

const KINDS = ["go", "userTask", "string", "stack", "pc"] as const;

/** Takes `count` ids of each kind, all of which must be new. */
function takeNew(ids: ThreadIds, seen: Map<string, Set<number>>, count = 1) {
  for (const kind of KINDS) {
    let all = seen.get(kind);
    if (all === undefined) seen.set(kind, all = new Set());
    for (let i = 0; i < count; i++) {
      const id = ids[kind].take();
      assert(!all.has(id), `${kind} ${id} comes twice`);
      all.add(id);
    }
  }
}

test("ThreadIds counts from 1 while it is alone, in each recording", () => {
  const ids = new ThreadIds();
  assertEquals([ids.go.take(), ids.go.take(), ids.stack.take()], [1, 2, 1]);
  assertEquals([ids.pc.take(), ids.pc.take()], [1, 2]);
  ids.restart();
  assertEquals([ids.go.take(), ids.stack.take()], [1, 1]);
  // Places of the program stay what they are.
  assertEquals(ids.pc.take(), 3);
});

test("ThreadIds of many threads give out no id twice, and small ones", () => {
  const main = new ThreadIds();
  const seen = new Map<string, Set<number>>();
  takeNew(main, seen, 100);
  const threads = [main];
  for (let i = 0; i < 8; i++) {
    const worker = new ThreadIds();
    worker.useShared(main.share());
    threads.push(worker);
  }
  for (let round = 0; round < 30; round++) {
    for (const ids of threads) takeNew(ids, seen, 1000);
  }
  for (const all of seen.values()) {
    assert(Math.max(...[...all].slice(-1)) < 2 ** 20);
  }
});

test("ThreadIds of a thread without the counters go on far away", () => {
  const main = new ThreadIds();
  const seen = new Map<string, Set<number>>();
  const early = [1, 2, 3].map((thread) => {
    const ids = new ThreadIds();
    ids.useBlocks(thread, main.firstBlocks());
    return ids;
  });
  for (let round = 0; round < 3; round++) {
    for (const ids of [main, ...early]) takeNew(ids, seen, 2500);
  }
  assert(Math.max(...seen.get("stack")!) < 2 ** 32);
  for (const ids of early) ids.useShared(main.share());
  for (const ids of [main, ...early]) takeNew(ids, seen, 80_000);
});

test("ThreadIds of a worker do not go on with an older recording's block", () => {
  const main = new ThreadIds();
  const worker = new ThreadIds();
  worker.useShared(main.share());
  worker.go.take();
  main.restart();
  const other = new ThreadIds();
  other.useShared(main.share());
  worker.restart();
  const seen = new Map<string, Set<number>>();
  for (const ids of [main, worker, other]) ids.pc.take();
  for (let i = 0; i < 10_000; i++) {
    for (const ids of [main, worker, other]) takeNew(ids, seen);
  }
});
