/**
 * The truth suite: random programs say themselves who ran when, who waited for what and who settled it; what the trace
 * says is compared with that, on every front end.
 *
 * LOOPTRACE_SEED and LOOPTRACE_PROGRAMS choose other programs, and more.
 */
import { after, test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { judgeTrace, judgeWithGo, spread } from "../support/trace_judge.ts";
import {
  addFindings,
  compare,
  type Findings,
  noFindings,
} from "./truth/compare.ts";
import { Wait } from "./truth/kinds.mjs";
import { ProgramFolder, type ProgramRuns } from "./truth/run_programs.ts";
import { readTruth } from "./truth/truth.ts";

const SEED = Number(process.env.LOOPTRACE_SEED ?? 2026);
const COUNT = Number(process.env.LOOPTRACE_PROGRAMS ?? 504);

/** Traces of a front end that Go's tools read. */
const JUDGED = 6;

/**
 * Awaits at which nothing happens that the accessor could see: nobody asks for the constructor of what is no promise of
 * the realm's own. What runs after them is not judged there.
 */
const UNSEEN_BY_ACCESSOR = [Wait.Value, Wait.Thenable, Wait.Subclass];

/** Share of wrong links that each kind of front end may have. */
const LIMITS = { transform: 0, hooks: 0.001, accessor: 0.01 };

const frontEnds = await findFrontEnds();
const programs = await ProgramFolder.make(SEED, COUNT, { timers: true });
const table: string[] = [];

after(async () => {
  await frontEnds.remove();
  await programs.remove();
  console.log(table.join("\n"));
});

for (const frontEnd of frontEnds.all) {
  test(
    `the trace of random programs says what they did: ${frontEnd.name}`,
    { skip: frontEnd.missing ?? false },
    async () => {
      const record = { hooks: frontEnd.hooks };
      const runs = await programs.run(frontEnd, { timers: true, record });
      const found = compareAll(frontEnd, runs);
      table.push(row(frontEnd, found));
      const share = found.wrongLinks / found.awaits;
      const told = found.details.slice(0, 20).join("\n");
      assert(found.awaits > COUNT * 20, `${found.awaits} awaits`);
      assert(share <= limitOf(frontEnd), `${share} of the links\n${told}`);
      assertEquals(found.wrongFirsts, 0, told);
      assertEquals(found.wrongCallbacks, 0, told);
      assertEquals(found.wakes.wrong, 0, told);
      await judgeWithGo(
        spread(runs, JUDGED).map(({ program, recorded }) => ({
          name: `program ${program.seed}, ${frontEnd.name}`,
          bytes: recorded!.trace,
        })),
      );
    },
  );
}

function limitOf({ isTransformed, runtime }: FrontEnd): number {
  if (isTransformed) return LIMITS.transform;
  return runtime === "bun" ? LIMITS.accessor : LIMITS.hooks;
}

function compareAll(
  { name, isTransformed, runtime }: FrontEnd,
  runs: readonly ProgramRuns[],
): Findings {
  const sum = noFindings();
  const isAccessor = runtime === "bun" && !isTransformed;
  for (const { program, recorded } of runs) {
    const title = `program ${program.seed}`;
    const trace = judgeTrace(recorded!.trace, `${title}, ${name}`);
    const found = compare(readTruth(recorded!.events), trace, {
      origin: recorded!.origin,
      hasFirsts: isTransformed,
      unseen: isAccessor ? UNSEEN_BY_ACCESSOR : [],
    });
    const details = found.details.map((text) => `${title}: ${text}`);
    addFindings(sum, { ...found, details });
  }
  return sum;
}

function row({ name }: FrontEnd, found: Findings): string {
  const { wakes, reasons } = found;
  return `${name}: ${found.awaits} awaits, links wrong ${found.wrongLinks}, ` +
    `misbilled ${found.misbilled}, ` +
    `callbacks ${found.callbacks} (wrong ${found.wrongCallbacks}), ` +
    `first slices ${found.firsts} (wrong ${found.wrongFirsts}), ` +
    `unblocked by ${wakes.right} right, ${wakes.unrecorded} unrecorded, ${wakes.wrong} wrong, ${wakes.unseen} unseen, ` +
    `reasons ${reasons.right} right, ${reasons.unknown} unknown, ${reasons.wrong} wrong`;
}
