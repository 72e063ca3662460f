/**
 * Workers on every front end: each is a processor of its own, messages lead from thread to thread, and whatever becomes
 * of a worker, both of Go's readers take the trace.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EventType } from "../../src/format/event_catalogue.ts";
import type { StackId } from "../../src/format/ids.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";

const PROGRAM = fileURLToPath(
  new URL("./workers/program.mjs", import.meta.url),
);

/** A loaded machine starts a worker in a second. */
const PROGRAM_MS = 120_000;

interface Statistics {
  readonly workers: number;
  readonly workersLost: number;
  readonly workerEvents: number;
  readonly unlinkedMessages: number;
  readonly error?: string;
}

/** What a scenario says, and its traces. */
interface Said {
  readonly statistics: Statistics;
  // deno-lint-ignore no-explicit-any
  readonly [fact: string]: any;
}

const frontEnds = await findFrontEnds();
const folder = await mkdtemp(join(tmpdir(), "looptrace-workers-"));
after(async () => {
  await frontEnds.remove();
  await rm(folder, { recursive: true, force: true });
});

let runs = 0;

/** Runs a scenario. Every trace of it is good for our reader, and for Go's. */
async function play(
  frontEnd: FrontEnd,
  scenario: string,
  env: Record<string, string> = {},
): Promise<{ said: Said; traces: Trace[] }> {
  const out = join(folder, `${++runs}`);
  const args = [...frontEnd.args];
  if (frontEnd.runtime === "deno") args.push("--unstable-worker-options");
  const { code, stdout, stderr } = await run(frontEnd.command, [
    ...args,
    PROGRAM,
    scenario,
  ], {
    env: {
      LOOPTRACE_LIBRARY: frontEnd.library,
      LOOPTRACE_HOOKS: frontEnd.hooks,
      LOOPTRACE_OUT: out,
      ...env,
    },
    timeoutMs: PROGRAM_MS,
  });
  const decoder = new TextDecoder();
  assertEquals(code, 0, `${frontEnd.name}: ${stderr}`);
  const said = JSON.parse(decoder.decode(stdout).trim().split("\n").at(-1)!);
  const named = await Promise.all(
    Array.from({ length: said.traces }, async (_, index) => ({
      name: `${frontEnd.name}, ${scenario} ${index}`,
      bytes: new Uint8Array(await readFile(`${out}.${index}`)),
    })),
  );
  const traces = named.map(({ name, bytes }) => judgeTrace(bytes, name));
  await judgeWithGo(named);
  return { said, traces };
}

/** Where and when a goroutine was created and began to run. */
interface Life {
  readonly name: string;
  readonly created: number;
  readonly creator: number;
  started: number;
  runner: number;
}

function livesOf(trace: Trace): Life[] {
  const lives = new Map<number, Life>();
  const event = trace.cursor();
  while (event.next()) {
    if (event.type === EventType.GoCreate) {
      const [frame] = trace.frames(event.arg(1) as StackId);
      lives.set(event.arg(0), {
        name: frame.fn,
        created: event.time,
        creator: event.p,
        started: NaN,
        runner: NaN,
      });
    } else if (event.type === EventType.GoStart) {
      const life = lives.get(event.g)!;
      if (Number.isNaN(life.started)) {
        life.started = event.time;
        life.runner = event.p;
      }
    }
  }
  return [...lives.values()];
}

/** Lives of messages that one processor created and another ran. */
function messagesOf(trace: Trace): { to: Life[]; from: Life[] } {
  const linked = livesOf(trace).filter(({ creator, runner }) =>
    !Number.isNaN(runner) && creator !== runner
  );
  for (const { created, started } of linked) assert(created <= started);
  return {
    to: linked.filter(({ name }) => name.startsWith("message to ")),
    from: linked.filter(({ name }) => name.startsWith("message from ")),
  };
}

