/** Files in each runtime's own way. */
import fs from "node:fs";

const { Deno, Bun } = globalThis;

/** All bytes of a file. */
export async function readBytes(path) {
  if (Deno !== undefined) return await Deno.readFile(path);
  if (Bun !== undefined) return await Bun.file(path).bytes();
  return await fs.promises.readFile(path);
}

/** Writes a file anew. */
export async function writeText(path, text) {
  if (Deno !== undefined) await Deno.writeTextFile(path, text);
  else if (Bun !== undefined) await Bun.write(path, text);
  else await fs.promises.writeFile(path, text);
}
