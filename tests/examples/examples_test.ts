/** The examples do what their heads say, with the permissions named there. */

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
import { findRuntime, run, startRuntime } from "../support/processes.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";
import { summarize, type Summary } from "../../src/analysis/summary.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

/** The path of an example. */
function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
}

/** Runs a script in an empty folder and gives its output and its trace.out. */
async function runScript(
  script: string,
  permissions: readonly string[],
  args: readonly string[] = [],
): Promise<{ code: number | null; output: string; trace: Uint8Array }> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-"));
  try {
    const deno = await findRuntime("deno");
    assert(deno !== undefined, "Deno is missing");
    const { code, stdout, stderr } = await run(
      deno,
      ["run", "--quiet", ...permissions, script, ...args],
      { cwd: folder, timeoutMs: 60_000 },
    );
    const output = new TextDecoder().decode(stdout) + stderr;
    assertEquals(code, 0, output);
    const trace = await readFile(join(folder, "trace.out"));
    return { code, output, trace };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("record_to_file.ts records its workers", async () => {
  const { output, trace } = await runScript(
    example("record_to_file.ts"),
    ["--no-prompt", "--allow-write=trace.out"],
  );
  assertStringIncludes(output, "trace.out is written");
  const read = parseTrace(trace, { strict: true });
  assertEquals(read.warnings, []);
  const workers = summarize(read).entries.find(({ name }) =>
    name === "takeJobs"
  );
  assertEquals(workers?.count, 4);
  assertEquals(workers?.ended, 4);
  // Four workers share 40 jobs that wait 0 to 9 ms, four times each: 180 ms.
  const slept = (workers?.blockedBy.sleep ?? 0) / 1e6;
  assert(slept > 170 && slept < 600, `slept for ${slept} ms`);
});

test("plain_deno.ts serves a trace, but not to other origins", async () => {
  const server = await startRuntime("deno", example("plain_deno.ts"), {
    flags: ["--no-prompt", "--allow-net"],
    args: ["0"],
  });
  try {
    assertEquals(await (await fetch(server.url)).text(), "Hello\n");
    const url = `${server.url}/debug/trace?seconds=0.5`;
    const recording = fetch(url).then((response) => response.bytes());
    for (let i = 0; i < 10; i++) await (await fetch(server.url)).text();
    const read = parseTrace(await recording, { strict: true });
    assertEquals(read.warnings, []);
    const { entries } = summarize(read);
    const requests = entries.find(({ name }) => name === "GET /");
    assertEquals(requests?.count, 10);

    const foreign = await fetch(url, { headers: { origin: "http://a.test" } });
    assertEquals(foreign.status, 403, await foreign.text());
  } finally {
    await server.stop();
  }
});

const bun = await findRuntime("bun");
const skip = bun === undefined && "this machine has no Bun";

async function drained(response: Response): Promise<Response> {
  await response.arrayBuffer();
  return response;
}

/** A trace of an example under load, which all judges take, and the figures of its entries by name. */
async function recordLoaded(
  runtime: "bun" | "deno",
  script: string,
  paths: readonly string[],
  flags?: readonly string[],
): Promise<Map<string, Summary["entries"][number]>> {
  await using server = await startRuntime(runtime, example(script), {
    flags,
    args: ["--port=0"],
  });
  const { url } = server;
  let isOver = false;
  async function ask(): Promise<void> {
    while (!isOver) {
      for (const path of paths) {
        const { status, ok } = await drained(await fetch(url + path));
        assert(ok, `${path}: ${status}`);
      }
    }
  }
  // The clients are at it when the recording begins, however busy the machine is.
  const clients = Promise.all(Array.from({ length: 8 }, ask));
  // Where names come from stacks, the budget may be spent before all are seen.
  await drained(await fetch(`${url}/debug/trace?seconds=1`));
  const response = await fetch(`${url}/debug/trace?seconds=1.5`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  isOver = true;
  await clients;
  const trace = judgeTrace(bytes, script);
  await judgeWithGo([{ name: script, bytes }]);
  return new Map(
    summarize(trace).entries.map((entry) => [entry.name, entry]),
  );
}

const PATHS = ["/json", "/users/17", "/sleep", "/fetch", "/dashboard"];

/** The names of the source, and the waits that the routes are about. */
function checkHonoEntries(
  entries: ReadonlyMap<string, Summary["entries"][number]>,
): void {
  for (
    const name of [
      "GET /json",
      "GET /users/:id",
      "GET /dashboard",
      "loadProfile",
      "loadOrders",
      "loadAdvice",
    ]
  ) {
    assert((entries.get(name)?.count ?? 0) > 1, `${name} is missing`);
  }
  // A timer of 20 ms, and then the answer.
  const sleepers = entries.get("GET /sleep");
  const slept = (sleepers?.blockedBy.sleep ?? 0) / 1e6 /
    (sleepers?.ended ?? NaN);
  assert(slept > 18 && slept < 500, `GET /sleep slept for ${slept} ms`);
  const { network = 0 } = entries.get("GET /fetch")?.blockedBy ?? {};
  assert(network > 0, "GET /fetch waited for no network");
}

test("bun_server.ts is traced under load, by the names of its source", {
  skip,
}, async () => {
  checkHonoEntries(await recordLoaded("bun", "bun_server.ts", PATHS));
});

const PRELOAD = fileURLToPath(new URL("../../src/preload.ts", import.meta.url));

for (const runtime of ["bun", "deno"] as const) {
  test(`the Hono example on ${runtime} has every name through the preload`, {
    skip: runtime === "bun" ? skip : false,
  }, async () => {
    const script = runtime === "bun" ? "bun_server.ts" : "hono_server.ts";
    const flags = [`--preload=${PRELOAD}`, ...runtime === "deno" ? ["-A"] : []];
    const entries = await recordLoaded(runtime, script, PATHS, flags);
    checkHonoEntries(entries);
    assertEquals(entries.get("async function")?.count ?? 0, 0);
  });
}

test(
  "bun_plain.ts is traced under load, routes of Bun.serve by their patterns",
  {
    skip,
  },
  async () => {
    const entries = await recordLoaded("bun", "bun_plain.ts", [
      "/",
      "/users/17",
    ]);
    for (const name of ["GET /", "GET /users/:id"]) {
      const entry = entries.get(name);
      assert((entry?.count ?? 0) > 1, `${name} is missing`);
      assert((entry?.blockedBy.sleep ?? 0) > 0, `${name} never slept`);
    }
  },
);

for (const runtime of ["deno", "bun"] as const) {
  test(`the demo on ${runtime} ends well and tells what its trace holds`, {
    skip: runtime === "bun" ? skip : false,
  }, async () => {
    const script = example("demo/main.ts");
    const args = [`--runtime=${runtime}`];
    const { output, trace } = await runScript(script, ["--allow-all"], args);
    checkDemo(output, trace);
  });
}

test("the demo refuses a runtime that has no example", async () => {
  const deno = await findRuntime("deno");
  assert(deno !== undefined, "Deno is missing");
  const args = ["run", "-A", example("demo/main.ts"), "--", "--runtime=node"];
  const { code, stderr } = await run(deno, args);
  assertEquals(code, 2, stderr);
  assertStringIncludes(stderr, "must be deno or bun");
});

/** What it printed is what the file holds. */
function checkDemo(output: string, trace: Uint8Array): void {
  const { events, goroutines } = summarize(parseTrace(trace, { strict: true }));
  for (
    const line of [
      /^Check +good, by /m,
      new RegExp(`^Events +${events.toLocaleString("en")}$`, "m"),
      new RegExp(`^Goroutines +${goroutines.toLocaleString("en")}$`, "m"),
      new RegExp(
        `^Bytes +${trace.length.toLocaleString("en")}, [34567]\\.`,
        "m",
      ),
      /^Left out +\S/m,
      /^ +[\d,]+ +[\d.]+ +[\d.]+ +[\d.]+ +sleep +GET \/sleep$/m,
      /^Open it: go tool trace trace\.out/m,
    ]
  ) {
    assert(line.test(output), `found no ${line} in\n${output}`);
  }
  const table = output.slice(output.indexOf("waiting  blocked on"));
  assertEquals(table.match(/^ +[\d,]+ +[\d.]+ +[\d.]+ /gm)?.length, 10, output);
}

test("workers/main.ts records four workers, each a processor of its own", async () => {
  const { output, trace } = await runScript(example("workers/main.ts"), [
    "--no-prompt",
    "-A",
  ]);
  assertStringIncludes(output, "trace.out is written: 4 workers");
  const read = parseTrace(trace, { strict: true });
  assertEquals(read.warnings, []);
  await judgeWithGo([{ name: "workers/main.ts", bytes: trace }]);
  const { entries } = summarize(read);
  const count = (name: string) =>
    entries.find((entry) => entry.name === name)?.count;
  assertEquals(count("worker mandelbrot.ts"), 4);
  // Sixteen parts of the picture, and as many answers.
  assertEquals(count("message to mandelbrot.ts"), 16);
  assertEquals(count("message from mandelbrot.ts"), 16);
});
