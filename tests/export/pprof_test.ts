import { test } from "node:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "../support/assert.ts";
import { findGoTools, goProfile, readProfile } from "../support/go_tools.ts";
import { goTestdata } from "../support/testdata.ts";
import { TraceBuilder, workedExample } from "../support/trace_builder.ts";
import { WAIT_KINDS, waitsByStack } from "../../src/analysis/waits.ts";
import { pprofProfile } from "../../src/export/pprof.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

const { go119, go126 } = await findGoTools();

test("waitsByStack() finds the network wait of the worked example", () => {
  const trace = parseTrace(workedExample().bytes());
  const [wait, ...others] = waitsByStack(trace, "net");
  assertEquals(others, []);
  assertEquals([wait.count, wait.time], [1, 23]);
  assertEquals(trace.stacks.frames(wait.stack).map(({ fn }) => fn), [
    "load",
    "main",
  ]);
  assertEquals(waitsByStack(trace, "sync"), []);
  // The creation has no stack, the unblock has one.
  assertEquals(waitsByStack(trace, "sched").map(({ time }) => time), [5]);
});

/** One goroutine that waits in each way, for 1, 2, 4 ... ticks, so that any sum tells its parts. */
const EVERY_WAIT = new TraceBuilder()
  .batch(0, 1000)
  .frequency()
  .string(1, "main")
  .string(2, "a.ts")
  .string(3, "wait")
  .stack(1, [16, 1, 2, 1])
  .stack(2, [32, 3, 2, 9], [16, 1, 2, 1])
  .event("Gomaxprocs", 0, 1, 1)
  .event("Gomaxprocs", 0, 1, 1)
  .event("ProcStart", 0, 1)
  .event("GoCreate", 0, 1, 1, 1)
  .event("GoStartLocal", 1, 1);
([
  "GoBlockNet",
  "GoBlockSend",
  "GoBlockRecv",
  "GoBlockSelect",
  "GoBlockSync",
  "GoBlockCond",
  "GoBlockGC",
  "GoSleep",
  "GoBlock",
] as const).forEach((name, index) => {
  EVERY_WAIT.event(name, 0, 2)
    .event("GoUnblockLocal", 2 << index, 1, 1)
    .event("GoStartLocal", 1000, 1);
});
EVERY_WAIT.event("GoSched", 0, 2).event("GoStartLocal", 7777, 1)
  .event("GoSysCall", 0, 2).event("GoSysBlock", 0).event("ProcStop", 0)
  .event("ProcStart", 5, 1).event("GoSysExit", 6, 1, 21, 0)
  .event("GoStartLocal", 3, 1).event("GoSysCall", 1, 2).event("GoEnd", 1)
  .event("ProcStop", 1);

test("waitsByStack() counts each wait in the profile where Go counts it", () => {
  const trace = parseTrace(EVERY_WAIT.bytes(), { strict: true });
  const totals = WAIT_KINDS.map((kind) =>
    waitsByStack(trace, kind).reduce((sum, { time }) => sum + time, 0)
  );
  // sched: one creation (1) and nine unblocks; neither GoSched nor GoSysExit.
  assertEquals(totals, [2, 4 + 8 + 16 + 32 + 64 + 128, 11, 9001]);
});

const FILES = [
  "http_1_9_good",
  "http_1_19_good",
  "stress_start_stop_1_11_good",
  "user_task_region_1_11_good",
];

test("pprofProfile() has the totals of Go 1.19 for all four kinds", {
  skip: go119 === undefined && "Go 1.19 is not installed",
}, async () => {
  assert(go119 !== undefined);
  const folder = await mkdtemp(join(tmpdir(), "looptrace-pprof-"));
  try {
    const made = join(folder, "every_wait");
    await writeFile(made, EVERY_WAIT.bytes());
    const files = FILES.map(goTestdata).filter((path) => path !== undefined);
    for (const file of [made, ...files]) {
      const trace = parseTrace(await readFile(file));
      for (const kind of WAIT_KINDS) {
        const ours = await readProfile(go119, await pprofProfile(trace, kind));
        const theirs = await goProfile(go119, kind, file);
        assertEquals(ours.totalNs, theirs.totalNs, `${kind} of ${file}`);
        assertEquals(ours.functions, theirs.functions, `${kind} of ${file}`);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("pprofProfile() has the totals of Go 1.26 for blocked time", {
  skip: go126 === undefined && "Go 1.23 or later is not installed",
}, async () => {
  assert(go126 !== undefined);
  const folder = await mkdtemp(join(tmpdir(), "looptrace-pprof-"));
  const file = join(folder, "trace");
  try {
    await writeFile(file, workedExample().bytes());
    const trace = parseTrace(workedExample().bytes());
    for (const kind of ["net", "sync", "syscall"] as const) {
      const ours = await readProfile(go126, await pprofProfile(trace, kind));
      const theirs = await goProfile(go126, kind, file);
      assertEquals(ours.totalNs, theirs.totalNs, kind);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
