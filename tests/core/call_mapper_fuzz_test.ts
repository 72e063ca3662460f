/**
 * Whatever transformed code and wrappers report, the trace is good: random calls of their hooks, most of them in an order
 * that no program has, with markers that run late, turns that end anywhere and consumers that come and go.
 */

import { test } from "node:test";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import {
  type Annotator,
  createUserTask,
  type Region,
} from "../../src/core/annotator.ts";
import { EndFlag } from "../../src/core/raw_log.ts";
import { Reason } from "../../src/core/reason.ts";
import { Tracer } from "../../src/core/tracer.ts";
import type { Call } from "../../src/runtime/calls.ts";
import { assert } from "../support/assert.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { Random } from "../support/random.ts";
import { concat } from "../support/raw_records.ts";
import {
  judgeTrace,
  judgeWithGo,
  type NamedTrace,
} from "../support/trace_judge.ts";

const SEEDS = 300;
const STEPS = 400;
const KINDS = [
  ContinuationKind.Sleep,
  ContinuationKind.Timer,
  ContinuationKind.Interval,
  ContinuationKind.Immediate,
  ContinuationKind.Microtask,
  ContinuationKind.Request,
];
const REASONS = Object.values(Reason);
const never = new Promise<void>(() => {});

interface Program {
  readonly adapter: FakeAdapter;
  readonly random: Random;
  readonly sites: readonly number[];
  readonly calls: Call[];
  /** Continuations of callbacks that have not run. */
  readonly ids: number[];
  readonly annotator: Annotator;
  readonly regions: Region[];
  readonly promises: Promise<unknown>[];
  /** Callbacks that run, whose wrappers wait for them. */
  entered: number;
}

/** Reports one thing at random. */
function step(program: Program): void {
  const { adapter, random, sites, calls, ids } = program;
  const recorder = adapter.recorder!;
  const { hooks } = adapter.calls!;
  const site = random.pick(sites);
  const call = calls.length === 0 ? undefined : random.pick(calls);
  adapter.now += random.below(3) / 50;
  switch (random.below(29)) {
    case 0:
    case 1:
    case 2:
      calls.push(hooks.enter(site));
      return;
    case 3:
      calls.push(hooks.generate(site));
      return;
    case 4:
      if (call !== undefined) hooks.wait(call, site, random.pick([1, never]));
      return;
    case 5:
    case 6:
      if (call !== undefined) hooks.waitCall(hooks.mark(call), site, never);
      return;
    case 7:
      if (call === undefined) return;
      hooks.argument(call, [never, never].slice(random.below(2)));
      hooks.waitCall(call, site, never);
      return;
    case 8:
    case 9:
    case 10:
      if (call !== undefined) hooks.resume(call, 1);
      return;
    case 11:
      if (call !== undefined) hooks.caught(call);
      return;
    case 12:
      if (call !== undefined) hooks.passed(call);
      return;
    case 13:
      if (call !== undefined) hooks.yielding(call, site, 1);
      return;
    case 14:
      if (call !== undefined) hooks.yielded(call, 1);
      return;
    case 15:
      if (call !== undefined) {
        hooks.tail(hooks.markTail(call), random.pick([1, never]));
      }
      return;
    case 16:
    case 17:
      if (call === undefined) return;
      hooks.exit(call);
      if (random.below(4) > 0) calls.splice(calls.indexOf(call), 1);
      return;
    case 18: {
      const kind = random.pick(KINDS);
      const id = kind === ContinuationKind.Request
        ? recorder.continuations.make(kind, site, 0)
        : recorder.schedule(kind, site);
      ids.push(id);
      return;
    }
    case 19:
      if (ids.length === 0) return;
      if (recorder.enter(ids.splice(random.below(ids.length), 1)[0])) {
        program.entered++;
      }
      return;
    case 20:
      if (program.entered > 0) {
        program.entered--;
        recorder.leave(random.pick([0, EndFlag.Linked, EndFlag.Plain]));
      } else if (ids.length > 0 && random.below(4) === 0) {
        recorder.cancel(random.pick(ids));
      }
      return;
    case 21:
      recorder.explained.explain(never, random.pick(REASONS));
      if (random.below(3) > 0) adapter.runMicrotasks();
      if (random.below(3) === 0) {
        program.entered = 0;
        adapter.endTurn();
      }
      return;
    case 22: {
      const began = recorder.clockNow() - random.below(3) / 20;
      adapter.now += random.below(4) / 20;
      if (recorder.isLong(began)) recorder.syscall(site, began);
      return;
    }
    case 28: {
      const began = recorder.clockNow();
      const since = recorder.nextRecord;
      for (let i = random.below(3); i > 0; i--) step(program);
      recorder.region(site, began, since);
      return;
    }
    case 23:
      program.annotator.log("note", "x".repeat(random.below(300)));
      return;
    case 24:
      program.regions.push(
        program.annotator.startRegion(`r${random.below(9)}`),
      );
      return;
    case 25:
      if (program.regions.length > 0) random.pick(program.regions).end();
      return;
    case 26: {
      const promise = new Promise<void>(() => {});
      program.promises.push(promise);
      program.annotator.withRegion(`w${random.below(9)}`, () => {
        for (let i = random.below(3); i > 0; i--) step(program);
        return random.below(3) === 0 ? undefined : promise;
      });
      if (call !== undefined && random.below(2) === 0) {
        hooks.waitCall(call, site, promise);
      }
      return;
    }
    case 27: {
      if (program.promises.length > 0) {
        adapter.settled.add(random.pick(program.promises));
      }
      const task = createUserTask(
        `t${random.below(9)}`,
        undefined,
        () => program.annotator,
      );
      task.run(() => step(program));
      if (random.below(2) === 0) task.end();
      return;
    }
  }
}

/** The trace of one random program. */
async function traceOf(seed: number): Promise<Uint8Array> {
  const random = new Random(seed);
  const adapter = new FakeAdapter();
  Object.assign(adapter.frames, { shortName: (file: string) => file });
  const tracer = new Tracer(adapter);
  tracer.attachCalls();
  const sites = [0, 1, 2, 3].map((i) =>
    tracer.addSite(`f${i}`, `/app/f${i}.ts`, i + 1, 1)
  );
  const program: Program = {
    adapter,
    random,
    sites,
    calls: [],
    ids: [],
    annotator: tracer.annotator,
    regions: [],
    promises: [],
    entered: 0,
  };
  const { hooks } = adapter.calls!;
  for (let i = random.below(3); i > 0; i--) {
    program.calls.push(hooks.enter(sites[0]));
  }
  const chunks: Uint8Array[] = [];
  tracer.start({ write: (bytes) => void chunks.push(bytes) }, {
    wakers: random.below(2) === 0 ? "all" : "budget",
    batchBytes: 2048,
  });
  for (let i = 0; i < STEPS; i++) step(program);
  const figures = await tracer.stop();
  assert(figures.error === undefined, `seed ${seed}: ${figures.error}`);
  return concat(chunks);
}

test("CallMapper writes a good trace whatever it is told, and nothing fails", async () => {
  const traces: NamedTrace[] = [];
  let events = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const bytes = await traceOf(seed);
    events += judgeTrace(bytes, `seed ${seed}`).events.length;
    if (seed % 20 === 0) traces.push({ name: `seed ${seed}`, bytes });
  }
  assert(events > SEEDS * 100, `${events} events`);
  await judgeWithGo(traces);
});
