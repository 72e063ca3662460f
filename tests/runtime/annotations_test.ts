/** Annotations on every front end: where they are in the trace, and that the program does not notice them. */
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
import { findGoTools, goPages } from "../support/go_tools.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";
import { withFile } from "../support/temp_file.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";

const PROGRAM = fileURLToPath(
  new URL("annotations/program.mjs", import.meta.url),
);
const NO_CHANGE = fileURLToPath(
  new URL("annotations/no_change.mjs", import.meta.url),
);
const TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const frontEnds = await findFrontEnds();
const { go126, go119 } = await findGoTools();

after(() => frontEnds.remove());

for (const frontEnd of frontEnds.all) {
  const { name, missing } = frontEnd;
  const skip = missing ?? false;

  test(`user tasks, regions and logs are where the program has them: ${name}`, {
    skip,
  }, async () => {
    const bytes = await recordProgram(frontEnd);
    const trace = judgeTrace(bytes, name);
    await judgeWithGo([{ name, bytes }]);
    checkRegions(trace, frontEnd);
    // The accessor reads the program's text, which is none of its calls.
    const names = [...goroutineNames(trace).values()];
    assert(!names.includes("fs.readFileSync"), names.join());
    checkTasks(trace, frontEnd);
    assert(!new TextDecoder().decode(bytes).includes("secret-cookie"));
  });

  test(`the program does not notice annotations: ${name}`, {
    skip,
  }, async () => {
    const plain = await runNoChange(frontEnd, false);
    const recorded = await runNoChange(frontEnd, true);
    assertEquals(recorded, plain);
    for (
      const line of ["unhandled lost", "unhandled late", "late late", "fast"]
    ) {
      assertStringIncludes(plain, line);
    }
  });
}

for (const tool of [go119, go126]) {
  test(
    `the pages of Go ${tool?.version ?? "of any version"} show annotations`,
    {
      skip: tool === undefined || frontEnds.all[0].missing !== undefined,
    },
    async () => {
      await withFile(await recordProgram(frontEnds.all[0]), async (file) => {
        const pages = await goPages(tool!, file, [
          "/usertasks",
          "/userregions",
        ]);
        const wanted = {
          "/usertasks": ["job", "GET /web", "work for /web"],
          "/userregions": ["awaited", "first", "sync", "open"],
        };
        for (const [page, names] of Object.entries(wanted)) {
          const { status, body } = pages.get(page)!;
          assertEquals(status, 200, body.slice(0, 300));
          for (const one of names) assertStringIncludes(body, one, page);
        }
      });
    },
  );
}

async function recordProgram(
  { command, args, library, hooks }: FrontEnd,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-annotations-"));
  try {
    const out = join(folder, "trace");
    const { code, stderr } = await run(command, [
      ...args,
      PROGRAM,
      library,
      hooks,
      out,
    ]);
    assertEquals(code, 0, stderr);
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runNoChange(
  { command, args, library, hooks }: FrontEnd,
  isRecorded: boolean,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, [
    ...args,
    NO_CHANGE,
    library,
    hooks,
    String(isRecorded),
  ]);
  assertEquals(code, 0, stderr);
  return new TextDecoder().decode(stdout);
}

/** One region, as the trace has it. */
interface Found {
  readonly goroutine: string;
  readonly userTask: number;
  /** Times that its goroutine stopped in it. */
  stops: number;
  isOpen: boolean;
  /** Its place among the ends of all regions. */
  order: number;
}

const REGIONS: ReadonlySet<string> = new Set([
  "awaited",
  "first",
  "second",
  "sync",
  "promise",
  "open",
]);

const STOPS: ReadonlySet<number> = new Set([
  EventType.GoSched,
  EventType.GoSleep,
  EventType.GoBlock,
  EventType.GoBlockSync,
]);

/** Regions by name; each name is there once. */
function regionsOf(trace: Trace): Map<string, Found> {
  const names = goroutineNames(trace);
  const found = new Map<string, Found>();
  let ended = 0;
  for (const e = trace.cursor(); e.next();) {
    const { label } = e;
    const goroutine = names.get(e.g)!;
    if (STOPS.has(e.type)) {
      for (const region of found.values()) {
        const isIn = region.isOpen && region.goroutine === goroutine;
        if (isIn) region.stops++;
      }
    }
    // Long listeners are regions too.
    if (e.type !== EventType.UserRegion || !REGIONS.has(label)) continue;
    if (e.arg(1) === 0) {
      assert(!found.has(label), label);
      const userTask = e.arg(0);
      const stops = 0;
      found.set(label, { goroutine, userTask, stops, isOpen: true, order: 0 });
      continue;
    }
    const region = found.get(label)!;
    region.isOpen = false;
    region.order = ++ended;
  }
  return found;
}

function checkRegions(trace: Trace, { isTransformed }: FrontEnd): void {
  const regions = regionsOf(trace);
  const job = userTasksOf(trace).get("job")!.id;
  for (
    const [name, stops] of [
      ["awaited", 1],
      ["first", 2],
      ["second", 1],
      ["sync", 0],
      ["promise", 1],
      ["open", 1],
    ] as const
  ) {
    const region = regions.get(name);
    assert(region !== undefined, name);
    assertEquals([region.stops, region.isOpen], [stops, false], name);
    assertEquals(region.userTask, job, name);
  }
  // The first and the second go on side by side.
  assertEquals(
    ["awaited", "sync", "promise", "open"].map((name) =>
      regions.get(name)!.order
    ),
    [1, 4, 5, 6],
  );
  // What goes on side by side is on goroutines of its own.
  const own = ["awaited", "first", "second"].map((name) =>
    regions.get(name)!.goroutine
  );
  assertEquals(new Set(own).size, 3, own.join());
  assertEquals(regions.get("open")!.goroutine, own[0]);
  if (isTransformed) assertEquals(own.slice(1), ["first", "second"]);
}

interface UserTask {
  readonly id: number;
  readonly parent: number;
  readonly logs: string[];
}

/** User tasks by name; of several of one name the first, whose requests told most. */
function userTasksOf(trace: Trace): Map<string, UserTask> {
  const found = new Map<string, UserTask>();
  const byId = new Map<number, UserTask>();
  for (const e = trace.cursor(); e.next();) {
    if (e.type === EventType.UserTaskCreate) {
      const task = { id: e.arg(0), parent: e.arg(1), logs: [] };
      byId.set(task.id, task);
      if (!found.has(e.label)) found.set(e.label, task);
    } else if (e.type === EventType.UserLog) {
      byId.get(e.arg(0))?.logs.push(`${e.label} ${e.message}`);
    }
  }
  return found;
}

function checkTasks(trace: Trace, { runtime }: FrontEnd): void {
  const tasks = userTasksOf(trace);
  assertEquals(tasks.get("job")!.logs, ["in first", "in listener"]);
  for (const path of runtime === "node" ? ["/node"] : ["/node", "/web"]) {
    const request = tasks.get(`GET ${path}`)!;
    assertEquals(request.logs, [
      `traceparent ${TRACE_PARENT}`,
      `in ${path}`,
      `in ${path}, later`,
    ]);
    assertEquals(tasks.get(`work for ${path}`)!.parent, request.id);
  }
  const parents: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.label === "traceparent") parents.push(e.message ?? "");
  }
  const servers = runtime === "node" ? 1 : 2;
  assertEquals(parents, new Array(servers).fill(TRACE_PARENT));
}
