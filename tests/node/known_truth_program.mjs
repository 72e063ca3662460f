/**
 * A program whose truth is known: which goroutines it has, who makes and wakes them, what they wait for, how long.
 * Used by the tests of Deno, of Node and of Bun.
 *
 * usage: known_truth_program.mjs MODULE FILE; MODULE is Looptrace, FILE gets the trace, stdout the truth as JSON.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const [, , specifier, file] = process.argv;
const { start, stop } = await import(specifier);

/** What each function slept and ran, in milliseconds: measured, for a busy machine is late. */
let truth = {};

function add(name, kind, since) {
  const times = truth[name] ??= {};
  times[kind] = (times[kind] ?? 0) + performance.now() - since;
}

/** Uses the CPU for 10 ms. */
function burn(name) {
  const begin = performance.now();
  while (performance.now() - begin < 10);
  add(name, "ran", begin);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function sleeper() {
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    await sleep(20);
    add("sleeper", "slept", begin);
  }
}

// Before its first wait a function is no goroutine of its own: what it does there is its caller's.
async function burner() {
  for (let i = 0; i < 2; i++) {
    const begin = performance.now();
    await sleep(20);
    add("burner", "slept", begin);
    burn("burner");
  }
}

async function callee() {
  const begin = performance.now();
  await sleep(20);
  add("caller", "slept", begin);
  burn("caller");
}

async function caller() {
  await callee();
  burn("caller");
}

let open;
let gate;

async function waiter() {
  await gate;
  burn("waiter");
}

async function opener() {
  const begin = performance.now();
  await sleep(20);
  add("opener", "slept", begin);
  burn("opener");
  open();
  burn("opener");
}

async function worker() {
  const begin = performance.now();
  await sleep(20);
  add("worker", "slept", begin);
  burn("worker");
}

async function boss() {
  const begin = performance.now();
  await sleep(20);
  add("boss", "slept", begin);
  const called = performance.now();
  const work = worker();
  add("boss", "ran", called);
  burn("boss");
  between();
  await work;
  burn("boss");
}

async function early() {
  const begin = performance.now();
  await sleep(20);
  add("early", "slept", begin);
}

async function late() {
  const begin = performance.now();
  await sleep(60);
  add("late", "slept", begin);
}

async function both() {
  const begin = performance.now();
  await sleep(20);
  add("both", "slept", begin);
  const called = performance.now();
  const all = Promise.all([early(), late()]);
  add("both", "ran", called);
  await all;
  burn("both");
}

async function racer() {
  await Promise.race([sleep(20), sleep(40)]);
  burn("racer");
  // Until the slower one is over: nothing of it is left for what follows.
  await sleep(40);
}

/** Something between a call and the await of it: then it is no plain call, but a task beside its caller. */
function between() {
  new Promise(() => {});
}

async function beside(promise) {
  between();
  await promise;
}

// Twice, for the first stacks of a process take a while; the second one is judged.
for (let round = 0; round < 2; round++) {
  truth = {};
  const chunks = [];
  start({
    write(bytes) {
      chunks.push(bytes);
    },
    close() {
      writeFileSync(file, Buffer.concat(chunks));
    },
  }, { stacks: "all" });

  await beside(sleeper());
  await beside(burner());
  await beside(caller());
  await beside(boss());
  await beside(both());
  await beside(racer());

  gate = new Promise((resolve) => open = resolve);
  const waits = waiter();
  await beside(opener());
  await waits;

  let tick;
  const ticked = new Promise((resolve) => tick = resolve);
  // Else it would be taken for a sleep: a promise and then at once a timer.
  between();
  const set = performance.now();
  setTimeout(function ticker() {
    add("ticker", "slept", set);
    burn("ticker");
    tick();
  }, 20);
  await ticked;

  await stop();
}
process.stdout.write(JSON.stringify(truth));
