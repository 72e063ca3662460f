/** The seed's case for real: tasks wait on one queue, a second consumer joins, they are released. argv: two files. */
import { start, stop, stream } from "../../../mod.ts";

const TASKS = 5000;
const waiting: ((value: number) => void)[] = [];

async function worker(): Promise<number> {
  const value = await new Promise<number>((resolve) => waiting.push(resolve));
  return value + 1;
}

const chunks: Uint8Array[] = [];
start({
  write(bytes) {
    chunks.push(bytes);
  },
  // Every task by its name, whatever the budget.
}, { stacks: "all" });
const tasks = Array.from({ length: TASKS }, worker);
await new Promise((resolve) => setTimeout(resolve, 20));
const leave = new AbortController();
const late = stream({ signal: leave.signal });
await new Promise((resolve) => setTimeout(resolve, 20));
for (const resolve of waiting) resolve(1);
const sum = (await Promise.all(tasks)).reduce((a, b) => a + b);
await stop();
leave.abort();
const parts: Uint8Array[] = [];
for await (const part of late) parts.push(part);

async function save(file: string, parts: Uint8Array[]): Promise<void> {
  await Deno.writeFile(
    file,
    new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()),
  );
}
await save(Deno.args[0], chunks);
await save(Deno.args[1], parts);
console.log(JSON.stringify({ sum }));
