/**
 * Writes the tables of what each runtime can tell into the README, `deno task readme`: asks every runtime, then replaces what stands
 * between the marks. `tests/readme_test.ts` fails when that was forgotten.
 */
import { readFile, writeFile } from "node:fs/promises";
import {
  askRuntimes,
  readmeTables,
  withTable,
} from "./support/capability_table.ts";
import { ensureNodeModules } from "./support/node_modules.ts";

const README = new URL("../README.md", import.meta.url);

await ensureNodeModules();
const before = await readFile(README, "utf8");
const after = withTable(before, readmeTables(await askRuntimes()));
await writeFile(README, after);
console.log(before === after ? "README.md is up to date" : "README.md changed");
