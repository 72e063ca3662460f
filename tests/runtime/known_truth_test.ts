/** A program whose truth is known, under the real Deno and Bun; tests/node has the same for Node. */

import { test } from "node:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-types="./known_truth_check.d.ts"
import { checkKnownTruth } from "../node/known_truth_check.mjs";
import { assertEquals } from "../support/assert.ts";
import { findRuntime, run } from "../support/processes.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";

const PROGRAM = fileURLToPath(
  new URL("../node/known_truth_program.mjs", import.meta.url),
);
const LOOPTRACE = new URL("../../mod.ts", import.meta.url).href;

/** Runs of which one must have right times: others use this machine too. */
const ATTEMPTS = 4;

const RUNTIMES = [
  { name: "deno", args: ["run", "-A"], task: "task" },
  { name: "bun", args: ["run"], task: "unknown" },
] as const;

for (const { name, args, task } of RUNTIMES) {
  test(`start() records exactly the goroutines, states, wakers and times of a program whose truth is known, on ${name}`, async (t) => {
    const runtime = await findRuntime(name);
    if (runtime === undefined) return t.skip(`no ${name} here`);
    const folder = await mkdtemp(join(tmpdir(), "looptrace-truth-"));
    try {
      const file = join(folder, "trace.out");
      let wrong: string[] = [];
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { code, stdout, stderr } = await run(runtime, [
          ...args,
          PROGRAM,
          LOOPTRACE,
          file,
        ]);
        assertEquals([code, stderr], [0, ""]);
        const trace = judgeTrace(await readFile(file), "known truth");
        const truth = JSON.parse(new TextDecoder().decode(stdout));
        wrong = checkKnownTruth(trace, truth, { task });
        if (wrong.length === 0) break;
      }
      assertEquals(wrong, []);
      await judgeWithGo([{ name: "known truth", bytes: await readFile(file) }]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
