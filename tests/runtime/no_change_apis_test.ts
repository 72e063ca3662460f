/**
 * With a recording and after it the wrapped functions do what they do without: what waits for them goes on in the same
 * order, microtask by microtask, they give and throw the same, and look the same. On every front end.
 */
import { after, test } from "node:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";

const RUNNER = fileURLToPath(
  new URL("no_change/api_runner.mjs", import.meta.url),
);

/** Part of a front end's name, for who looks for a defect. */
const { LOOPTRACE_FRONT_END = "" } = process.env;

const frontEnds = await findFrontEnds();

after(() => frontEnds.remove());

for (const frontEnd of frontEnds.all) {
  const { name, missing } = frontEnd;
  if (!name.includes(LOOPTRACE_FRONT_END)) continue;
  test(`a recording changes nothing of what wrapped functions do: ${name}`, {
    skip: missing ?? false,
  }, async () => {
    const { plain } = await runScenarios(frontEnd, frontEnd.plainArgs, []);
    const { library, hooks, args } = frontEnd;
    const recording = [library, JSON.stringify({ hooks })];
    const { recorded, after } = await runScenarios(frontEnd, args, recording);
    let lines = 0;
    for (const [scenario, wanted] of Object.entries(plain!)) {
      assertEquals(recorded![scenario], wanted, `recorded: ${scenario}`);
      assertEquals(after![scenario], wanted, `after: ${scenario}`);
      lines += wanted.length;
    }
    assert(lines > 500, `${lines} lines`);
    const unhandled = Object.values(plain!).flat().filter((line) =>
      line.startsWith("unhandled ")
    );
    assert(unhandled.length >= 2, `${unhandled}`);
  });
}

type Lines = Readonly<Record<string, readonly string[]>>;

async function runScenarios(
  { command }: FrontEnd,
  args: readonly string[],
  recording: readonly string[],
): Promise<{ plain?: Lines; recorded?: Lines; after?: Lines }> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-no-change-"));
  try {
    const { code, stdout, stderr } = await run(
      command,
      [...args, RUNNER, folder, ...recording],
    );
    assertEquals([code, stderr], [0, ""]);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
