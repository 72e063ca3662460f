/** Counts the words of the project's Markdown, some files at a time. Knows nothing of Looptrace. */

import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WORKERS = 3;

const files = (await readdir(ROOT)).filter((name) => name.endsWith(".md"));
const counts = new Map<string, number>();
await Promise.all(Array.from({ length: WORKERS }, () => work(files)));
for (const [name, words] of counts) console.log(`${words} ${name}`);

async function work(names: string[]): Promise<void> {
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    counts.set(name, await countWords(name));
  }
}

async function countWords(name: string): Promise<number> {
  const text = await readFile(ROOT + name, "utf8");
  return text.split(/\s+/).filter((word) => word !== "").length;
}
