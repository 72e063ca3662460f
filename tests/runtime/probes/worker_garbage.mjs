/**
 * A program whose worker makes garbage, while the main thread makes none.
 *
 *     RUNTIME worker_garbage.mjs LIBRARY_URL HOOKS FILE
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const [library, hooks, file] = process.argv.slice(2);
const { start, statistics, stop } = await import(library);

const chunks = [];
start({ write: (bytes) => void chunks.push(bytes) }, { hooks });
const url = new URL("garbage_worker.mjs", import.meta.url);
const worker = globalThis.Worker === undefined
  ? new (process.getBuiltinModule("node:worker_threads").Worker)(url)
  : new Worker(url, { type: "module" });
// However slow the machine is.
const until = performance.now() + 20_000;
do await new Promise((resolve) => setTimeout(resolve, 100)); while (
  statistics().collections < 30 && performance.now() < until
);
const ended = new Promise((resolve) => {
  if (worker.on === undefined) worker.onmessage = resolve;
  else worker.on("message", resolve);
});
worker.postMessage("end");
await ended;
const { notes, workers, workersLost, collections } = await stop();
writeFileSync(file, Buffer.concat(chunks));
console.log(JSON.stringify({ notes, workers, workersLost, collections }));
process.exit(0);
