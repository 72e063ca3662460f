/** What a recording says each second of its cost and of the loop's load. */
import { test } from "node:test";
import type { LoadProbe } from "../../src/core/probe.ts";
import { Tracer } from "../../src/core/tracer.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { concat } from "../support/raw_records.ts";
import { judgeTrace } from "../support/trace_judge.ts";

/** A runtime's own figures, the same at each reading. */
class FakeLoad implements LoadProbe {
  readonly calls: string[] = [];
  failing = "";

  start(): void {
    this.#called("start");
  }

  read(): Record<string, number> {
    this.#called("read");
    return { utilization: 0.25 };
  }

  stop(): void {
    this.#called("stop");
  }

  #called(name: string): void {
    this.calls.push(name);
    if (this.failing === name) throw new Error(`no ${name}`);
  }
}

/** A log: when, in milliseconds since the trace began, and what it says. */
interface Log {
  readonly at: number;
  readonly category: string;
  // deno-lint-ignore no-explicit-any
  readonly says: any;
}

function loaded(load?: LoadProbe) {
  const adapter = new FakeAdapter();
  adapter.probes = { load };
  const tracer = new Tracer(adapter);
  const chunks: Uint8Array[] = [];
  tracer.start({ write: (bytes) => void chunks.push(bytes) });
  adapter.endTurn();
  const turn = (ms: number) => {
    adapter.recorder!.resume(0);
    adapter.now += ms;
    adapter.recorder!.suspend();
    adapter.endTurn();
  };
  const logs = async (): Promise<Log[]> => {
    await tracer.stop();
    const found: Log[] = [];
    const trace = judgeTrace(concat(chunks), "a recording with logs");
    for (const e = trace.cursor(); e.next();) {
      if (e.name !== "UserLog" || e.label === "looptrace.statistics") continue;
      found.push({
        at: Math.round(e.time / 1e6),
        category: e.label,
        says: JSON.parse(e.message),
      });
    }
    return found;
  };
  return { adapter, tracer, turn, logs };
}

test("each second is told what it cost and how busy the loop was", async () => {
  const load = new FakeLoad();
  const { adapter, turn, logs } = loaded(load);
  adapter.pass(300);
  turn(100);
  turn(150);
  adapter.pass(500);
  adapter.pass(1000);
  adapter.pass(500);
  const found = await logs();
  assertEquals(
    found.map(({ at, category }) => `${at} ${category}`),
    [
      "1000 looptrace.cost",
      "1000 looptrace.load",
      "2000 looptrace.cost",
      "2000 looptrace.load",
      "2550 looptrace.cost",
      "2550 looptrace.load",
    ],
  );
  const [cost, first] = found.map(({ says }) => says);
  assertEquals(first, {
    seconds: 1,
    utilization: 0.25,
    busyMs: 250,
    longestTurnMs: 150,
    runtime: { utilization: 0.25 },
  });
  assertEquals(found[3].says.busyMs, 0);
  assertEquals(Object.keys(cost), [
    "seconds",
    "share",
    "mappingMs",
    "stacksMs",
    "probesMs",
    "hooksMsEstimated",
    "records",
    "wrappedCalls",
    "eventsPerSecond",
  ]);
  assert(cost.records >= 8 && cost.records < 20, `${cost.records} records`);
  assert(cost.eventsPerSecond > 4);
  assertEquals(load.calls, ["start", "read", "read", "read", "stop"]);
});

test("logs are at their time, though records of an earlier turn are still to come", async () => {
  const { adapter, logs } = loaded();
  adapter.recorder!.resume(0);
  adapter.pass(1200);
  adapter.recorder!.suspend();
  adapter.endTurn();
  const found = await logs();
  assertEquals(found.map(({ at }) => at), [1000, 1000, 1200, 1200]);
  // The first flush ended the turn.
  assertEquals(found[1].says.utilization, 0.25);
  assertEquals(found[1].says.runtime, undefined);
});

test("a recording too short for figures has none", async () => {
  const { adapter, logs } = loaded();
  adapter.pass(90);
  assertEquals(await logs(), []);
});

for (const failing of ["start", "read", "stop"]) {
  test(`load figures of the runtime whose ${failing} throws are noted and left out`, async () => {
    const load = new FakeLoad();
    load.failing = failing;
    const { adapter, tracer, logs } = loaded(load);
    adapter.pass(2100);
    const found = await logs();
    assertEquals(found.length, 6);
    assertEquals(
      found.filter(({ says }) => says.runtime !== undefined).length,
      failing === "stop" ? 3 : 0,
    );
    assertEquals(tracer.statistics()!.notes, [
      `the runtime's own load is not measured: no ${failing}`,
    ]);
  });
}
