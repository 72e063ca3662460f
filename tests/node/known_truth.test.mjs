/** A program whose truth is known, under Node and from the published package; tests/runtime has the same for Deno. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkKnownTruth } from "./known_truth_check.mjs";

/** Runs of which one must have right times: others use this machine too. */
const ATTEMPTS = 4;

test("start() records exactly the goroutines, states, wakers and times of a program whose truth is known", async () => {
  const { readTrace } = await import("@looptrace/looptrace/reader");
  const program = join(import.meta.dirname, "known_truth_program.mjs");
  const folder = mkdtempSync(join(tmpdir(), "looptrace-truth-"));
  try {
    const file = join(folder, "trace.out");
    let wrong = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [
        program,
        "@looptrace/looptrace",
        file,
      ], { encoding: "utf8", timeout: 20_000 });
      assert.deepEqual([status, stderr], [0, ""]);
      const trace = await readTrace(readFileSync(file), { strict: true });
      assert.deepEqual([...trace.warnings], []);
      wrong = checkKnownTruth(trace, JSON.parse(stdout));
      if (wrong.length === 0) break;
    }
    assert.deepEqual(wrong, []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
