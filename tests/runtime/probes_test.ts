/** What the runtimes measure beside tasks, on every front end, read back by us and by Go. */
import { after, test } from "node:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EventType } from "../../src/format/event_catalogue.ts";
import type { Trace } from "../../src/format/trace.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { goroutineNames } from "../support/event_lines.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";
import { goPages } from "../support/go_tools.ts";
import { withFile } from "../support/temp_file.ts";
import {
  installedGo,
  judgeTrace,
  judgeWithGo,
} from "../support/trace_judge.ts";

const frontEnds = await findFrontEnds();

after(() => frontEnds.remove());

/** What a program printed, and the traces that it wrote. */
interface Ran {
  // deno-lint-ignore no-explicit-any
  readonly printed: any;
  readonly files: readonly Uint8Array[];
}

/** Runs a program of `probes/` with `files` names of files to write. */
async function runProgram(
  { command, args, library, hooks }: FrontEnd,
  program: string,
  files: number,
): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-probes-"));
  try {
    const paths = Array.from({ length: files }, (_, i) => join(folder, `${i}`));
    const path = fileURLToPath(new URL(`probes/${program}`, import.meta.url));
    const { code, stdout, stderr } = await run(command, [
      ...args,
      path,
      library,
      hooks,
      ...paths,
    ]);
    assertEquals(code, 0, stderr);
    return {
      printed: JSON.parse(new TextDecoder().decode(stdout)),
      files: await Promise.all(paths.map((path) => readFile(path))),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Collection {
  readonly name: string;
  readonly began: number;
  readonly ended: number;
}

/** The collections of a trace; times are nanoseconds. */
function collectionsOf(trace: Trace): Collection[] {
  const found: Collection[] = [];
  let open: { name: string; began: number } | undefined;
  for (const e = trace.cursor(); e.next();) {
    if (e.type === EventType.GCStart) {
      assertEquals(open, undefined, "two collections at a time");
      open = { name: trace.frames(e.stack)[0].fn, began: e.time };
    } else if (e.type === EventType.GCDone) {
      found.push({ ...open!, ended: e.time });
      open = undefined;
    }
  }
  return found;
}

/** Nanoseconds of each time that a goroutine ran: begin and end. */
function runsOf(trace: Trace): [number, number][] {
  const runs: [number, number][] = [];
  let began = -1;
  for (const e = trace.cursor(); e.next();) {
    if (e.name === "GoStart" || e.name === "GoStartLocal") began = e.time;
    else if (
      began >= 0 && /^Go(Block|Sleep|End|Sched|Preempt)/.test(e.name)
    ) {
      runs.push([began, e.time]);
      began = -1;
    }
  }
  return runs;
}

/** The values of all events of one type. */
function valuesOf(trace: Trace, type: number): number[] {
  const values: number[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.type === type) values.push(e.arg(0));
  }
  return values;
}

/** What the logs of the tracer's own say, by category. */
function logsOf(trace: Trace, category: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.name !== "UserLog" || e.label !== category) continue;
    found.push(JSON.parse(e.message));
  }
  return found;
}

/** The program is busy for three quarters of the time. */
function checkLogs(trace: Trace, { runtime }: FrontEnd): void {
  const costs = logsOf(trace, "looptrace.cost");
  const loads = logsOf(trace, "looptrace.load");
  assert(costs.length >= 1 && loads.length === costs.length);
  for (const cost of costs) {
    const { share, records, wrappedCalls } = cost as Record<string, number>;
    assert(share > 0 && share < 0.9, JSON.stringify(cost));
    assert(records > 5 && wrappedCalls > 0, JSON.stringify(cost));
  }
  const [load] = loads as { utilization: number; runtime?: typeof load }[];
  assert(load.utilization > 0.5 && load.utilization <= 1, `${load}`);
  const own = load.runtime as Record<string, number> | undefined;
  // Deno's figures are stubs.
  assertEquals(own === undefined, runtime === "deno");
  if (own !== undefined) assert(own.delayMaxMs > 1, JSON.stringify(own));
  if (runtime !== "node") return;
  const between = Math.abs(load.utilization - own!.utilization);
  assert(between < 0.1, JSON.stringify(load));
}

