import { test } from "node:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { TraceBuilder, workedExample } from "../support/trace_builder.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** The command line as a process of its own, with `input` on its standard input. */
async function runMain(
  args: string[],
  input: Uint8Array,
  onOutput: (piece: Uint8Array, close: () => void) => void,
): Promise<{ status: number | null; error: string }> {
  const child = spawn(process.execPath, ["run", "-A", MAIN, ...args]);
  let error = "";
  child.stderr.on("data", (piece) => error += piece);
  child.stdout.on(
    "data",
    (piece) => onOutput(piece, () => child.stdout.destroy()),
  );
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [status] = await once(child, "close");
  return { status, error };
}

test("main.ts reads the standard input and gives its exit status", async () => {
  let out = "";
  const good = await runMain(
    ["dump", "-"],
    workedExample().bytes(),
    (piece) => {
      out += new TextDecoder().decode(piece);
    },
  );
  assertEquals(good, { status: 0, error: "" });
  assertEquals(out.split("\n").length, 13);
  const bad = await runMain(["dump", "-"], new Uint8Array(40), () => undefined);
  assertEquals(bad.status, 1);
  assertStringIncludes(bad.error, "not a trace file");
  const wrong = await runMain(["dump"], new Uint8Array(0), () => undefined);
  assertEquals(wrong.status, 2);
});

test("main.ts ends quietly when its output is cut off, as head does", async () => {
  const trace = new TraceBuilder().batch(0, 1).frequency();
  for (let round = 0; round < 100_000; round++) {
    trace.event("HeapAlloc", 1, round);
  }
  let pieces = 0;
  const { status, error } = await runMain(
    ["dump", "-"],
    trace.bytes(),
    (_, close) => {
      pieces++;
      close();
    },
  );
  assertEquals([status, error, pieces], [0, "", 1]);
});
