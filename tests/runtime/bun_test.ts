/** Recordings of real programs under Bun, each in a process of its own. */

import { test } from "node:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../support/assert.ts";
import { goroutineNames } from "../support/event_lines.ts";
import { findRuntime, run, startServer } from "../support/processes.ts";
import { judgeCycles, splitTraces } from "../support/cycle_traces.ts";
import { judgeTrace, judgeWithGo, spread } from "../support/trace_judge.ts";

const bun = await findRuntime("bun");
const skip = bun === undefined ? "found no bun on this machine" : false;

/** Runs a program of `programs/`, with paths for its files, and gives what it printed. */
async function runProgram(
  name: string,
  { files = 0, args = [] }: { files?: number; args?: readonly string[] } = {},
): Promise<{ printed: Record<string, unknown>; contents: Uint8Array[] }> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-bun-"));
  try {
    const paths = Array.from({ length: files }, (_, i) => join(folder, `${i}`));
    const program = pathOf(name);
    const { code, stdout, stderr } = await run(bun!, [
      "run",
      program,
      ...args,
      ...paths,
    ]);
    assertEquals([code, stderr], [0, ""], name);
    const printed = JSON.parse(new TextDecoder().decode(stdout));
    const contents = await Promise.all(paths.map((path) => readFile(path)));
    return { printed, contents };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url));
}

/** How many goroutines of each name there are. */
function countNames(bytes: Uint8Array, title: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of goroutineNames(judgeTrace(bytes, title)).values()) {
    const name = label.replace(/#\d+$/, "");
    if (name === "loop") continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

test(
  "start() on Bun replaces four properties and stop() restores them, three times; where it cannot it says so",
  {
    skip,
  },
  async () => {
    const { printed, contents } = await runProgram("bun/install.mjs", {
      files: 3,
    });
    assertEquals(printed.untouchedByImport, true);
    assertEquals(printed.restored, [true, true, true]);
    const visible = [
      true,
      true,
      "then",
      2,
      "resolve",
      true,
      true,
      0,
      "constructor",
      true,
    ];
    assertEquals(printed.visible, [visible, visible, visible]);
    assertEquals(
      printed.otherCopy,
      "Error: Cannot record: another copy of this library is recording, stop it first",
    );
    assertEquals(
      printed.taken,
      "Error: Cannot record: Promise.prototype.constructor was replaced, must be Promise",
    );
    assertEquals(
      printed.frozen,
      "Error: Cannot record: Promise.prototype is frozen, must have a configurable constructor",
    );
    assertEquals(printed.works, "works");
    const { runtime, awaits } = printed.capabilities as Record<string, string>;
    assertEquals([runtime, awaits], ["Bun", "accessor"]);
    for (const [index, bytes] of contents.entries()) {
      // What is awaited where it is called is no goroutine of its own.
      const names = countNames(bytes, `recording ${index}`);
      assertEquals(
        [...names],
        [["main", 1], ["inner", 2]],
        `recording ${index}`,
      );
    }
    await judgeWithGo(
      contents.map((bytes, index) => ({ name: `recording ${index}`, bytes })),
    );
  },
);

test(
  "Bun.serve in all its forms answers the same with wrappers, recorded and after, and names each request",
  {
    skip,
  },
  async () => {
    const { printed, contents: [bytes] } = await runProgram("bun/serve.mjs", {
      files: 1,
    });
    assertEquals((printed.plain as unknown[]).length, 12);
    assertEquals(printed.wrapped, printed.plain);
    assertEquals(printed.recorded, printed.plain);
    assertEquals(printed.after, printed.plain);
    assertEquals(printed.error, undefined);
    const names = countNames(bytes, "all forms of Bun.serve");
    // The program's own client: a listener that only settles a promise is a task
    // if it happens to run long.
    names.delete("open listener");
    assertEquals(
      Object.fromEntries(names),
      {
        "main": 1,
        "GET /plain/:id": 2,
        "GET /later/:id": 1,
        "GET /methods": 1,
        "POST /methods": 1,
        "GET /elsewhere/:id": 1,
        "GET /fails": 1,
        "error handler": 1,
        "GET /self": 1,
        "GET /socket": 1,
        "websocket open": 1,
        "websocket message": 1,
        "websocket close": 1,
        "GET /class": 1,
        "GET /after/reload": 1,
      },
    );
    await judgeWithGo([{ name: "all forms of Bun.serve", bytes }]);
  },
);

test("a recording on Bun hides no unhandled rejection and invents none", {
  skip,
}, async () => {
  const program = "bun/rejections.mjs";
  const { printed: { plain } } = await runProgram(program, { args: ["plain"] });
  const { printed, contents: [bytes] } = await runProgram(program, {
    files: 1,
  });
  const lost = (plain as string[]).filter((line) => line.startsWith("unhand"));
  assert(lost.length >= 10, `${plain}`);
  assertEquals(printed.recorded, plain);
  assertEquals(printed.after, plain);
  assertEquals(printed.error, undefined);
  judgeTrace(bytes, "rejections");
  await judgeWithGo([{ name: "rejections", bytes }]);
});

test(
  "a recording on Bun changes nothing of what random programs do, nor the order of it",
  {
    skip,
  },
  async () => {
    const [seed, count] = [3017, 150];
    const { printed, contents: [bytes] } = await runProgram(
      "random_programs.ts",
      {
        files: 1,
        args: [String(seed), String(count), "public", "without-finally"],
      },
    );
    assertEquals(printed.differing, [], `programs from seed ${seed} on`);
    assert(Number(printed.lines) > 3000, `${printed.lines} things were logged`);
    assert(Number(printed.unhandled) > 10, "rejections are lost in some");
    const traces = splitTraces(bytes).map((bytes, index) => ({
      name: `random program ${seed + index}`,
      bytes,
    }));
    assertEquals(traces.length, count);
    for (const { name, bytes } of traces) judgeTrace(bytes, name);
    await judgeWithGo(spread(traces, 6));
  },
);

test(
  "GET /debug/trace of a server that a module exports gives a trace of its requests",
  {
    skip,
  },
  async () => {
    const server = await startServer(bun!, [
      "run",
      pathOf("bun/default_export.mjs"),
    ]);
    try {
      const trace = fetch(`${server.url}/debug/trace?seconds=1`);
      const answers: unknown[] = [];
      for (let id = 0; id < 20; id++) {
        const response = await fetch(`${server.url}/users/${id}`);
        answers.push(await response.json());
      }
      assertEquals(answers[19], { id: "19" });
      const response = await trace;
      assertEquals(response.status, 200);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const names = countNames(bytes, "a module's server");
      assert((names.get("GET /users/:id") ?? 0) >= 18, `${[...names]}`);
      await judgeWithGo([{ name: "a module's server", bytes }]);
      assertEquals(server.stderr(), "");
    } finally {
      await server.stop();
    }
  },
);

test("1,000 recordings on Bun are all good, and leave no memory behind", {
  skip,
}, async () => {
  const { printed: { heap }, contents: [bytes] } = await runProgram(
    "cycles.ts",
    { files: 1 },
  );
  await judgeCycles(bytes, 6);
  // Bun counts the traces, which the program keeps, as part of its heap. The
  // first hundreds warm up.
  const all = heap as number[];
  const grown = Math.min(...all.slice(-3)) - Math.min(...all.slice(2, 5));
  const perCycle = grown / 600 - bytes.length / 1000;
  assert(perCycle < 1000, `${perCycle} bytes of heap a cycle: ${heap}`);
});
