import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../support/assert.ts";
import { findRuntime, run } from "../support/processes.ts";
import { scriptArgs } from "../../bench/support/front_ends.ts";

const BENCH = new URL("../../bench/", import.meta.url);
const LIBRARY = new URL("../../mod.ts", import.meta.url).href;

test("bench/main.ts ends with 2 and its usage when a name is unknown", async () => {
  const deno = await findRuntime("deno");
  assert(deno !== undefined, "Deno is there");
  const main = fileURLToPath(new URL("main.ts", BENCH));
  for (const wrong of ["--only=serve", "--only=encode,none", "--fast"]) {
    const { code, stdout, stderr } = await run(deno, [
      "run",
      "-A",
      main,
      wrong,
    ]);
    assertEquals([code, stdout.length], [2, 0], `${wrong}: ${stderr}`);
    assert(stderr.includes("Usage: deno task bench"), stderr);
  }
});

test("cycle_program.mjs records three events a cycle with either kind of hooks", async () => {
  const deno = await findRuntime("deno");
  assert(deno !== undefined, "Deno is there");
  const program = fileURLToPath(new URL("cycle_program.mjs", BENCH));
  for (const hooks of ["public", "internal"]) {
    const args = ["run", "-A", program, LIBRARY, hooks, "2", "2000"];
    const { code, stdout, stderr } = await run(deno, args);
    assertEquals(code, 0, stderr);
    const { off, on, eventsPerCycle, error } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    assertEquals(error, undefined, hooks);
    assert(
      eventsPerCycle >= 3 && eventsPerCycle < 3.2,
      `${hooks}: ${eventsPerCycle}`,
    );
    assert(on.wallNs > off.wallNs && off.wallNs > 0, `${hooks}: ${on.wallNs}`);
  }
});

test("cycle_program.mjs gives the time without a library on every runtime", async () => {
  const program = fileURLToPath(new URL("cycle_program.mjs", BENCH));
  for (const runtime of ["deno", "bun", "node"] as const) {
    const command = await findRuntime(runtime);
    if (command === undefined) continue; // tests/bench/front_ends_test.ts is skipped by name then
    const args = [...scriptArgs(runtime, program), "-", "", "2", "2000"];
    const { code, stdout, stderr } = await run(command, args);
    assertEquals(code, 0, stderr);
    const { off, on } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(on, undefined, runtime);
    assert(off.wallNs > 0 && off.cpuNs >= 0, `${runtime}: ${stdout}`);
  }
});
