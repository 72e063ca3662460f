/** The README says of each runtime what its adapter says. */
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "./support/assert.ts";
import {
  askRuntimes,
  capabilityTable,
  type RuntimeCapabilities,
  withTable,
} from "./support/capability_table.ts";

const README = new URL("../README.md", import.meta.url);

test("README.md has the table that the runtimes give, see deno task readme", async () => {
  const readme = await readFile(README, "utf8");
  const table = capabilityTable(await askRuntimes());
  assertEquals(readme, withTable(readme, table));
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
  assertEquals(marks, ["1", "2", "3", "4", "5", "6", "7", "8"]);
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

test("capabilityTable() tells once what all runtimes wrap", () => {
  const plain = { ...ANSWER.plain, wraps: ["fetch", "Bun.sleep"] };
  const table = capabilityTable([ANSWER, { ...ANSWER, plain }]);
  assertStringIncludes(table, "| those of all | those of all, `Bun.sleep` |");
  assertStringIncludes(table, "On every runtime: `fetch`.");
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
