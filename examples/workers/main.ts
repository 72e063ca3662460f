/**
 * Four workers share the pixels of a picture; the recording has all five
 * threads in it.
 *
 *     deno run -A examples/workers/main.ts
 *     go tool trace trace.out
 *
 * In the viewer each worker is a row of its own. An arrow leads from where a
 * message is posted to where it is taken. The workers of Bun's
 * `bun examples/workers/main.ts` look the same.
 */

import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";
import { start, stop } from "@looptrace/looptrace";

/** A part of the picture, as it is sent. */
export interface Rows {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
}

const WIDTH = 480;
const HEIGHT = 320;
const ROWS = 20;

const chunks: Uint8Array[] = [];
start({ write: (bytes: Uint8Array) => void chunks.push(bytes) });
const inside = await draw();
// A worker's last batch comes with the end of its turn.
await new Promise((resolve) => setTimeout(resolve, 50));
const statistics = await stop();
await writeFile("trace.out", Buffer.concat(chunks));

console.log(`${inside} points never leave.`);
console.log(
  `trace.out is written: ${statistics.workers} workers, ` +
    `${statistics.events + statistics.workerEvents} events`,
);

/** Deals out the rows to four workers until none is left. */
async function draw(): Promise<number> {
  const parts: Rows[] = [];
  for (let from = 0; from < HEIGHT; from += ROWS) {
    parts.push({ from, to: from + ROWS, width: WIDTH, height: HEIGHT });
  }
  const counts = await Promise.all([1, 2, 3, 4].map(() => drawParts(parts)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function drawParts(parts: Rows[]): Promise<number> {
  const worker = new Worker(new URL("./mandelbrot.ts", import.meta.url), {
    type: "module",
  });
  let inside = 0;
  let part = parts.pop();
  while (part !== undefined) {
    worker.postMessage(part);
    inside += await answerOf(worker);
    part = parts.pop();
  }
  worker.terminate();
  return inside;
}

function answerOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}
