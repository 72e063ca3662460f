/** `loopUtilization()` on every front end, against programs that measure their own load. */
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";

const PROGRAM = fileURLToPath(
  new URL("probes/loop_load.mjs", import.meta.url),
);

/** What may lie between what the program measured and what the library says. */
const POINTS = 0.03;

/** The machine may be at something else in one try; what is wrong by design is wrong in all. */
const TRIES = 4;

/** What the program measured of itself in one round, and what the library found. */
interface Round {
  readonly share: number;
  readonly expected: number;
  readonly utilization: number;
  readonly longestMs: number;
  readonly longestTurnMs: number;
  readonly totalMs: number;
  readonly foundTotalMs: number;
}

const frontEnds = await findFrontEnds();

after(() => frontEnds.remove());

for (const frontEnd of frontEnds.all) {
  test(
    `loopUtilization() is right within 3 points: ${frontEnd.name}`,
    { skip: frontEnd.missing ?? false },
    async () => {
      const { rounds, idle, stopped } = await measure(frontEnd);
      assertEquals([idle, stopped], [true, true], "while nothing records");
      const shares = [...new Set(rounds.map(({ share }) => share))];
      assertEquals(shares.length, 3);
      for (const share of shares) {
        const tries = rounds.filter((round) => round.share === share);
        assert(tries.some(isRight), JSON.stringify(tries, null, 1));
      }
    },
  );
}

function isRight(round: Round): boolean {
  const { expected, utilization, longestMs, longestTurnMs } = round;
  return Math.abs(utilization - expected) <= POINTS &&
    Math.abs(round.totalMs / round.foundTotalMs - 1) < 0.05 &&
    longestTurnMs >= longestMs - 0.1 && longestTurnMs <= longestMs * 1.5 + 2;
}

async function measure(
  { command, args, library, hooks }: FrontEnd,
): Promise<{ rounds: Round[]; idle: boolean; stopped: boolean }> {
  const { code, stdout, stderr } = await run(command, [
    ...args,
    PROGRAM,
    library,
    hooks,
    String(POINTS),
    String(TRIES),
  ]);
  assertEquals(code, 0, stderr);
  return JSON.parse(new TextDecoder().decode(stdout));
}
