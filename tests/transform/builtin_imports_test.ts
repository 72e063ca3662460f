/** Which built-in modules a source imports, for wrappers that must be there first. */

import { test } from "node:test";
import { SourceTransformer } from "../../src/transform/source_transformer.ts";
import { assertEquals } from "../support/assert.ts";

test("SourceTransformer tells of each built-in module before its importer runs", () => {
  const found: string[] = [];
  const transformer = new SourceTransformer({
    host: {
      addSite: () => 0,
      importing: (name) => found.push(name),
      noteSkipped: () => {},
    },
    selects: () => true,
    loadParser: () => undefined,
  });
  transformer.change(
    `import { readFile } from "node:fs/promises";
import zlib from 'zlib';
export * from "bun:sqlite";
import "./fs.ts"; import { Hono } from "@hono/hono"; import x from "npm:zlib";
const dns = await import("node:dns");
const net = require("net");
from("somewhere else");`,
    { path: "/app.ts", isMain: true, language: "ts", isModule: () => true },
  );
  assertEquals(found, [
    "node:fs/promises",
    "zlib",
    "bun:sqlite",
    "node:dns",
    "net",
  ]);
});
