/** The same thing on all fronts, and what must be equal of it. */
import { assert, assertEquals, fail } from "../../support/assert.ts";
import { judgeTrace, judgeWithGo } from "../../support/trace_judge.ts";
import type { Trace } from "../../../src/format/trace.ts";
import type { DriverRun, Front, RuntimeFronts } from "./fronts.ts";

/** What is compared. */
export interface CompareOptions<T> {
  /** What it is called in a failure's text. */
  readonly name: string;
  runOn(front: Front): Promise<T>;
  /** What must be the same with a recording as without, a line a result. */
  linesOf(run: T): readonly string[];
  /** Whether the run without a recording is as it should be. */
  checkPlain(run: T, front: Front): void;
  /** What else is wanted of a trace. */
  checkTrace?(trace: Trace, front: Front): void;
}

/**
 * Runs the same on every front and compares each that records with its runtime's plain one. The traces are judged by
 * our reader and by Go.
 *
 * @throws {Error} When something differs, with all that does.
 */
export async function compareFronts<T extends DriverRun>(
  fronts: readonly RuntimeFronts[],
  options: CompareOptions<T>,
): Promise<void> {
  const { name, linesOf, checkPlain, checkTrace } = options;
  const runs = await runAll(fronts, options.runOn);
  const differences: string[] = [];
  const check = (what: () => void) => {
    try {
      what();
    } catch (error) {
      differences.push((error as Error).message);
    }
  };
  for (const { plain, recording } of fronts) {
    const wanted = runs.get(plain)!;
    check(() => checkPlain(wanted, plain));
    for (const front of recording) {
      const title = `${name} on ${front.name}`;
      const run = runs.get(front)!;
      check(() => {
        assertSameLines(linesOf(run), linesOf(wanted), title);
        assertEquals(run.code, wanted.code, title);
        assert(run.trace !== undefined, `${title}: no trace`);
        checkTrace?.(judgeTrace(run.trace, title), front);
      });
    }
  }
  if (differences.length > 0) fail(differences.join("\n\n"));
  await judgeWithGo(
    [...runs].flatMap(([front, { trace }]) =>
      trace === undefined
        ? []
        : [{ name: `${name} on ${front.name}`, bytes: trace }]
    ),
  );
}

/**
 * When one throws, the others are waited for before that is thrown: what they need, such as a server, may go away then.
 */
async function runAll<T>(
  fronts: readonly RuntimeFronts[],
  runOn: (front: Front) => Promise<T>,
): Promise<Map<Front, T>> {
  const started = fronts.flatMap(({ plain, recording }) =>
    [plain, ...recording].map((front) => [front, runOn(front)] as const)
  );
  await Promise.allSettled(started.map(([, run]) => run));
  const runs = new Map<Front, T>();
  for (const [front, run] of started) runs.set(front, await run);
  return runs;
}

/** Lines told of a difference. */
const TOLD = 12;

/** Fails with the first lines that differ, and what is around them, instead of with both transcripts. */
function assertSameLines(
  actual: readonly string[],
  wanted: readonly string[],
  name: string,
): void {
  const length = Math.max(actual.length, wanted.length);
  for (let first = 0; first < length; first++) {
    if (actual[first] === wanted[first]) continue;
    const from = Math.max(0, first - 2);
    const part = (lines: readonly string[]) =>
      lines.slice(from, from + TOLD).map((line) => `    ${line}`).join("\n");
    fail(
      `${name}: line ${first} of ${wanted.length} differs, found\n${
        part(actual)
      }\n  wanted\n${part(wanted)}`,
    );
  }
}
