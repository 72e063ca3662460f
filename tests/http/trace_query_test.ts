import { test } from "node:test";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { parseTraceQuery } from "../../src/http/trace_query.ts";

function parse(query: string, maxSeconds?: number): number {
  return parseTraceQuery(new URLSearchParams(query), maxSeconds).seconds;
}

test("parseTraceQuery() reads seconds", () => {
  for (
    const [query, seconds] of [
      ["", 1],
      ["other=2", 1],
      ["seconds=5", 5],
      ["seconds=0.25", 0.25],
      ["seconds=.5", 0.5],
      ["seconds=2.", 2],
      ["seconds=1e1", 10],
      ["seconds=5e-1", 0.5],
      ["seconds=%2B3", 3],
      ["seconds=+3", 3],
      ["seconds=300", 300],
      ["seconds=5&other=x", 5],
    ] as const
  ) {
    assertEquals(parse(query), seconds, query);
  }
});

test("parseTraceQuery() records no longer than allowed when seconds is absent", () => {
  assertEquals(parse("", 0.5), 0.5);
});

test("parseTraceQuery() names what was found and what is allowed", () => {
  for (
    const [query, found] of [
      ["seconds=abc", 'seconds is "abc"'],
      ["seconds=", 'seconds is ""'],
      ["seconds=0", 'seconds is "0"'],
      ["seconds=0.0", 'seconds is "0.0"'],
      ["seconds=-1", 'seconds is "-1"'],
      ["seconds=1e9", 'seconds is "1e9"'],
      ["seconds=1e-999", 'seconds is "1e-999"'],
      ["seconds=300.001", 'seconds is "300.001"'],
      ["seconds=NaN", 'seconds is "NaN"'],
      ["seconds=Infinity", 'seconds is "Infinity"'],
      ["seconds=0x10", 'seconds is "0x10"'],
      ["seconds=5s", 'seconds is "5s"'],
      ["seconds=1,5", 'seconds is "1,5"'],
      ["seconds=1 2", 'seconds is "1 2"'],
      ["seconds=%0A%0Aa%00b", 'seconds is "a\\u0000b"'],
      ["seconds=1&seconds=2", "seconds is given 2 times"],
      [`seconds=${"9".repeat(5000)}`, `"${"9".repeat(32)}"... (5000 char`],
    ] as const
  ) {
    const error = assertThrows(() => parse(query), RangeError, found, query);
    assertEquals(
      error.message.includes("must be a number above 0 and at most 300"),
      true,
      error.message,
    );
  }
  assertThrows(() => parse("seconds=11", 10), RangeError, "at most 10");
});

test("parseTraceQuery() reads whether CPU samples are wanted", () => {
  for (
    const [query, cpu] of [
      ["", undefined],
      ["seconds=2", undefined],
      ["cpu=1", true],
      ["cpu", true],
      ["cpu=true&seconds=3", true],
      ["cpu=0", false],
      ["cpu=false", false],
    ] as const
  ) {
    assertEquals(parseTraceQuery(new URLSearchParams(query)).cpu, cpu, query);
  }
  for (
    const [query, found] of [
      ["cpu=yes", 'cpu is "yes"'],
      ["cpu=toString", 'cpu is "toString"'],
      ["cpu=1&cpu=1", 'cpu is "1" and "1"'],
      [`cpu=${"9".repeat(5000)}`, `"${"9".repeat(32)}"... (5000 char`],
    ] as const
  ) {
    assertThrows(() => parse(query), RangeError, found, query);
    assertThrows(() => parse(query), RangeError, "must be 1 or 0, once", query);
  }
});
