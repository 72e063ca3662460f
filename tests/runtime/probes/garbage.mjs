/**
 * A program that makes garbage in turns of its own, with pauses between them, and is recorded by two consumers: one from
 * the beginning, one that joins in the middle.
 *
 *     RUNTIME garbage.mjs LIBRARY_URL HOOKS FILE_OF_THE_FIRST FILE_OF_THE_SECOND
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const [library, hooks, first, second] = process.argv.slice(2);
const { capabilities, start, stop, stream } = await import(library);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let kept;

/** Objects that live for a moment: as many on a slow machine as on a fast one. */
function makeGarbage(count) {
  let list = [];
  for (let i = 0; i < count; i++) {
    list.push({ at: list.length, next: { text: [list.length] } });
    if (list.length > 5000) list = [];
  }
  kept = list;
}

async function rounds(count) {
  for (let i = 0; i < count; i++) {
    makeGarbage(150_000);
    await pause(5);
  }
}

const chunks = [];
start({ write: (bytes) => void chunks.push(bytes) }, { hooks });
await rounds(25);
const leaving = new AbortController();
const { signal } = leaving;
const reading = new Response(stream({ hooks, signal })).bytes();
await rounds(15);
leaving.abort();
const late = await reading;
await rounds(10);
const statistics = await stop();
writeFileSync(first, Buffer.concat(chunks));
writeFileSync(second, late);
console.log(JSON.stringify({
  statistics,
  gc: capabilities().gc,
  kept: kept.length > 0,
}));
