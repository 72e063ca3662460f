import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { run } from "../support/processes.ts";
import {
  type BenchRuntime,
  runtimeCommand,
  scriptArgs,
} from "../../bench/support/front_ends.ts";

const RUNTIMES: readonly BenchRuntime[] = ["deno", "bun", "node", "node24"];

const absent: string[] = [];
for (const runtime of RUNTIMES) {
  await runtimeCommand(runtime).catch(() => absent.push(runtime));
}
const skip = absent.length > 0 && `this machine has no ${absent.join(", ")}`;

test("scriptArgs() runs a script on each runtime, the preload first", {
  skip,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-args-"));
  try {
    const script = join(folder, "script.mjs");
    const preload = join(folder, "preload.mjs");
    await writeFile(
      script,
      `import process from "node:process";
console.log(globalThis.ready ?? "no", process.argv[2]);
`,
    );
    await writeFile(preload, "globalThis.ready = 'ready';");
    for (const runtime of RUNTIMES) {
      const command = await runtimeCommand(runtime);
      const said = async (preload?: string): Promise<string> => {
        const args = [...scriptArgs(runtime, script, preload), "--flag"];
        const { stdout, stderr } = await run(command, args, { cwd: folder });
        return new TextDecoder().decode(stdout) + stderr;
      };
      assertEquals(await said(), "no --flag\n", runtime);
      assertEquals(await said(preload), "ready --flag\n", runtime);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("runtimeCommand() gives a newer Node for node24", { skip }, async () => {
  const { stdout } = await run(await runtimeCommand("node24"), [
    "-p",
    "typeof require('node:module').registerHooks",
  ]);
  assertEquals(new TextDecoder().decode(stdout), "function\n");
});

test("runtimeCommand() says what to do when there is no Node 24", async () => {
  const module = new URL("../../bench/support/front_ends.ts", import.meta.url);
  // In a process of its own: what was found once is remembered.
  const script = `
    import { runtimeCommand } from "${module}";
    await runtimeCommand("node24").catch((error) => console.log(error.message));
  `;
  const deno = await runtimeCommand("deno");
  const { stdout, stderr } = await run(deno, ["eval", script], {
    env: { PATH: "/nowhere", LOOPTRACE_NODE24: "" },
  });
  const text = new TextDecoder().decode(stdout);
  assertStringIncludes(text, "Cannot measure: found no node24", stderr);
  assertStringIncludes(text, "LOOPTRACE_NODE24 may name", stderr);
});