for (const frontEnd of frontEnds.all) {
  test(
    `garbage collections and the heap are in the trace: ${frontEnd.name}`,
    { skip: frontEnd.missing ?? false },
    async () => {
      const { printed, files } = await runProgram(frontEnd, "garbage.mjs", 2);
      const { statistics, gc } = printed;
      assertEquals([statistics.notes, statistics.error], [[], undefined]);
      const [whole, late] = files.map((bytes, i) =>
        judgeTrace(bytes, `${frontEnd.name}, consumer ${i + 1}`)
      );
      await judgeWithGo(files.map((bytes, i) => ({
        name: `${frontEnd.name}, consumer ${i + 1}`,
        bytes,
      })));
      const collections = collectionsOf(whole);
      // JavaScriptCore collects seldom: its nursery is large.
      const wanted = gc === "count" ? 5 : 20;
      assert(collections.length >= wanted, `${collections.length} collections`);
      assert(collections.length <= statistics.collections);
      const marks = {
        exact: /^GC: [a-z -]+$/,
        "approximate times": /^GC: [a-z -]+ \(time approximate\)$/,
        count: /^GC \(seen afterwards, duration unknown\)$/,
      };
      for (const { name } of collections) {
        assert(marks[gc as keyof typeof marks].test(name), name);
      }
      // Most garbage is made while something runs, the rest by the recorder.
      const runs = runsOf(whole);
      const inside = collections.filter(({ began, ended }) =>
        runs.some(([first, last]) =>
          began >= first && ended <= last
        )
      ).length;
      const share = inside / collections.length;
      const least = { exact: 0.6, "approximate times": 0.5, count: 0 };
      const wantedShare = least[gc as keyof typeof least];
      assert(share >= wantedShare, `${share} in runs`);
      const lateOnes = collectionsOf(late).length;
      assert(lateOnes >= 2 && lateOnes < collections.length, `${lateOnes}`);
      const used = valuesOf(whole, EventType.HeapAlloc);
      const goals = valuesOf(whole, EventType.HeapGoal);
      // Four a second and one after each collection.
      assert(used.length >= 4 && goals.length === used.length);
      assert(used.every((bytes) => bytes > 1e5 && bytes < 1e10));
      assert(goals.every((goal) => goal > 1e5 && goal < 1e10));
      assert(new Set(used).size > 2, "it changes");
      assert(valuesOf(late, EventType.HeapAlloc).length >= 2);
      checkLogs(whole, frontEnd);
    },
  );
}

/** A CPU sample of a trace: its functions, innermost first, and the entry function of its goroutine. */
interface Sample {
  readonly time: number;
  readonly functions: readonly string[];
  readonly task: string;
}

function samplesOf(trace: Trace): Sample[] {
  const names = goroutineNames(trace);
  const samples: Sample[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.type !== EventType.CPUSample) continue;
    samples.push({
      time: e.time,
      functions: trace.frames(e.stack).map(({ fn }) => fn),
      task: (names.get(e.g) ?? "?").replace(/#\d+$/, ""),
    });
  }
  return samples;
}

for (const frontEnd of frontEnds.all) {
  test(
    `CPU samples are in the traces that asked for them: ${frontEnd.name}`,
    { skip: frontEnd.missing ?? false },
    async () => {
      const { printed, files } = await runProgram(frontEnd, "samples.mjs", 3);
      assertEquals([printed.notes, printed.error], [[], undefined]);
      assertEquals(printed.on, false);
      const traces = files.map((bytes, i) =>
        judgeTrace(bytes, `${frontEnd.name}, consumer ${i + 1}`)
      );
      await judgeWithGo(files.map((bytes, i) => ({
        name: `${frontEnd.name}, consumer ${i + 1}`,
        bytes,
      })));
      const [plain, sampled, late] = traces;
      assertEquals(traces.map(({ version }) => version), [11, 19, 19]);
      assertEquals(samplesOf(plain), []);
      const samples = samplesOf(sampled);
      const lateOnes = samplesOf(late);
      assert(samples.length > 50, `${samples.length} samples`);
      assert(lateOnes.length > 10 && lateOnes.length < samples.length);
      // Of the whole time, the last moments included.
      const gaps = [0, ...samples.map(({ time }) => time), sampled.duration];
      const longest = Math.max(...gaps.slice(1).map((at, i) => at - gaps[i]));
      assert(longest < 600e6, `nothing for ${longest / 1e6} ms`);
      const by = (fn: string) =>
        samples.filter(({ functions }) => functions.includes(fn));
      const [long, short] = [by("burnLong"), by("burnShort")];
      const ratio = long.length / short.length;
      // The machine has other things to do: what the program measured counts.
      const error = ratio / printed.ratio;
      assert(error > 0.5 && error < 2, `${ratio}, not ${printed.ratio}`);
      for (const [found, task] of [[long, "longTask"], [short, "shortTask"]]) {
        const own = (found as Sample[]).filter((one) => one.task === task);
        const share = own.length / found.length;
        assert(share > 0.6, `${share} of ${task}'s samples are its own`);
      }
      for (const { functions } of long) {
        assertEquals(functions.includes("burnShort"), false);
      }
    },
  );
}

