/** What the trace of known_truth_program.mjs must say. */
import assert from "node:assert/strict";

/**
 * The goroutines: who makes each, its stops in order (`reason by waker`), and functions that must be in the stack of a
 * stop. An async function becomes a goroutine at its first wait, so who makes it is the one that has waited before.
 */
const GOROUTINES = {
  sleeper: {
    by: "main",
    stops: ["sleep by loop", "sleep by loop", "sleep by loop"],
  },
  burner: { by: "main", stops: ["sleep by loop", "sleep by loop"] },
  // The function that it awaits directly is no goroutine.
  caller: {
    by: "main",
    stops: ["sleep by loop"],
    stack: ["setTimeout", "callee", "caller", "caller"],
  },
  boss: { by: "main", stops: ["sleep by loop", "task by worker"] },
  worker: { by: "boss", stops: ["sleep by loop"] },
  both: { by: "main", stops: ["sleep by loop", "sync by late"] },
  early: { by: "both", stops: ["sleep by loop"] },
  late: { by: "both", stops: ["sleep by loop"] },
  racer: { by: "main", stops: ["select by loop", "sleep by loop"] },
  // A promise made by hand: nothing tells what it stands for.
  waiter: { by: "main", stops: ["unknown by opener"] },
  opener: { by: "main", stops: ["sleep by loop"] },
  ticker: { by: "main", stops: ["sleep by loop"] },
};

/** What main waits for, in its order: each function that runs beside it, then the timer's. */
const MAIN_WAKERS = [
  "sleeper",
  "burner",
  "caller",
  "boss",
  "both",
  "racer",
  "opener",
  "ticker",
];

/** What each block event says. */
export const REASONS = {
  GoBlock: "unknown",
  GoSleep: "sleep",
  GoBlockNet: "network",
  GoBlockSync: "sync",
  GoBlockSelect: "select",
  GoBlockCond: "task",
  GoBlockRecv: "receive",
  GoBlockSend: "send",
};

/** Share by which a time may differ from the truth. */
const TOLERANCE = 0.1;

/** Everything that the trace tells about each goroutine, by the name of its entry function. */
function readGoroutines(trace) {
  const names = new Map([[0, "loop"]]);
  const told = new Map();
  const open = new Map();
  for (const e = trace.cursor(); e.next();) {
    if (e.name === "GoCreate") {
      const entry = trace.frames(e.arg(1));
      assert.equal(entry.length, 1, "an entry stack has one frame");
      const name = entry[0].fn;
      names.set(e.arg(0), name);
      assert.ok(!told.has(name), `${name} is one goroutine`);
      told.set(name, {
        by: names.get(e.g),
        line: entry[0].line,
        file: entry[0].file,
        stops: [],
        stacks: [],
        ran: 0,
        slept: 0,
        ends: 0,
      });
    } else if (e.name === "GoUnblock") {
      const woken = told.get(names.get(e.arg(0)));
      const stop = open.get(woken);
      woken.stops.push(`${stop.reason} by ${names.get(e.g)}`);
      if (stop.reason === "sleep") woken.slept += (e.time - stop.time) / 1e6;
      assert.ok(e.frames.length > 0, "an unblock has a stack");
    } else if (e.g !== 0) {
      const goroutine = told.get(names.get(e.g));
      if (e.name === "GoStart") goroutine.start = e.time;
      else if (e.name in REASONS || /^Go(End|Sched|Preempt)$/.test(e.name)) {
        goroutine.ran += (e.time - goroutine.start) / 1e6;
        if (e.name === "GoEnd") goroutine.ends++;
        if (!(e.name in REASONS)) continue;
        open.set(goroutine, { reason: REASONS[e.name], time: e.time });
        goroutine.stacks.push(e.frames.map(({ fn }) => fn));
      }
    }
  }
  return told;
}

/**
 * Throws unless `trace` says of the program what is true; `truth` is what the program measured.
 *
 * `task` is what a wait for another function's result is called: where nobody sees a promise made, it is not known that
 * it is one. Returns the times that differ by more than a tenth. On a busy machine the program may be stopped between its own
 * reading of the clock and the tracer's, so whoever asks runs it again before it calls that wrong.
 */
export function checkKnownTruth(trace, truth, { task = "task" } = {}) {
  const late = [];
  const told = readGoroutines(trace);
  assert.deepEqual(
    [...told.keys()].sort(),
    ["main", ...Object.keys(GOROUTINES)].sort(),
    "exactly its goroutines",
  );
  for (const [name, { by, stops, stack }] of Object.entries(GOROUTINES)) {
    const goroutine = told.get(name);
    assert.equal(goroutine.by, by, `who made ${name}`);
    assert.deepEqual(
      goroutine.stops,
      stops.map((stop) => stop.replace(/^task /, `${task} `)),
      `the waits of ${name}`,
    );
    assert.equal(goroutine.ends, 1, `${name} ends`);
    assert.match(goroutine.file, /known_truth_program\.mjs$/);
    assert.ok(goroutine.line > 0, `the line of ${name}`);
    for (const frames of goroutine.stacks) {
      assert.equal(frames.at(-1), name, `a stack of ${name} ends in its entry`);
    }
    if (stack !== undefined) assert.deepEqual(goroutine.stacks[0], stack);
    late.push(...wrongTimes(name, goroutine, truth[name] ?? {}));
  }
  checkMain(told.get("main"), task);
  return late;
}

function wrongTimes(name, goroutine, truth) {
  return Object.entries(truth).filter(([kind, ms]) =>
    Math.abs(goroutine[kind] - ms) > TOLERANCE * ms
  ).map(([kind, ms]) =>
    `${name} ${kind} ${ms} ms, the trace says ${goroutine[kind]} ms`
  );
}

function checkMain(main, task) {
  assert.equal(main.by, "loop");
  const stops = MAIN_WAKERS.map((name) =>
    // The timer's callback settles a promise made by hand, in whose executor no timer was set.
    name === "ticker" ? "unknown by ticker" : `${task} by ${name}`
  );
  assert.deepEqual(main.stops, stops, "the waits of main");
}
