/**
 * A recording changes nothing: random programs, without a recording, with one and after it, do the same in the same
 * order, microtasks included, and the same rejections are unhandled. On every front end.
 *
 * The one exception is the engine's: once Bun's accessor is installed, `finally` takes as many microtasks as in V8.
 */
import { after, test } from "node:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";
import { judgeTrace } from "../support/trace_judge.ts";
import type { Program } from "./truth/generator.ts";
import { Kind, STRIDE } from "./truth/log.mjs";
import { ProgramFolder, type ProgramRun } from "./truth/run_programs.ts";

const SEED = Number(process.env.LOOPTRACE_SEED ?? 1122);
const COUNT = Number(process.env.LOOPTRACE_PROGRAMS ?? 150);

const REJECTIONS = fileURLToPath(
  new URL("no_change/rejections.mjs", import.meta.url),
);
const CRASH = fileURLToPath(new URL("no_change/crash.mjs", import.meta.url));

const frontEnds = await findFrontEnds();
const all = await ProgramFolder.make(SEED, COUNT, { timers: false });
const withoutFinally = await ProgramFolder.make(SEED, COUNT, {
  timers: false,
  without: ["finally"],
});

after(async () => {
  await frontEnds.remove();
  await all.remove();
  await withoutFinally.remove();
});

for (const frontEnd of frontEnds.all) {
  const { name, missing, hooks, isTransformed } = frontEnd;
  const isAccessor = frontEnd.runtime === "bun" && !isTransformed;
  const skip = missing ?? false;

  test(
    `a recording changes nothing of what random programs do, nor its order: ${name}`,
    { skip },
    async () => {
      const programs = isAccessor ? withoutFinally : all;
      const plain = await programs.run(frontEnd, { timers: false });
      const recorded = await programs.run(frontEnd, {
        timers: false,
        record: { hooks, stacks: hooks === "internal" ? "off" : "budget" },
        after: true,
      });
      let lines = 0;
      let unhandled = 0;
      let events = 0;
      for (const [index, { program, plain: before }] of plain.entries()) {
        const runs = recorded[index];
        assertSame(program, "recorded", before!, runs.recorded!);
        assertSame(program, "after", before!, runs.after!);
        const title = `program ${program.seed}, ${name}`;
        events += judgeTrace(runs.recorded!.trace, title).length;
        lines += before!.events.length / STRIDE;
        unhandled += countOf(before!.events, Kind.Unhandled);
      }
      assert(lines > COUNT * 50, `${lines} things were logged`);
      assert(events > lines / 4, `${events} events in the traces`);
      assert(unhandled > COUNT / 4, `${unhandled} unhandled rejections`);
    },
  );

  test(
    `a recording changes nothing of which rejections are unhandled: ${name}`,
    { skip },
    async () => {
      const { plain } = await runScenarios(frontEnd, false);
      const { recorded, after } = await runScenarios(frontEnd, true);
      for (const [scenario, lines] of Object.entries(plain!)) {
        assertEquals(recorded![scenario], lines, `recorded: ${scenario}`);
        assertEquals(after![scenario], lines, `after: ${scenario}`);
      }
      assertEquals(Object.keys(plain!).length, 17);
      const told = Object.values(plain!).flat();
      const unhandled = told.filter((line) => line.startsWith("unhandled "));
      assert(unhandled.length > 12, `${told}`);
    },
  );

  test(
    `a rejection that nobody handles ends a recorded program as it does without: ${name}`,
    { skip },
    async () => {
      const plain = await run(frontEnd.command, [...frontEnd.plainArgs, CRASH]);
      const recorded = await run(
        frontEnd.command,
        [...frontEnd.args, CRASH, ...libraryArgs(frontEnd)],
      );
      assertEquals(recorded.code, plain.code);
      assert(plain.code !== 0);
      const text = "RangeError: nobody handles this";
      for (const { stdout, stderr } of [plain, recorded]) {
        assertEquals(new TextDecoder().decode(stdout), "");
        assertEquals(stderr.split(text).length, 2, stderr);
      }
    },
  );
}

type Lines = Readonly<Record<string, readonly string[]>>;

async function runScenarios(
  frontEnd: FrontEnd,
  isRecorded: boolean,
): Promise<{ plain?: Lines; recorded?: Lines; after?: Lines }> {
  const { code, stdout, stderr } = await run(
    frontEnd.command,
    isRecorded
      ? [...frontEnd.args, REJECTIONS, ...libraryArgs(frontEnd)]
      : [...frontEnd.plainArgs, REJECTIONS],
  );
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function libraryArgs({ library, hooks }: FrontEnd): string[] {
  return [library, JSON.stringify({ hooks })];
}

/** Throws unless the two runs logged the same, times left out. */
function assertSame(
  { seed }: Program,
  what: string,
  plain: ProgramRun,
  other: ProgramRun,
): void {
  const wanted = eventsOf(plain);
  const found = eventsOf(other);
  const at = wanted.findIndex((text, index) => text !== found[index]);
  if (at < 0 && wanted.length === found.length) return;
  const from = Math.max(at < 0 ? wanted.length : at, 3) - 3;
  assertEquals(
    found.slice(from, from + 8),
    wanted.slice(from, from + 8),
    `program ${seed} ${what}, from event ${from} on`,
  );
}

function eventsOf({ events }: ProgramRun): string[] {
  const names = Object.entries(Kind);
  const texts: string[] = [];
  for (let at = 0; at < events.length; at += STRIDE) {
    const [kind, ...details] = events.slice(at, at + STRIDE - 1);
    const name = names.find(([, value]) => value === kind)![0];
    texts.push(`${name} ${details.join(" ")}`);
  }
  return texts;
}

function countOf(events: readonly number[], kind: number): number {
  let count = 0;
  for (let at = 0; at < events.length; at += STRIDE) {
    if (events[at] === kind) count++;
  }
  return count;
}