/** How long goroutines ran on each processor, in milliseconds. */
function busyOf(trace: Trace): Map<number, number> {
  const busy = new Map<number, number>();
  const since = new Map<number, number>();
  const event = trace.cursor();
  while (event.next()) {
    const { p, time, type } = event;
    if (type === EventType.GoStart) since.set(p, time);
    else if (ENDS.includes(type) && since.has(p)) {
      busy.set(p, (busy.get(p) ?? 0) + (time - since.get(p)!) / 1e6);
      since.delete(p);
    }
  }
  return busy;
}

const ENDS: readonly number[] = [
  EventType.GoEnd,
  EventType.GoSched,
  EventType.GoPreempt,
  EventType.GoSleep,
  EventType.GoBlock,
  EventType.GoBlockCond,
  EventType.GoBlockNet,
  EventType.GoBlockRecv,
  EventType.GoBlockSelect,
  EventType.GoBlockSend,
  EventType.GoBlockSync,
];

/** Processors of goroutines. */
function procsOf(trace: Trace): number[] {
  return [...new Set(livesOf(trace).map(({ runner }) => runner))]
    .filter((proc) => proc >= 0).sort((a, b) => a - b);
}

function testAll(
  name: string,
  fn: (frontEnd: FrontEnd) => Promise<void>,
  isMeant = (_: FrontEnd) => true,
): void {
  for (const frontEnd of frontEnds.all.filter(isMeant)) {
    test(
      `${name}: ${frontEnd.name}`,
      { skip: frontEnd.missing ?? false },
      () => fn(frontEnd),
    );
  }
}

/** The tests that are less about how awaits are seen. */
const isPlain = ({ hooks }: FrontEnd) => hooks === "public";

testAll(
  "four workers are four processors more, busy as they were",
  async (frontEnd) => {
    const { said: { statistics }, traces: [trace] } = await play(
      frontEnd,
      "busy",
    );
    assertEquals(statistics.workers, 4);
    assertEquals(statistics.unlinkedMessages, 0);
    assertEquals(statistics.error, undefined);
    assert(statistics.workerEvents > 0 || statistics.workersLost > 0);
    assertEquals(procsOf(trace), [0, 1, 2, 3, 4]);
    const busy = busyOf(trace);
    for (let proc = 1; proc <= 4; proc++) {
      // Three times 20 ms; that a slice has begun may be seen a bit late.
      assert(busy.get(proc)! >= 50, `p ${proc}: ${busy.get(proc)} ms`);
    }
    const { from, to } = messagesOf(trace);
    assertEquals([to.length, from.length], [12, 12]);
    assert(to.every(({ creator, runner }) => creator === 0 && runner > 0));
    assert(from.every(({ creator, runner }) => creator > 0 && runner === 0));
    assertEquals(to[0].name, "message to worker.mjs");
    const mains = livesOf(trace).filter(({ name }) =>
      name === "worker worker.mjs"
    );
    assertEquals(mains.map(({ runner }) => runner).sort(), [1, 2, 3, 4]);
  },
);

testAll(
  "64 workers in turn, terminated or not, leave a good trace",
  async (frontEnd) => {
    const { said: { begun, statistics }, traces: [trace] } = await play(
      frontEnd,
      "turns",
    );
    assertEquals([begun, statistics.workers], [64, 64]);
    // Numbers of processors are used again: eight at a time, and some that end.
    const procs = procsOf(trace);
    assert(procs.length >= 5 && procs.at(-1)! < 64, procs.join(" "));
    const mains = livesOf(trace).filter(({ name }) =>
      name === "worker worker.mjs"
    );
    assert(mains.length >= 48, `${mains.length} workers were seen`);
  },
  isPlain,
);

testAll(
  "a worker that never comes back does not hold the recording",
  async (frontEnd) => {
    const { said: { statistics, stopMs }, traces: [trace] } = await play(
      frontEnd,
      "endless",
    );
    assertEquals([statistics.workers, statistics.workersLost], [2, 1]);
    assert(stopMs < 5000, `${stopMs} ms`);
    assert(messagesOf(trace).to.length >= 1);
  },
  isPlain,
);