for (const frontEnd of frontEnds.all) {
  test(
    `collections of a worker are in the trace: ${frontEnd.name}`,
    { skip: frontEnd.missing ?? false },
    async () => {
      const { printed, files: [bytes] } = await runProgram(
        frontEnd,
        "worker_garbage.mjs",
        1,
      );
      assertEquals([printed.notes, printed.workers], [[], 1]);
      const name = `${frontEnd.name}, a worker's garbage`;
      const trace = judgeTrace(bytes, name);
      await judgeWithGo([{ name, bytes }]);
      const collections = collectionsOf(trace);
      const own = collections.filter((one) => one.name.endsWith(" on P 1"));
      assert(own.length >= 10, `${own.length} of ${collections.length}`);
      assert(own.length > collections.length / 2);
      // Both heaps together.
      const used = valuesOf(trace, EventType.HeapAlloc);
      assert(used.length >= 8, `${used.length} readings of the heap`);
    },
  );
}

for (const frontEnd of frontEnds.all) {
  test(
    `CPU samples of workers are in the trace: ${frontEnd.name}`,
    { skip: frontEnd.missing ?? false },
    async () => {
      const program = "worker_samples.mjs";
      const { printed, files } = await runProgram(frontEnd, program, 2);
      assertEquals(printed.notes, []);
      const named = files.map((bytes, i) => ({
        name: `${frontEnd.name}, a worker's samples, consumer ${i + 1}`,
        bytes,
      }));
      const [plain, sampled] = named.map(({ name, bytes }) =>
        judgeTrace(bytes, name)
      );
      await judgeWithGo(named);
      assertEquals(samplesOf(plain), []);
      const byProc = new Map<number, number>();
      for (const e = sampled.cursor(); e.next();) {
        if (e.type !== EventType.CPUSample) continue;
        const functions = sampled.frames(e.stack).map(({ fn }) => fn);
        if (!functions.includes("burnInWorker")) continue;
        byProc.set(e.p, (byProc.get(e.p) ?? 0) + 1);
      }
      // The processor's number may be used again.
      assert(byProc.has(1), JSON.stringify([...byProc]));
      const sum = [...byProc.values()].reduce((a, b) => a + b);
      assert(sum > 100, `${sum}`);
    },
  );
}

test("Deno without --allow-sys refuses CPU samples, and says what would help", async () => {
  const deno = frontEnds.all.find(({ runtime }) => runtime === "deno")!;
  const path = fileURLToPath(new URL("probes/refused.mjs", import.meta.url));
  // Deno gives a Deno that it starts as a child all permissions.
  const { code, stdout, stderr } = await run("env", [
    deno.command,
    "run",
    "--no-prompt",
    "--allow-read",
    path,
    deno.library,
  ]);
  assertEquals([code, stderr], [0, ""]);
  const said =
    "Cannot take CPU samples: Deno refuses it, run it with --allow-sys";
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
    refusal: `SamplingError: ${said}`,
    status: 501,
    text: `${said}\n`,
    notes: [],
  });
});

test("go tool trace shows collections, the heap and CPU samples", async (t) => {
  const frontEnd = frontEnds.all.find(({ missing }) => missing === undefined)!;
  const { files } = await runProgram(frontEnd, "samples.mjs", 3);
  for (const tool of await installedGo()) {
    await t.test(tool.version, async () => {
      await withFile(files[1], async (file) => {
        const asked = ["/jsontrace", "/goroutines", "/mmu", "/trace"];
        const pages = await goPages(tool, file, asked);
        for (const [page, { status, body }] of pages) {
          assertEquals(status, 200, `${page}: ${body}`);
        }
        const { body } = pages.get("/jsontrace")!;
        const shown = JSON.parse(body).traceEvents as { name: string }[];
        const count = (name: RegExp) =>
          shown.filter((one) => name.test(one.name)).length;
        assert(count(/^CPU profile sample$/) > 100);
        assert(count(/^Heap$/) >= 4);
        assert(count(/^GC( |$)/) >= 1);
        assertStringIncludes(body, "burnLong");
      });
    });
  }
});
