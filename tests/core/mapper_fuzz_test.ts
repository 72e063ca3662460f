/**
 * Whatever the hooks report, the trace is good: random raw logs, most of them no program could make, cut at random
 * places, with consumers that come and go.
 */

import { test } from "node:test";
import type { Consumer } from "../../src/core/consumer.ts";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import { Reason } from "../../src/core/reason.ts";
import { assert } from "../support/assert.ts";
import { FakeLoop } from "../support/fake_loop.ts";
import { Random } from "../support/random.ts";
import { concat } from "../support/raw_records.ts";
import {
  judgeTrace,
  judgeWithGo,
  type NamedTrace,
} from "../support/trace_judge.ts";

const SEEDS = 400;
const STEPS = 250;
const REASONS = Object.values(Reason);
const SCHEDULED = [
  ContinuationKind.Sleep,
  ContinuationKind.Timer,
  ContinuationKind.Interval,
  ContinuationKind.Immediate,
  ContinuationKind.Microtask,
];

/** Names of continuations: all there were, those that may run, those of the slices that have not ended. */
interface Names {
  readonly all: string[];
  readonly waiting: string[];
  readonly fresh: string[];
  /** Regions there have been. */
  readonly regions: string[];
}

function pushRegion({ regions }: Names, name: string): string {
  regions.push(name);
  return name;
}

/**
 * Does one thing at random. Only this is as in life: nothing runs before the outermost slice has ended that made it,
 * and nothing runs twice, intervals aside.
 */
function step(loop: FakeLoop, random: Random, names: Names, i: number): void {
  const { all, waiting, fresh } = names;
  const make = () => {
    const name = `c${i}`;
    all.push(name);
    fresh.push(name);
    return name;
  };
  const take = () => {
    const at = random.below(waiting.length);
    const [name] = waiting.splice(at, 1);
    const { continuations } = loop;
    const kind = continuations.kind[continuations.slot(loop.id(name))];
    if (kind === ContinuationKind.Interval) fresh.push(name);
    return name;
  };
  const options = {
    reason: random.pick(REASONS),
    at: random.below(4) === 0 ? null : `f${random.below(6)}`,
    line: random.below(3) + 1,
    settled: random.below(6) === 0,
  };
  switch (random.below(24)) {
    case 0:
    case 1:
      if (loop.depth >= 5) return;
      loop.resume(
        waiting.length === 0 || random.below(20) === 0 ? "nobody" : take(),
      );
      return;
    case 2:
    case 3:
    case 4:
      if (loop.depth > 0) loop.suspend();
      if (loop.depth === 0) waiting.push(...fresh.splice(0));
      return;
    case 5:
      loop.await(make(), options);
      return;
    case 6:
      loop.callAwait(make(), options);
      return;
    case 7:
      loop.awaitCall(make(), options);
      return;
    case 8:
      loop.relay(make());
      return;
    case 9:
      if (all.length > 0) loop.settle(random.pick(all));
      return;
    case 10:
      loop.schedule(make(), random.pick(SCHEDULED));
      return;
    case 11:
      if (all.length > 0 && random.below(3) === 0) {
        loop.cancel(random.pick(all));
      }
      return;
    case 12:
      loop.break();
      return;
    case 13:
      if (loop.depth < 5) {
        loop.make(
          `r${i}`,
          ContinuationKind.Request,
          loop.site(`GET /${i % 3}`),
        );
        loop.resume(`r${i}`);
      }
      return;
    case 14:
      loop.wait(random.below(4) / 20);
      return;
    case 15:
      if (loop.depth === 0) loop.untraced();
      return;
    case 16:
      loop.syscall(`read${random.below(3)}`, random.below(4) / 20);
      return;
    case 17:
      if (random.below(2) === 0) loop.beginTask(`t${i}`);
      else loop.endTask(`t${random.below(i + 1)}`);
      return;
    case 18:
      loop.note("note", "x".repeat(random.below(300)), `t${random.below(i)}`);
      return;
    case 19:
      loop.enter(pushRegion(names, `r${i}`));
      return;
    case 20:
      if (names.regions.length > 0) loop.leave(random.pick(names.regions));
      return;
    case 21:
    case 22: {
      const region = pushRegion(names, `r${i}`);
      loop.around(region, () => {
        for (let j = random.below(2); j > 0; j--) {
          step(loop, random, names, i * 10 + j);
        }
        if (random.below(2) === 0) loop.callAwait(make(), options);
      });
      all.push(region);
      return;
    }
    case 23:
      loop.past(`p${i}`, () => {
        for (let j = random.below(3); j > 0; j--) {
          step(loop, random, names, i * 10 + j);
        }
      });
      return;
  }
}

/** One random recording: every consumer's trace. */
function record(seed: number): NamedTrace[] {
  const random = new Random(seed);
  const loop = new FakeLoop({
    records: 2 + random.below(60),
    batchBytes: 208 + random.below(800),
    maxStrings: random.below(4) === 0 ? 8 : undefined,
    maxContinuations: random.below(4) === 0 ? 30 : undefined,
  });
  const names: Names = { all: [], waiting: [], fresh: [], regions: [] };
  const joined: Consumer[] = [];
  const traces: NamedTrace[] = [];
  const finish = (consumer: Consumer) =>
    traces.push({
      name: `seed ${seed}, consumer ${traces.length}`,
      bytes: loop.bytes(consumer),
    });
  loop.turn();
  for (let i = 0; i < STEPS; i++) {
    step(loop, random, names, i);
    if (loop.depth === 0 && random.below(12) === 0) {
      loop.end().wait(random.below(3)).turn();
    }
    if (random.below(60) === 0) joined.push(loop.join());
    if (joined.length > 0 && random.below(60) === 0) finish(joined.pop()!);
  }
  for (const consumer of joined) finish(consumer);
  traces.push({ name: `seed ${seed}`, bytes: concat(loop.batches()) });
  return traces;
}

test("TaskMapper gives a good trace for any log, cut anywhere, and to any consumer", async () => {
  const sample: NamedTrace[] = [];
  let events = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const traces = record(seed);
    for (const { name, bytes } of traces) {
      events += judgeTrace(bytes, name).length;
    }
    if (seed % 50 === 0) sample.push(traces[0]);
  }
  assert(events > 50 * SEEDS, `${events} events`);
  await judgeWithGo(sample);
});
