/**
 * A loop with a known load: each turn keeps it busy for a while, then it waits. What it did itself is measured by
 * itself, and printed beside what the library says of it.
 *
 *     RUNTIME loop_load.mjs LIBRARY_URL HOOKS POINTS TRIES
 *
 * Each load is tried again, TRIES times at most, until the two agree within POINTS: the machine may have been at
 * something else, between the program's own readings and the library's.
 */
import process from "node:process";

const [library, hooks, points, tries] = process.argv.slice(2);
const { loopUtilization, start, stop } = await import(library);

const SHARES = [0.1, 0.5, 0.9];
const PERIOD_MS = 60;
const TURNS = 12;

let busyMs = 0;
let longestMs = 0;

function work(ms) {
  const began = performance.now();
  while (performance.now() - began < ms);
  const took = performance.now() - began;
  busyMs += took;
  longestMs = Math.max(longestMs, took);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Three kinds of turns: what follows an await, a callback of a timer, an async function that waits in between.
async function oneTurn(share, turn) {
  const ms = PERIOD_MS * share;
  await pause(PERIOD_MS - ms);
  if (turn % 3 === 0) return work(ms);
  if (turn % 3 === 1) {
    return await new Promise((resolve) =>
      setTimeout(() => {
        work(ms);
        resolve();
      }, 1)
    );
  }
  work(ms / 2);
  await Promise.resolve();
  work(ms / 2);
}

async function measure(share) {
  const before = loopUtilization();
  const began = performance.now();
  busyMs = longestMs = 0;
  for (let turn = 0; turn < TURNS; turn++) await oneTurn(share, turn);
  const found = loopUtilization(before);
  const totalMs = performance.now() - began;
  return {
    share,
    expected: busyMs / totalMs,
    utilization: found.utilization,
    longestMs,
    longestTurnMs: found.longestTurnMs,
    totalMs,
    foundTotalMs: found.totalMs,
  };
}

const idle = loopUtilization() === undefined;
start({ write() {} }, { hooks });
// What the engine compiles first is no load of the program's.
for (let turn = 0; turn < 9; turn++) await oneTurn(0.05, turn);
const rounds = [];
for (const share of SHARES) {
  for (let i = 0; i < Number(tries); i++) {
    const round = await measure(share);
    rounds.push(round);
    if (Math.abs(round.utilization - round.expected) <= Number(points)) break;
  }
}
await stop();
console.log(JSON.stringify({
  rounds,
  idle,
  stopped: loopUtilization() === undefined,
}));
