/**
 * A program with two workers at work, recorded with CPU samples: one was there before that consumer joined, one begins
 * after it.
 *
 *     RUNTIME worker_samples.mjs LIBRARY_URL HOOKS FILE FILE
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const [library, hooks, first, second] = process.argv.slice(2);
const { start, statistics, stop, stream } = await import(library);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const url = new URL("busy_worker.mjs", import.meta.url);

/** Starts a worker. @returns what ends it */
async function begin() {
  const worker = globalThis.Worker === undefined
    ? new (process.getBuiltinModule("node:worker_threads").Worker)(url)
    : new Worker(url, { type: "module" });
  const message = () =>
    new Promise((resolve) => {
      if (worker.on === undefined) worker.onmessage = resolve;
      else worker.once("message", resolve);
    });
  await message();
  return async () => {
    const ended = message();
    worker.postMessage("end");
    await ended;
  };
}

/** Waits for samples, however slow the machine is. The main thread has few of its own. */
async function moreSamples() {
  const wanted = statistics().cpuSamples + 200;
  const until = performance.now() + 20_000;
  while (statistics().cpuSamples < wanted && performance.now() < until) {
    await pause(100);
  }
}

const chunks = [];
start({ write: (bytes) => void chunks.push(bytes) }, { hooks });
const endEarly = await begin();
const leaving = new AbortController();
const { signal } = leaving;
const sampled = new Response(stream({ hooks, cpu: true, signal })).bytes();
await moreSamples();
await endEarly();
const endLate = await begin();
await moreSamples();
leaving.abort();
const bytes = await sampled;
await endLate();
const { notes } = await stop();
writeFileSync(first, Buffer.concat(chunks));
writeFileSync(second, bytes);
console.log(JSON.stringify({ notes }));
process.exit(0);
