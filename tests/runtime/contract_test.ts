/** The contract, held on every front end that this machine has; see contract.ts. */
import { after, test } from "node:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Capabilities } from "../../mod.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { checkClause, CONTRACT, type Told } from "./contract.ts";

const RUNNER = fileURLToPath(new URL("contract/runner.mjs", import.meta.url));

interface Recorded {
  readonly told: Told;
  readonly traces: Readonly<Record<string, Uint8Array>>;
}

const frontEnds = await findFrontEnds();

after(() => frontEnds.remove());

for (const frontEnd of frontEnds.all) {
  // The programs take the default hooks: a second kind on one runtime tells the same.
  if (frontEnd.hooks === "internal") continue;
  const { name } = frontEnd;
  test(
    `the contract: ${name}`,
    { skip: frontEnd.missing ?? false },
    async (t) => {
      const { told, traces } = await record(frontEnd);
      assertEquals(told.capabilities.transform, frontEnd.isTransformed);
      for (const clause of CONTRACT) {
        // What this front end cannot tell by its own word, it is not asked.
        if (clause.skip?.(told) !== undefined) continue;
        await t.test(`${clause.program}: ${name}`, () => {
          const title = `${clause.program}, ${name}`;
          const trace = judgeTrace(traces[clause.program], title);
          checkClause(clause, trace, told);
        });
      }
      const named = Object.entries(traces).map(([program, bytes]) => ({
        name: `${program}, ${name}`,
        bytes,
      }));
      assert(named.length >= 12);
      await judgeWithGo(named);
    },
  );
}

/** Records every program that this front end can be asked about. */
async function record(frontEnd: FrontEnd): Promise<Recorded> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-contract-"));
  try {
    const first = await runPrograms(frontEnd, folder, []);
    const told = toldBy(first.capabilities);
    const names = CONTRACT
      .filter(({ skip }) => skip?.(told) === undefined)
      .map(({ program }) => program);
    const { traces } = await runPrograms(frontEnd, folder, names);
    const bytes = Object.entries(traces).map(([name, trace]) =>
      [name, Uint8Array.from(atob(trace), (c) => c.charCodeAt(0))] as const
    );
    return { told, traces: Object.fromEntries(bytes) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runPrograms(
  { command, args, library }: FrontEnd,
  folder: string,
  names: readonly string[],
): Promise<{ capabilities: Capabilities; traces: Record<string, string> }> {
  const file = join(folder, "traces.json");
  const all = [...args, RUNNER, library, file, ...names];
  const { code, stdout, stderr } = await run(command, all);
  const printed = new TextDecoder().decode(stdout);
  assertEquals([code, printed, stderr], [0, "", ""]);
  return JSON.parse(await readFile(file, "utf8"));
}

function toldBy(capabilities: Capabilities): Told {
  const { awaits, transform } = capabilities;
  return { capabilities, source: transform ? "transform" : awaits };
}
