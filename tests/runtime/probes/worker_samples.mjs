/**
 * A program with two workers at work, recorded with CPU samples: one was there before that consumer joined, one begins
 * after it.
 *
 *     RUNTIME worker_samples.mjs LIBRARY_URL HOOKS FILE FILE
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const [library, hooks, first, second] = process.argv.slice(2);
const { start, stop, stream } = await import(library);

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

const chunks = [];
start({ write: (bytes) => void chunks.push(bytes) }, { hooks });
const endEarly = await begin();
const leaving = new AbortController();
const { signal } = leaving;
const sampled = new Response(stream({ hooks, cpu: true, signal })).bytes();
const endLate = await begin();
// They are fetched every second: what is lost if a worker does not answer in time is not all.
await pause(1600);
leaving.abort();
const bytes = await sampled;
await endEarly();
await endLate();
const { notes } = await stop();
writeFileSync(first, Buffer.concat(chunks));
writeFileSync(second, bytes);
console.log(JSON.stringify({ notes }));
process.exit(0);
