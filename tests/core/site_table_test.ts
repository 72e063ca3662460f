/** Places of the program and the numbers that stand for them. */

import { test } from "node:test";
import { NO_FILE, NO_SITE, SiteTable } from "../../src/core/site_table.ts";
import { assert, assertEquals } from "../support/assert.ts";

test("SiteTable.put() gives one number to one place, and another to every other", () => {
  const sites = new SiteTable();
  const ids = new Map<number, string>();
  for (const fn of ["f", "g", "", "a b"]) {
    for (const file of ["a.ts", "b.ts", "b c.ts"]) {
      for (const line of [0, 1, 12]) {
        const id = sites.put(fn, file, line);
        assertEquals(sites.put(fn, file, line), id);
        assert(
          !ids.has(id),
          `${fn} ${file} ${line} has that of ${ids.get(id)}`,
        );
        assert(id !== NO_SITE);
        ids.set(id, `${fn} ${file} ${line}`);
        const { fn: gotFn, file: gotFile, line: gotLine } = sites.get(id);
        assertEquals([gotFn, gotFile, gotLine], [fn, file, line]);
      }
    }
  }
  // The runtime's own place is the first of all.
  assertEquals(sites.size, ids.size + 1);
});

test("SiteTable.put() tells apart what would look the same side by side", () => {
  const sites = new SiteTable();
  const ids = [
    sites.put("c", "a b", 1),
    sites.put("b c", "a", 1),
    sites.put("c", "1 a", 1),
    sites.put("c", "a", 11),
  ];
  assertEquals(new Set(ids).size, ids.length);
});

test("SiteTable.functionOf() is the first place seen in a function, however many follow", () => {
  const sites = new SiteTable();
  const first = sites.put("f", "a.ts", 12, 10);
  const second = sites.put("f", "a.ts", 17, 10);
  const other = sites.put("f", "a.ts", 40, 33);
  const elsewhere = sites.put("f", "b.ts", 12, 10);
  assertEquals(
    [first, second, other, elsewhere].map((id) => sites.functionOf(id)),
    [first, first, other, elsewhere],
  );
  assertEquals(sites.functionOf(NO_SITE), NO_SITE);
});

test("SiteTable.renamed() keeps the line and changes the name", () => {
  const sites = new SiteTable();
  const here = sites.put("f", "a.ts", 12, 10);
  const renamed = sites.get(sites.renamed(here, "setTimeout callback"));
  assertEquals(
    [renamed.fn, renamed.file, renamed.line],
    ["setTimeout callback", "a.ts", 12],
  );
  const nowhere = sites.get(sites.renamed(NO_SITE, "request"));
  assertEquals([nowhere.fn, nowhere.file, nowhere.line], [
    "request",
    NO_FILE,
    0,
  ]);
  assertEquals(
    sites.renamed(NO_SITE, "request"),
    sites.renamed(NO_SITE, "request"),
  );
});

test("SiteTable.put() refuses and counts beyond the limit, and still knows what it knew", () => {
  const sites = new SiteTable(3);
  const f = sites.put("f", "a.ts", 1);
  const g = sites.put("g", "a.ts", 2);
  assertEquals([sites.size, sites.overflowed], [3, 0]);
  assertEquals(sites.put("h", "a.ts", 3), NO_SITE);
  assertEquals(sites.put("h", "a.ts", 3), NO_SITE);
  assertEquals([sites.size, sites.overflowed], [3, 2]);
  assertEquals([sites.put("f", "a.ts", 1), sites.put("g", "a.ts", 2)], [f, g]);
  assertEquals(sites.renamed(f, "x"), NO_SITE);
});
