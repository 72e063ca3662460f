import { test } from "node:test";
import { existsSync, readFileSync } from "node:fs";
import { assertEquals } from "../support/assert.ts";
import { dumpLines } from "../../src/cli/dump.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

/** Traces that Go's own tests ship, each with what Go 1.19 prints for it. */
const TESTDATA = new URL("../../../shared/testdata/go/", import.meta.url);
const TRACES = [
  "http_1_19_good",
  "http_1_9_good",
  "stress_start_stop_1_11_good",
  "user_task_region_1_11_good",
];

for (const name of TRACES) {
  const file = new URL(name, TESTDATA);
  test(`dumpLines() prints ${name} as Go 1.19 does`, {
    skip: existsSync(file) ? false : `no ${file.pathname}`,
  }, () => {
    const trace = parseTrace(readFileSync(file));
    const decoder = new TextDecoder();
    let text = "";
    for (const piece of dumpLines(trace)) text += decoder.decode(piece);
    const wanted = readFileSync(new URL(`${name}.dump.txt`, TESTDATA), "utf8");
    assertEquals(text.split("\n"), wanted.split("\n"));
  });
}
