/**
 * What recording adds to one suspend/resume cycle, measured in this process: two async functions that settle each
 * other's promises, as the goroutines of `go/pingpong` hand a value to and fro.
 *
 *     deno run -A cycle_program.mjs LIBRARY_URL public|internal ROUNDS CYCLES
 *     deno run -A --preload=PRELOAD cycle_program.mjs LIBRARY_URL none ROUNDS CYCLES
 *     node|bun cycle_program.mjs - "" ROUNDS CYCLES
 *
 * Plain JavaScript, so that Node 20 runs it. Deno cannot take its hooks out again and Bun's leave the engine slower, so
 * all rounds without recording come before the first start. A round ends with the turn that follows its last cycle: what
 * the recorder does at the end of a turn is inside. Prints one JSON object: times in nanoseconds a cycle, medians over
 * the rounds. With `-` for the library it is what the program takes without one: only `off`.
 */
import process from "node:process";

/** Cycles of one turn: a round is as many turns as it takes. */
const TURN_CYCLES = 1000;

/** Cycles before those that count: JavaScriptCore goes on compiling the recorder for about so many. */
const WARMUP_CYCLES = 600_000;

let a;
let b;

function defer() {
  let resolve;
  const promise = new Promise((r) => resolve = r);
  return { promise, resolve };
}

async function ping(count) {
  for (let i = 0; i < count; i++) {
    b.resolve();
    await a.promise;
    a = defer();
  }
  b.resolve();
}

async function pong(count) {
  for (let i = 0; i < count; i++) {
    await b.promise;
    b = defer();
    a.resolve();
  }
}

async function round(cycles) {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  for (let left = cycles; left > 0; left -= TURN_CYCLES) {
    a = defer();
    b = defer();
    await Promise.all([pong(TURN_CYCLES / 2), ping(TURN_CYCLES / 2)]);
    // The recorder's own immediate was asked for earlier in this turn, so it runs before this one.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallNs: ms * 1e6 / cycles, cpuNs: (user + system) * 1e3 / cycles };
}

async function rounds(count, cycles) {
  await round(warmupCycles);
  const figures = [];
  for (let i = 0; i < count; i++) figures.push(await round(cycles));
  return {
    wallNs: median(figures.map(({ wallNs }) => wallNs)),
    cpuNs: median(figures.map(({ cpuNs }) => cpuNs)),
  };
}

function median(values) {
  const sorted = values.sort((x, y) => x - y);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const [library, hooks, roundCount, cycleCount] = process.argv.slice(2);
const count = Number(roundCount);
const cycles = Number(cycleCount);
// A test of the program has no time for that.
const warmupCycles = Math.min(WARMUP_CYCLES, 15 * cycles);

const off = await rounds(count, cycles);
console.log(JSON.stringify(library === "-" ? { off } : await recorded(off)));

async function recorded(off) {
  const { start, stop } = await import(library);
  let bytes = 0;
  start({
    write(batch) {
      bytes += batch.length;
    },
  }, { hooks });
  const on = await rounds(count, cycles);
  const { events, error } = await stop();
  const stopped = await rounds(count, cycles);
  const eventsPerCycle = events / (cycles * count + warmupCycles);
  return { off, on, stopped, eventsPerCycle, bytes, error };
}
