import { test } from "node:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, assertEquals } from "../support/assert.ts";
import { findGoTools, goDump, type GoTool } from "../support/go_tools.ts";
import { run } from "../support/processes.ts";
import { goTestdata } from "../support/testdata.ts";
import { NO_PROC, TraceBuilder } from "../support/trace_builder.ts";
import { dumpLines } from "../../src/cli/dump.ts";
import { HEADER_BYTES } from "../../src/format/limits.ts";
import { TraceFormatError } from "../../src/format/errors.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

/** Traces that Go's own tests ship, each with what Go 1.19 prints for it. */
const TRACES = [
  "http_1_19_good",
  "http_1_9_good",
  "stress_start_stop_1_11_good",
  "user_task_region_1_11_good",
];

for (const name of TRACES) {
  const file = goTestdata(name);
  const golden = goTestdata(`${name}.dump.txt`);
  test(`dumpLines() prints ${name} as Go 1.19 does`, {
    skip: (file === undefined || golden === undefined) && "no test data",
  }, () => {
    assert(file !== undefined && golden !== undefined);
    const text = dumpOf(readFileSync(file));
    assertEquals(text.split("\n"), readFileSync(golden, "utf8").split("\n"));
  });
}

const { go119 } = await findGoTools();
const shipped = go119 === undefined ? undefined : await shippedWith(go119);

test("dumpLines() prints every v1 trace that Go 1.19 ships as Go does", {
  skip: shipped === undefined && "Go 1.19 with its sources is not installed",
}, async () => {
  assert(go119 !== undefined && shipped !== undefined);
  let compared = 0;
  for (const name of readdirSync(shipped)) {
    if (name.includes("_1_5_")) continue;
    const path = join(shipped, name);
    const ours = dumpOf(readFileSync(path));
    // Go leaves events of one time on two processors to chance: it gets a few tries.
    let theirs = await goDump(go119, path);
    for (let tries = 0; ours !== theirs && tries < 12; tries++) {
      theirs = await goDump(go119, path);
    }
    assert(ours === theirs, `${name}: ${firstDifference(ours, theirs)}`);
    compared++;
  }
  assert(compared >= 17, `only ${compared} traces found`);
});

test("parseTrace() refuses every 1.5 trace as an unsupported version", {
  skip: shipped === undefined && "Go 1.19 with its sources is not installed",
}, () => {
  assert(shipped !== undefined);
  const old = readdirSync(shipped).filter((name) => name.includes("_1_5_"));
  assertEquals(old.includes("stress_1_5_unordered"), true);
  for (const name of old) {
    try {
      parseTrace(readFileSync(join(shipped, name)));
      assert(false, `${name} was taken`);
    } catch (error) {
      assert(error instanceof TraceFormatError, `${name}: ${error}`);
      assertEquals([error.kind, error.found], ["version", "1.5"], name);
    }
  }
});

/** What Go's traces do not have: samples, large values, texts that are no UTF-8, events before a Batch. */
const RARE = new TraceBuilder(19)
  .event("HeapAlloc", 3, 2n ** 63n + 5n)
  .batch(0, 1000)
  .frequency(2_000_000_000)
  .string(1, "main")
  .string(2, Uint8Array.of(0x61, 0xff, 0xfe, 0x62))
  .stack(2 ** 33, [2n ** 64n - 1n, 1, 2, 1])
  .event("GoCreate", 1, 2n ** 60n + 1n, 2 ** 33, 0)
  .event("ProcStart", 1, 2n ** 47n + 3n)
  .event("GoStartLocal", 1, 2n ** 60n + 1n)
  .event("UserTaskCreate", 1, 2n ** 64n - 1n, 3, 2, 2 ** 33)
  .event("UserTaskCreate", 1, 7, 0, 99, 0)
  .event("UserRegion", 1, 7, 0, 2, 0)
  .log(1, 7, 2, 0, "two\nlines \u00fc")
  .log(1, 7, 99, 0, "")
  .bytes();

test("dumpLines() prints rare values as Go 1.19 does", {
  skip: go119 === undefined && "Go 1.19 is not installed",
}, async () => {
  assert(go119 !== undefined);
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(join(tmpdir(), "looptrace-dump-"));
  const trace = new TraceBuilder(19).append(RARE.subarray(HEADER_BYTES))
    .event("CPUSample", 1, 1003, NO_PROC, 2n ** 60n + 1n, 2 ** 33)
    .event("CPUSample", 1, 1002, 3, 0, 0)
    .event("GoBlockNet", 7, 2 ** 33)
    .batch(NO_PROC, 1100)
    .event("GoUnblock", 1, 2n ** 60n + 1n, 2, 0)
    .batch(2n ** 64n - 7n, 1200)
    .event("STWStart", 1, 1)
    .event("STWDone", 1)
    .bytes();
  try {
    const path = join(folder, "trace");
    await writeFile(path, trace);
    const theirs = await run(go119.trace, ["-d", path]);
    assertEquals(theirs.stderr.includes("failed"), false, theirs.stderr);
    const ours = bytesOf(trace);
    assertEquals(latin1(ours), latin1(theirs.stdout));
  } finally {
    await rm(folder, { recursive: true });
  }
});

function dumpOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytesOf(bytes));
}

function bytesOf(bytes: Uint8Array): Uint8Array {
  const pieces = [...dumpLines(parseTrace(bytes, { strict: true }))];
  const text = new Uint8Array(
    pieces.reduce((length, piece) => length + piece.length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    text.set(piece, at);
    at += piece.length;
  }
  return text;
}

/** Every byte a character, so that bytes that are no UTF-8 count. */
function latin1(bytes: Uint8Array): string[] {
  return [...bytes].map((byte) => String.fromCharCode(byte)).join("")
    .split("\n");
}

function firstDifference(ours: string, theirs: string): string {
  const lines = theirs.split("\n");
  const index = ours.split("\n").findIndex((line, at) => line !== lines[at]);
  return `line ${index + 1} is ${ours.split("\n")[index]}, Go has ${
    lines[index]
  }`;
}

/** The folder of Go's own traces, if the sources are there. */
async function shippedWith(tool: GoTool): Promise<string | undefined> {
  const { stdout } = await run(tool.go, ["env", "GOROOT"]);
  const root = new TextDecoder().decode(stdout).trim();
  const folder = join(root, "src/internal/trace/testdata");
  return existsSync(folder) ? folder : undefined;
}