testAll(
  "workers that throw, and one that is not there, end as ever",
  async (frontEnd) => {
    const { said: { errors }, traces } = await play(frontEnd, "throws");
    const texts: string[] = errors;
    assertEquals(texts.length, 3);
    for (
      const [index, text] of [
        "at the first line",
        "as told",
        "no_such_worker.mjs",
      ].entries()
    ) assert(texts[index].includes(text), texts[index]);
    assert(!texts[2].includes("looptrace.setup"), texts[2]);
    assertEquals(traces.length, 1);
  },
  isPlain,
);

testAll("consumers come late, overlap, and come again", async (frontEnd) => {
  const { traces } = await play(frontEnd, "consumers");
  assertEquals(traces.length, 4);
  // A worker hands its prelude over when it comes to that.
  assert(traces.some((trace) => procsOf(trace).length === 4));
  assert(traces.some((trace) => messagesOf(trace).to.length > 50));
});

testAll(
  "workers that run already are recorded from then on",
  async (frontEnd) => {
    const { said: { statistics }, traces: [trace] } = await play(
      frontEnd,
      "armed",
    );
    assertEquals(statistics.workers, 2);
    assertEquals(procsOf(trace), [0, 1, 2]);
    const { from, to } = messagesOf(trace);
    assertEquals([to.length, from.length], [6, 6]);
  },
  isPlain,
);

testAll("a recording ends with messages under way", async (frontEnd) => {
  const { said: { answers, statistics }, traces: [trace] } = await play(
    frontEnd,
    "flight",
  );
  assertEquals(answers, 1500);
  assertEquals(statistics.unlinkedMessages, 0);
  assert(messagesOf(trace).from.length >= 150);
});

testAll("a worker of a worker's is recorded, too", async (frontEnd) => {
  const { said: { answer, statistics }, traces: [trace] } = await play(
    frontEnd,
    "nested",
  );
  assertEquals(answer, "inner done");
  assertEquals(statistics.workers, 2);
  assertEquals(procsOf(trace), [0, 1, 2]);
  // The main thread has to say first that there is a recording: half of 20 ms.
  assert(busyOf(trace).get(2)! >= 8);
  // It was asked by its own parent.
  const { to } = messagesOf(trace);
  assert(to.some(({ creator, runner }) => creator === 1 && runner === 2));
});

testAll("a program sees its workers as ever", async (frontEnd) => {
  const { said } = await play(frontEnd, "seen");
  const [first, ...rest] = said.messages;
  assertEquals(first.url, said.wanted);
  if (frontEnd.runtime === "deno") {
    assertEquals([first.location, first.name], [said.wanted, "one"]);
  }
  assertEquals(rest, [0, 1, 2, 3, 4]);
  assertEquals([said.isWorker, said.isSpecial, said.constructor], [
    true,
    true,
    true,
  ]);
  assertEquals([said.name, said.cloneError, said.last], [
    "Worker",
    "DataCloneError",
    "last",
  ]);
});

testAll(
  "a module that asks whether it is the main one is told as ever",
  async (frontEnd) => {
    const { said: { recording, without } } = await play(frontEnd, "asks");
    assertEquals(recording, without);
  },
  ({ runtime }) => runtime === "deno",
);

testAll(
  "a worker without permissions is recorded",
  async (frontEnd) => {
    const { said: { answer, statistics }, traces: [trace] } = await play(
      frontEnd,
      "permissions",
    );
    assertEquals([answer, statistics.workers], ["done", 1]);
    assertEquals(procsOf(trace), [0, 1]);
  },
  ({ runtime }) => runtime === "deno",
);

testAll(
  "no effect comes before its cause in 100,000 messages",
  async (frontEnd) => {
    const { said: { statistics, sum, total, wanted }, traces: [trace] } =
      await play(frontEnd, "messages");
    assertEquals(sum, wanted);
    assertEquals(statistics.unlinkedMessages, 0);
    // Both directions; what is checked of each is in messagesOf().
    const { from, to } = messagesOf(trace);
    assertEquals([to.length, from.length], [total, total]);
  },
  isPlain,
);
