/** A thousand recordings, one after the other, of a program at work. argv: the file for all traces; stdout: figures. */
import { start, stop } from "../../../mod.ts";
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import process from "node:process";

const CYCLES = 1000;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

let over = false;

/** Works all the time, in ways that leave tasks alive whenever a recording begins or ends. */
async function client(): Promise<void> {
  while (!over) {
    await Promise.all([sleep(1), step(3), Promise.race([sleep(2), step(2)])]);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function step(depth: number): Promise<number> {
  if (depth === 0) return await Promise.resolve(1);
  return await step(depth - 1) + 1;
}

const interval = setInterval(() => void step(2), 1);
const clients = Array.from({ length: 4 }, client);
const traces: Uint8Array[] = [];
const heap: number[] = [];
const { gc, Bun } = globalThis as {
  gc?(): void;
  Bun?: { gc(now: boolean): void };
};
for (let cycle = 0; cycle < CYCLES; cycle++) {
  const chunks: Uint8Array[] = [];
  start({
    write(bytes) {
      chunks.push(bytes);
    },
  });
  await sleep(cycle % 3);
  await stop();
  traces.push(
    new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()),
  );
  if (cycle % 100 !== 99) continue;
  const bytes = traces.reduce((sum, { length }) => sum + length, 0);
  if (gc !== undefined) gc();
  else Bun!.gc(true);
  heap.push(process.memoryUsage().heapUsed);
  if (bytes < 0) break;
}
over = true;
clearInterval(interval);
await Promise.all(clients);

// Each trace behind its length, four bytes.
writeFileSync(
  process.argv[2],
  Buffer.concat(traces.flatMap((trace) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(trace.length);
    return [length, trace];
  })),
);
console.log(JSON.stringify({ heap }));
