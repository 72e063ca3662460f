/** The example of a program that is recorded without knowing it. */
import { readFile, rm } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "../../bench/support/front_ends.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { run } from "../support/processes.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";
import { summarize } from "../../src/analysis/summary.ts";

const FOLDER = fileURLToPath(
  new URL("../../examples/preload/", import.meta.url),
);

/** As the head of record.ts has it. */
const COMMANDS = {
  bun: ["--preload", "./record.ts", "app.ts"],
  deno: [
    "run",
    "-A",
    "--preload=../../src/preload.ts",
    "--preload=record.ts",
    "app.ts",
  ],
  node24: [
    "--import",
    "../../src/preload.ts",
    "--import",
    "./record.ts",
    "app.ts",
  ],
} as const;

for (const [runtime, args] of Object.entries(COMMANDS)) {
  const command = await runtimeCommand(runtime as keyof typeof COMMANDS)
    .catch(() => undefined);
  test(
    `${runtime}: examples/preload records a program that knows nothing of it`,
    {
      skip: command === undefined ? `no ${runtime} here` : false,
    },
    async () => {
      assert(command !== undefined);
      const { code, stdout, stderr } = await run(command, args, {
        cwd: FOLDER,
      });
      assertEquals([code, stderr], [0, ""]);
      assert(/^\d+ README\.md$/m.test(new TextDecoder().decode(stdout)));
      const file = `${FOLDER}trace.out`;
      const bytes = new Uint8Array(await readFile(file));
      await rm(file);
      const trace = judgeTrace(bytes, runtime);
      await judgeWithGo([{ name: runtime, bytes }]);
      // Three workers, but one need not wait if there are but two files.
      const { entries } = summarize(trace);
      const work = entries.find(({ name }) => name === "work");
      assert(work !== undefined, entries.map(({ name }) => name).join());
      assertEquals([work.file, work.ended], ["app.ts", work.count]);
    },
  );
}
