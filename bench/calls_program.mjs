/**
 * What recording costs a program that calls wrapped functions, measured in this process.
 *
 *     deno run -A calls_program.mjs LIBRARY_URL public timers|reads ROUNDS COUNT
 *     deno run -A --preload=PRELOAD calls_program.mjs LIBRARY_URL none timers|reads ROUNDS COUNT
 *     node|bun calls_program.mjs - "" timers|reads ROUNDS COUNT
 *
 * `timers` sets COUNT timers of no time and waits for all of their callbacks. `reads` reads COUNT small files, some at a
 * time, each in an async function of its own.
 *
 * As in cycle_program.mjs all rounds without recording come before the first start, and a round ends with the turn that
 * follows its last call. Prints one JSON object: times in nanoseconds a call, medians over the rounds, `off` and `on`; with
 * `-` for the library only `off`.
 */
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const FILES = 100;
const FILE_BYTES = 1000;
const READERS = 16;

/** Rounds before those that count: the engines are still compiling the recorder. */
const WARMUPS = 3;

const WORK = {
  timers(count) {
    return new Promise((resolve) => {
      let left = count;
      const ring = () => {
        if (--left === 0) resolve();
      };
      for (let i = 0; i < count; i++) setTimeout(ring, 0);
    });
  },

  async reads(count) {
    const each = Math.ceil(count / READERS);
    const reader = async () => {
      for (let i = 0; i < each; i++) await readOne(i);
    };
    await Promise.all(Array.from({ length: READERS }, reader));
  },
};

async function readOne(i) {
  return await fs.promises.readFile(paths[i % FILES]);
}

async function round(work, count) {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await work(count);
  await new Promise((resolve) => setImmediate(resolve));
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallNs: ms * 1e6 / count, cpuNs: (user + system) * 1e3 / count };
}

async function rounds(work, roundCount, count) {
  for (let i = 0; i < WARMUPS; i++) await round(work, count);
  const figures = [];
  for (let i = 0; i < roundCount; i++) figures.push(await round(work, count));
  return {
    wallNs: median(figures.map(({ wallNs }) => wallNs)),
    cpuNs: median(figures.map(({ cpuNs }) => cpuNs)),
  };
}

function median(values) {
  const sorted = values.sort((x, y) => x - y);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const [library, hooks, workload, roundCount, callCount] = process.argv.slice(2);
const folder = fs.mkdtempSync(join(tmpdir(), "looptrace-bench-"));
const paths = Array.from({ length: FILES }, (_, i) => join(folder, `${i}`));
for (const path of paths) fs.writeFileSync(path, "x".repeat(FILE_BYTES));
const measure = () =>
  rounds(WORK[workload], Number(roundCount), Number(callCount));
try {
  const off = await measure();
  const result = library === "-" ? { off } : await recorded(off);
  console.log(JSON.stringify(result));
} finally {
  fs.rmSync(folder, { recursive: true });
}

async function recorded(off) {
  const { start, stop } = await import(library);
  let bytes = 0;
  start({
    write(batch) {
      bytes += batch.length;
    },
  }, { hooks });
  const on = await measure();
  const { events, error } = await stop();
  const calls = Number(callCount) * (Number(roundCount) + WARMUPS);
  return { off, on, eventsPerCall: events / calls, bytes, error };
}
