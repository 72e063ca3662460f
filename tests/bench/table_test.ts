import { test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import {
  type BenchRow,
  benchTable,
  errorNote,
  verdictOf,
} from "../../bench/support/table.ts";

test("verdictOf() names the best bound that is kept", () => {
  const smaller = {
    measure: "cost",
    must: 20,
    aim: 8,
    better: "smaller",
  } as const;
  const larger = {
    measure: "rate",
    must: 0.75,
    aim: 0.92,
    better: "larger",
  } as const;
  for (
    const [row, wanted] of [
      [{ ...smaller, value: 8 }, "aim"],
      [{ ...smaller, value: 8.1 }, "must"],
      [{ ...smaller, value: 20.1 }, "missed"],
      [{ ...smaller, value: { median: 5, low: 1, high: 90 } }, "aim"],
      [{ ...larger, value: 0.92 }, "aim"],
      [{ ...larger, value: 0.75 }, "must"],
      [{ ...larger, value: 0.74 }, "missed"],
      [{ ...larger }, "not measured"],
      [{ measure: "x", value: 1, aim: 0.5, better: "smaller" }, "missed"],
      [{ measure: "x", value: 1, better: "smaller" }, "no bound"],
    ] as [BenchRow, string][]
  ) assertEquals(verdictOf(row), wanted, JSON.stringify(row));
});

test("benchTable() lines up its columns", () => {
  assertEquals(
    benchTable([
      {
        measure: "one event",
        value: { median: 12.345, low: 12, high: 13.5 },
        unit: "ns",
        must: 20,
        aim: 8,
        better: "smaller",
      },
      { measure: "events", value: 1234567, must: 3e6, better: "larger" },
      { measure: "Go's cycle", better: "smaller", note: "Go is not installed" },
    ]),
    [
      "| measure    | value                   | must         | aim     | verdict      |",
      "|------------|-------------------------|--------------|---------|--------------|",
      "| one event  | 12.3 ns [12..13.5]      | <= 20 ns     | <= 8 ns | must         |",
      "| events     | 1,234,567               | >= 3,000,000 | -       | MISSED       |",
      "| Go's cycle | - (Go is not installed) | -            | -       | not measured |",
    ].join("\n"),
  );
});

test("errorNote() is one line that fits into a row", () => {
  assertEquals(errorNote(new Error("no\nat line 1")), "Error: no");
  const long = errorNote("x".repeat(200));
  assertEquals([long.length, long.slice(-4)], [80, "x..."]);
});
