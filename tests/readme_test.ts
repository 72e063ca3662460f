/** The README says of each runtime what its adapter says. */
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { ApiTable } from "../src/runtime/apis/api_table.ts";
import { Reason } from "../src/core/reason.ts";
import { assert, assertEquals, assertThrows } from "./support/assert.ts";
import {
  askRuntimes,
  capabilityTable,
  readmeTables,
  type RuntimeCapabilities,
  withTable,
} from "./support/capability_table.ts";
import { waitTable } from "./support/wait_table.ts";

const README = new URL("../README.md", import.meta.url);

test("README.md has the tables that the runtimes give, see deno task readme", async () => {
  const readme = await readFile(README, "utf8");
  const tables = readmeTables(await askRuntimes());
  assertEquals(readme, withTable(readme, tables));
});

test("capabilityTable() numbers footnotes in order and has one for each gap", () => {
  const table = capabilityTable([ANSWER, {
    ...ANSWER,
    plain: { ...ANSWER.plain, awaits: "accessor", removableHooks: false },
    preloaded: undefined,
  }]);
  const rows = table.split("\n").filter((line) => line.startsWith("| "));
  assertEquals(rows[0], "| | Node 20 | Node 20 |");
  assertEquals(
    rows[1],
    "| awaits of any code | exactly, by promise hooks | of native promises, by an accessor [1] |",
  );
  const marks = [...table.matchAll(/ \[(\d)\]/g)].map(([, number]) => number);
  assert(marks.length > 4, table);
  assertEquals(marks, marks.map((_, index) => String(index + 1)));
  const notes = [...table.matchAll(/^(\d)\. \S/gm)].map(([, number]) => number);
  assertEquals(notes, marks);
});

test("capabilityTable() takes no gap without a footnote", () => {
  const plain = { ...ANSWER.plain, stacks: false };
  assertThrows(
    () => capabilityTable([{ ...ANSWER, plain }]),
    Error,
    "names and lines",
  );
});

const ROW: ApiTable["rows"][number] = {
  family: "files",
  owner: "fs.promises",
  keys: ["readFile", "glob"],
  how: "promise",
  reason: Reason.Sync,
};

test("waitTable() tells once what all have, and what a version lacks", () => {
  const table: ApiTable = {
    rows: [ROW, { ...ROW, owner: "globalThis", keys: ["fetch"], note: "late" }],
    missing: [{ family: "files", api: "Fs.x", why: "nobody wants it" }],
  };
  const all = ["fetch", "fs.promises.readFile"];
  const own: ApiTable = {
    rows: [...table.rows, {
      ...ROW,
      owner: "Bun.File.prototype",
      keys: ["text"],
      how: "sync",
    }],
    missing: [],
  };
  const text = waitTable([
    {
      runtime: "Bun",
      version: "1",
      table: own,
      has: new Set([...all, "Bun.File.text"]),
    },
    { runtime: "Node", version: "20", table, has: new Set(all) },
    {
      runtime: "Node",
      version: "24",
      table,
      has: new Set([...all, "fs.promises.glob"]),
    },
  ]);
  assertEquals(
    text,
    `| what | reason | on all runtimes | on Bun also | on Node also |
|---|---|---|---|---|
| files [a] | sync | \`fs.promises\`: readFile; \`fetch\` |  | \`fs.promises\`: glob (24) |
| files | blocks the loop: syscall |  | \`Bun.File\`: text |  |

- a: late

Not named:

| on | | why |
|---|---|---|
| Node | \`Fs.x\` | nobody wants it |
`,
  );
});

test("withTable() wants both marks", () => {
  assertThrows(() => withTable("no table", ""), Error, "Cannot find the table");
});

const PLAIN: RuntimeCapabilities["plain"] = {
  runtime: "Node",
  version: "20.20.0",
  awaits: "promise hooks",
  transform: false,
  removableHooks: true,
  internalHooks: false,
  stacks: true,
  gc: "exact",
  heap: true,
  cpu: true,
  servers: ["node:http"],
  wraps: ["fetch"],
};

const ANSWER: RuntimeCapabilities = {
  runtime: "node",
  plain: PLAIN,
  preloaded: { ...PLAIN, transform: true },
};
