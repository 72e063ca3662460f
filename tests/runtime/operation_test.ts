/** Names of operations and of what they work on: bounded, and never the program's trouble. */

import { test } from "node:test";
import { Reason } from "../../src/core/reason.ts";
import { SiteTable } from "../../src/core/site_table.ts";
import { operationOfWait, reasonOfWait } from "../../src/core/wait.ts";
import { operationName } from "../../src/runtime/apis/api_table.ts";
import { Operation } from "../../src/runtime/wrappers/operation.ts";
import { assertEquals } from "../support/assert.ts";

function make(target?: (args: readonly unknown[]) => string | undefined) {
  const sites = new SiteTable();
  const operation = new Operation(sites, "fs.readFile", Reason.Sync, target);
  const siteOf = (...args: unknown[]) => {
    const wait = operation.wait(args, undefined);
    assertEquals(reasonOfWait(wait), Reason.Sync);
    const { fn, file } = sites.get(operationOfWait(wait));
    assertEquals(fn, "fs.readFile");
    return file;
  };
  return { siteOf, sites };
}

test("operationName() is what a program writes, without what it need not", () => {
  assertEquals(operationName("globalThis", "fetch"), "fetch");
  assertEquals(operationName("fs.promises", "open"), "fs.promises.open");
  assertEquals(
    operationName("ReadableStreamDefaultReader.prototype", "read"),
    "ReadableStreamDefaultReader.read",
  );
});

test("Operation names its target, and goes without where there is none", () => {
  const { siteOf } = make(([path]) => (path as string).slice(1));
  assertEquals(siteOf("/a.txt"), "a.txt");
  assertEquals(siteOf("/"), "(no file)");
  // What the target cannot be made of is for the call itself to refuse.
  assertEquals(siteOf(undefined), "(no file)");
  assertEquals(make().siteOf("/a.txt"), "(no file)");
});

test("Operation cuts long targets, and forgets no more than it can hold", () => {
  const { siteOf, sites } = make(([path]) => path as string);
  assertEquals(siteOf("x".repeat(1000)), "x".repeat(80));
  for (let i = 1; i < 256; i++) assertEquals(siteOf(`f${i}`), `f${i}`);
  const { size } = sites;
  assertEquals(siteOf("one more"), "(no file)");
  assertEquals(siteOf("f7"), "f7");
  assertEquals(sites.size, size);
});
