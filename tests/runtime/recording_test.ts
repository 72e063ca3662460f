/** Recordings of real programs under Deno: each in a process of its own, for hooks stay until it ends. */

import { test } from "node:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { goroutineNames } from "../support/event_lines.ts";
import { findRuntime, run } from "../support/processes.ts";
import { judgeCycles } from "../support/cycle_traces.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";
import type { Trace } from "../../src/format/trace.ts";

/** Runs a program of `programs/`, with a folder for its files, and gives what it printed. */
async function runProgram<T>(
  name: string,
  use: (
    printed: Record<string, unknown>,
    files: Uint8Array[],
  ) => T | Promise<T>,
  files = 0,
  args: readonly (string | number)[] = [],
): Promise<T> {
  const deno = (await findRuntime("deno"))!;
  const folder = await mkdtemp(join(tmpdir(), "looptrace-runtime-"));
  try {
    const paths = Array.from({ length: files }, (_, i) => join(folder, `${i}`));
    const program = fileURLToPath(
      new URL(`programs/${name}.ts`, import.meta.url),
    );
    const { code, stdout, stderr } = await run(deno, [
      "run",
      "-A",
      "--v8-flags=--expose-gc",
      program,
      ...args.map(String),
      ...paths,
    ]);
    assertEquals([code, stderr], [0, ""]);
    const printed = JSON.parse(new TextDecoder().decode(stdout));
    const contents = await Promise.all(paths.map((path) => readFile(path)));
    return await use(printed, contents);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The closing log's figures. */
function statisticsOf(trace: Trace): Record<string, unknown> {
  let last = "";
  for (const e = trace.cursor(); e.next();) {
    if (e.name === "UserLog" && e.label === "looptrace.statistics") {
      last = e.message;
    }
  }
  return JSON.parse(last);
}

// Its ten seconds pass while the others run.
const stuck = runProgram("stuck_sink", (printed) => printed);
stuck.catch(() => {});

test("start(), stop() and stream() answer wrong use and bad sinks with clear errors, and the program goes on", async () => {
  await runProgram("misuse", async (seen, [first, piped]) => {
    assertEquals(
      seen.idle,
      "TracerIdleError: Cannot stop the recording: none was started",
    );
    assertEquals(seen.isIdle, true);
    assertEquals(
      seen.busy,
      "TracerBusyError: Cannot start a recording: one is running, stop it first",
    );
    assertEquals(seen.isBusy, true);
    assertEquals([seen.enabled, seen.disabled, seen.closed], [true, false, 1]);
    assert(Number(seen.goroutines) > 0);

    assertEquals([seen.wentOn, seen.afterThrow], [true, false]);
    assertEquals(seen.throwing, "RangeError: the disk is full");
    assertEquals(
      seen.afterThrowAgain,
      "TracerIdleError: Cannot stop the recording: none was started",
    );
    assertEquals(seen.rejecting, "RangeError: no route to host");
    assertEquals(seen.closing, "RangeError: not closed");

    assertEquals([seen.reading, seen.left, seen.aborted], [true, false, false]);
    assertStringIncludes(String(seen.abortedBefore), "AbortError");
    assertEquals(seen.stillOff, false);
    assertStringIncludes(
      String(seen.tooMany),
      "TracerBusyError: Cannot record for one more",
    );
    assertEquals(seen.allLeft, false);
    const traces = [
      { name: "the first", bytes: first },
      { name: "into a WritableStream", bytes: piped },
    ];
    for (const { name, bytes } of traces) {
      const names = [...goroutineNames(judgeTrace(bytes, name)).values()];
      assert(names.includes("main"), `${name}: ${names}`);
    }
    await judgeWithGo(traces);
  }, 2);
});

test("1,000 recordings of a program at work are all good, and leave no memory behind", async () => {
  await runProgram("cycles", async ({ heap }, [bytes]) => {
    await judgeCycles(bytes, 12);
    // The traces themselves lie outside the heap. The first hundreds warm up.
    const [early, late] = [heap as number[], heap as number[]].map((all, i) =>
      Math.min(...(i === 0 ? all.slice(2, 5) : all.slice(-3)))
    );
    const perCycle = (late - early) / 600;
    assert(perCycle < 1000, `${perCycle} bytes of heap a cycle: ${heap}`);
  }, 1);
});

test("a consumer that never reads is ended at its limit with a whole trace, and the other one goes on", async () => {
  await runProgram("slow_consumer", async (seen, [slow, other]) => {
    assertEquals(seen.sum, 40_000);
    assertEquals([seen.enabled, seen.slowConsumers], [true, 1]);
    const trace = judgeTrace(slow, "the slow consumer's");
    const figures = statisticsOf(trace);
    assertEquals([figures.end, figures.slowConsumers], ["slow", 1]);
    // One batch may be more than the limit allows, and the end comes on top.
    assert(slow.length >= 300_000 && slow.length < 300_000 + 80_000);
    const whole = judgeTrace(other, "the other's");
    assertEquals(statisticsOf(whole).end, "done");
    assert(other.length > slow.length);
    await judgeWithGo([
      { name: "slow", bytes: slow },
      { name: "other", bytes: other },
    ]);
  }, 2);
});

test("stop() gives up on a sink that takes nothing, and the program goes on", async () => {
  const { message, seconds, turns, enabled } = await stuck;
  assert(
    /^Error: Cannot finish the recording: the sink did not take the last \d+ bytes within 10 s$/
      .test(String(message)),
    String(message),
  );
  assert(Number(seconds) > 9.9 && Number(seconds) < 12, `${seconds} s`);
  assert(Number(turns) > 400, `${turns} turns of the program meanwhile`);
  assertEquals(enabled, false);
});

test("a consumer that joins while 5,000 real tasks wait on one queue sees each of them", async () => {
  await runProgram("queue", async ({ sum }, [early, late]) => {
    assertEquals(sum, 10_000);
    for (const [name, bytes] of [["early", early], ["late", late]] as const) {
      const trace = judgeTrace(bytes, name);
      const names = [...goroutineNames(trace).values()];
      const workers = names.filter((one) => /^worker(#\d+)?$/.test(one));
      assertEquals(workers.length, 5000, name);
    }
    await judgeWithGo([
      { name: "queue", bytes: early },
      { name: "queue, joined late", bytes: late },
    ]);
  }, 2);
});
