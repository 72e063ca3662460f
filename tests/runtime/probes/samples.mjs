/**
 * Two tasks at work, one three times as long as the other, recorded by three consumers: one without CPU samples, one with
 * them from the beginning, one that joins with them in the middle.
 *
 *     RUNTIME samples.mjs LIBRARY_URL HOOKS FILE FILE FILE
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const [library, hooks, ...files] = process.argv.slice(2);
const { isEnabled, start, stop, stream } = await import(library);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let sink = 0;

/** Milliseconds of each kind of work since the samples began. */
const spent = { long: 0, short: 0 };

function burnLong(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    for (let i = 0; i < 5000; i++) sink += i % 7;
  }
}

function burnShort(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    for (let i = 0; i < 5000; i++) sink += i % 7;
  }
}

async function longTask(until) {
  while (performance.now() < until) {
    const began = performance.now();
    burnLong(9);
    spent.long += performance.now() - began;
    await pause(4);
  }
}

async function shortTask(until) {
  while (performance.now() < until) {
    const began = performance.now();
    burnShort(3);
    spent.short += performance.now() - began;
    await pause(4);
  }
}

async function work(ms) {
  const until = performance.now() + ms;
  await Promise.all([longTask(until), shortTask(until)]);
}

const chunks = [];
start({ write: (bytes) => void chunks.push(bytes) }, { hooks });
await work(100);
const leaving = new AbortController();
const { signal } = leaving;
const sampled = new Response(stream({ hooks, cpu: true, signal })).bytes();
spent.long = spent.short = 0;
await work(700);
const late = new Response(stream({ hooks, cpu: true, seconds: 0.6 })).bytes();
await work(900);
await late;
await work(100);
const { long, short } = spent;
leaving.abort();
await sampled;
const { notes, cpuSamples, error } = await stop();
const all = [Buffer.concat(chunks), await sampled, await late];
all.forEach((bytes, i) => writeFileSync(files[i], bytes));
console.log(
  JSON.stringify({
    notes,
    cpuSamples,
    error,
    on: isEnabled(),
    ratio: long / short,
  }),
);
