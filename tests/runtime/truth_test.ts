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
const JUDGED = 4;

/** Awaits at which nothing happens that the accessor could see: of what is no promise of the realm's own. */
const UNSEEN_BY_ACCESSOR = [Wait.Value, Wait.Thenable, Wait.Subclass];

/** What has such awaits. */
const UNSEEN_FEATURES = ["plain values", "thenables", "subclasses"] as const;

/** One comparison. */
interface Suite {
  readonly name: string;
  readonly frontEnd: FrontEnd;
  readonly programs: ProgramFolder;
  readonly count: number;
  /** Share of wrong links that there may be. */
  readonly limit: number;
  /** True if wakes and callbacks must be right. */
  readonly isExact: boolean;
}

const frontEnds = await findFrontEnds();
const all = await ProgramFolder.make(SEED, COUNT, { timers: true });
const seen = await ProgramFolder.make(SEED, COUNT, {
  timers: true,
  without: UNSEEN_FEATURES,
});

after(async () => {
  await frontEnds.remove();
  await all.remove();
  await seen.remove();
});

for (const suite of frontEnds.all.flatMap(suitesOf)) {
  test(
    `the trace of random programs says what they did: ${suite.name}`,
    { skip: suite.frontEnd.missing ?? false },
    () => judgeSuite(suite),
  );
}

function suitesOf(frontEnd: FrontEnd): Suite[] {
  const { name, hooks } = frontEnd;
  const suite = { name, frontEnd, programs: all, count: COUNT, isExact: true };
  if (frontEnd.isTransformed) return [{ ...suite, limit: 0 }];
  // The same hooks by another way.
  const few = Math.ceil(COUNT / 4);
  if (hooks === "internal") return [{ ...suite, count: few, limit: 0.001 }];
  if (!isAccessor(frontEnd)) return [{ ...suite, limit: 0.001 }];
  return [
    { ...suite, programs: seen, limit: 0.01 },
    // What runs after an await unseen is put down to another, and so are the awaits in it.
    {
      ...suite,
      name: `${name}, where it cannot see all awaits`,
      count: few,
      limit: 0.1,
      isExact: false,
    },
  ];
}

function isAccessor({ runtime, isTransformed }: FrontEnd): boolean {
  return runtime === "bun" && !isTransformed;
}

async function judgeSuite(suite: Suite): Promise<void> {
  const { frontEnd, programs, count } = suite;
  const record = recordOptions(frontEnd);
  const runs = await programs.run(frontEnd, { timers: true, record, count });
  const found = compareAll(frontEnd, runs);
  console.log(row(suite, found));
  const share = found.wrongLinks / found.awaits;
  const told = found.details.slice(0, 20).join("\n");
  assert(found.awaits > count * 20, `${found.awaits} awaits`);
  assert(share <= suite.limit, `${share} of the links\n${told}`);
  if (suite.isExact) {
    assertEquals(found.wrongFirsts, 0, told);
    assertEquals(found.wrongCallbacks, 0, told);
    // Of several that ended in one turn, the accessor may name another.
    const wrongWakes = isAccessor(frontEnd) ? found.wakes.right / 1000 : 0;
    assert(found.wakes.wrong <= wrongWakes, told);
    const { right, wrong } = found.reasons;
    assert(wrong <= right / 1000, `${wrong} reasons are wrong\n${told}`);
  }
  await judgeWithGo(
    spread(runs, JUDGED).map(({ program, recorded }) => ({
      name: `program ${program.seed}, ${suite.name}`,
      bytes: recorded!.trace,
    })),
  );
}

/**
 * The budgets are for programs that run their code more than once; these do not. V8's hooks need none.
 */
function recordOptions(frontEnd: FrontEnd): Record<string, unknown> {
  const { hooks, isTransformed } = frontEnd;
  if (isTransformed) return { hooks, wakers: "all" };
  return isAccessor(frontEnd)
    ? { hooks, wakers: "all", stacks: "all" }
    : { hooks };
}

function compareAll(
  frontEnd: FrontEnd,
  runs: readonly ProgramRuns[],
): Findings {
  const sum = noFindings();
  for (const { program, recorded } of runs) {
    const title = `program ${program.seed}`;
    const trace = judgeTrace(recorded!.trace, `${title}, ${frontEnd.name}`);
    const found = compare(readTruth(recorded!.events), trace, {
      origin: recorded!.origin,
      hasFirsts: frontEnd.isTransformed,
      // Nothing tells it from a call that goes on beside.
      areReturnsFree: isAccessor(frontEnd),
      unseen: isAccessor(frontEnd) ? UNSEEN_BY_ACCESSOR : [],
    });
    const details = found.details.map((text) => `${title}: ${text}`);
    addFindings(sum, { ...found, details });
  }
  return sum;
}

function row({ name }: Suite, found: Findings): string {
  const { wakes, reasons } = found;
  return `${name}: ${found.awaits} awaits, links wrong ${found.wrongLinks}, ` +
    `misbilled ${found.misbilled}, ` +
    `callbacks ${found.callbacks} (wrong ${found.wrongCallbacks}), ` +
    `first slices ${found.firsts} (wrong ${found.wrongFirsts}), ` +
    `unblocked by ${wakes.right} right, ${wakes.unrecorded} unrecorded, ${wakes.wrong} wrong, ${wakes.unseen} unseen, ` +
    `reasons ${reasons.right} right, ${reasons.unknown} unknown, ${reasons.wrong} wrong`;
}
