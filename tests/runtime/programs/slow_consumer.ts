/** A consumer that never reads, beside one that does. argv: its trace, the other's; stdout: figures. */
import { isEnabled, start, statistics, stop, stream } from "../../../mod.ts";

const chunks: Uint8Array[] = [];
start({
  write(bytes) {
    chunks.push(bytes);
  },
});
const slow = stream({ maxBuffered: 300_000 });

async function worker(index: number): Promise<number> {
  return await Promise.resolve(index) + 1;
}

let sum = 0;
for (let round = 0; round < 400; round++) {
  const calls = Array.from({ length: 100 }, (_, index) => worker(index));
  sum += (await Promise.all(calls)).length;
  await new Promise<void>((resolve) => setImmediate(resolve));
}
const after = statistics()!;
const enabled = isEnabled();
await stop();
async function save(
  file: string,
  source: AsyncIterable<Uint8Array> | Uint8Array[],
) {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  await Deno.writeFile(
    file,
    new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()),
  );
}
await save(Deno.args[0], slow);
await save(Deno.args[1], chunks);
console.log(
  JSON.stringify({
    sum,
    enabled,
    slowConsumers: after.slowConsumers,
    shedStacks: after.shedStacks,
  }),
);
