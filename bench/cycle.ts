/**
 * What recording adds to one suspend/resume cycle, against what Go's tracer adds to one of its own in the same run.
 *
 * A round measures each front end in processes of its own (`cycle_program.mjs`) and `go/pingpong`. Compared are the added
 * times of a round, by the wall clock and by CPU time. With hooks the program is measured before and while it is recorded;
 * code that the preload has transformed is measured against the same code without a preload, in a process just before.
 */
import { fileURLToPath } from "node:url";
import type { Bench, BenchOptions } from "./support/bench.ts";
import {
  BUN_HOOKS,
  BUN_TRANSFORM,
  DENO_HOOKS,
  DENO_INTERNAL,
  DENO_TRANSFORM,
  type FrontEnd,
  NODE24_TRANSFORM,
  NODE_HOOKS,
  runtimeCommand,
  type RuntimeFiles,
  runtimeFiles,
  scriptArgs,
} from "./support/front_ends.ts";
import {
  buildGoProgram,
  type GoPingPong,
  type GoProgram,
} from "./support/go_bench.ts";
import {
  interleave,
  ratio,
  type Samples,
  spread,
  type Variant,
} from "./support/interleave.ts";
import { runJson } from "./support/json_process.ts";
import { type BenchRow, errorNote } from "./support/table.ts";

const PROGRAM = fileURLToPath(new URL("cycle_program.mjs", import.meta.url));

/** Cycles between two readings of the clock. */
const CYCLES = 40_000;

/** Per cycle, in nanoseconds. */
interface Times {
  readonly wallNs: number;
  readonly cpuNs: number;
}

/** What `cycle_program.mjs` prints. */
interface CycleResult {
  readonly off: Times;
  readonly on: Times;
  readonly stopped: Times;
  readonly eventsPerCycle: number;
  readonly error?: string;
}

/** One front end and its bounds, as multiples of what Go adds. */
interface Subject extends FrontEnd {
  readonly must: number;
  readonly aim: number;
}

const SUBJECTS: readonly Subject[] = [
  { ...DENO_HOOKS, must: 1.7, aim: 1 },
  { ...DENO_INTERNAL, must: 1.2, aim: 0.7 },
  { ...DENO_TRANSFORM, must: 1, aim: 0.6 },
  { ...NODE_HOOKS, must: 1.2, aim: 0.7 },
  { ...NODE24_TRANSFORM, must: 1, aim: 0.6 },
  { ...BUN_HOOKS, must: 1.7, aim: 1 },
  { ...BUN_TRANSFORM, must: 0.6, aim: 0.4 },
];

const GO = "Go";

/** Another name for the CPU time of a variant, beside its wall time. */
const cpuOf = (name: string): string => `${name}, CPU`;

/** One for each runtime: what fails on one is still measured on the other, beside Go's figures of the same minute. */
export const cycleBenches: readonly Bench[] = ["deno", "bun", "node"].map((
  runtime,
) => ({
  name: `cycle.${runtime}`,
  run: (options) =>
    cycleRows(
      SUBJECTS.filter((subject) => subject.runtime.startsWith(runtime)),
      options,
    ),
}));

/** What one front end has given, in order of rounds. */
class Measured {
  readonly results: CycleResult[] = [];
  /** Added by code that is transformed but not recorded. */
  readonly idleNs: number[] = [];
}

async function cycleRows(
  subjects: readonly Subject[],
  options: BenchOptions,
): Promise<BenchRow[]> {
  const go = await buildGoProgram("pingpong");
  const files = await runtimeFiles(subjects[0].runtime);
  try {
    const rows: BenchRow[] = [];
    const able: Subject[] = [];
    for (const subject of subjects) {
      // A run that is thrown away: the code caches are filled, and what fails here fails alone.
      try {
        await runSubject(subject, files, ["1", "2000"]);
        able.push(subject);
      } catch (error) {
        console.error(error);
        const { name, must, aim } = subject;
        rows.push({
          measure: `cycle, added / added by Go, ${name}`,
          must,
          aim,
          better: "smaller",
          note: errorNote(error),
        });
      }
    }
    if (able.length > 0) rows.push(...await ableRows(able, files, go, options));
    return rows;
  } finally {
    await go?.remove();
    await files.remove();
  }
}

async function ableRows(
  subjects: readonly Subject[],
  files: RuntimeFiles,
  go: GoProgram | undefined,
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  const rounds = quick ? ["5", String(CYCLES / 2)] : ["7", String(CYCLES)];
  const measured = new Map(subjects.map(({ name }) => [name, new Measured()]));
  const cpu = new Map<string, number[]>();
  // The CPU time of the measurement that `measure` gives the wall time of.
  let cpuNs = 0;
  const variants: Variant[] = subjects.map((subject) => ({
    name: subject.name,
    measure: async () => {
      const { result, base } = await runSubject(subject, files, rounds);
      const { results, idleNs } = measured.get(subject.name)!;
      results.push(result);
      if (subject.preload) idleNs.push(result.off.wallNs - base.wallNs);
      cpuNs = result.on.cpuNs - base.cpuNs;
      return result.on.wallNs - base.wallNs;
    },
  }));
  if (go !== undefined) {
    variants.push({
      name: GO,
      measure: async () => {
        const { addedNs, addedCpuNs } = await go.run([
          `-pairs=${quick ? 3 : 5}`,
          "-roundtrips=100000",
        ]) as GoPingPong;
        cpuNs = addedCpuNs;
        return addedNs;
      },
    });
  }
  const samples = await interleave(variants, {
    rounds: quick ? 3 : 7,
    warmups: 0,
    onMeasured: (name) => {
      const list = cpu.get(cpuOf(name));
      if (list === undefined) cpu.set(cpuOf(name), [cpuNs]);
      else list.push(cpuNs);
    },
  });
  return [
    ...subjects.flatMap((subject) => [
      subjectRow(subject, subject.name, samples, GO, "wall clock"),
      subjectRow(subject, cpuOf(subject.name), cpu, cpuOf(GO), "CPU time"),
    ]),
    ...subjects.flatMap(({ name, preload }) => [
      ...preload ? [idleRow(name, measured.get(name)!)] : [],
      stoppedRow(name, measured.get(name)!),
    ]),
  ];
}

/**
 * One process, or with a preload two: `base` is the time without anything of ours.
 *
 * @throws {Error} When the recording failed, or saw other events than three a cycle: that costs something else.
 */
async function runSubject(
  { name, runtime, hooks, preload }: Subject,
  files: RuntimeFiles,
  rounds: readonly string[],
): Promise<{ readonly result: CycleResult; readonly base: Times }> {
  const command = await runtimeCommand(runtime);
  const bare = preload
    ? await runJson(command, [
      ...scriptArgs(runtime, PROGRAM),
      "-",
      "",
      ...rounds,
    ]) as Pick<CycleResult, "off">
    : undefined;
  const result = await runJson(command, [
    ...scriptArgs(runtime, PROGRAM, preload ? files.preload : undefined),
    files.library,
    hooks,
    ...rounds,
  ]) as CycleResult;
  const { eventsPerCycle, error } = result;
  if (error !== undefined || !(eventsPerCycle >= 3 && eventsPerCycle < 3.2)) {
    throw new Error(
      `Cannot measure cycles of ${name}: found ${eventsPerCycle} events a cycle, wanted 3; error ${error}`,
    );
  }
  return { result, base: (bare ?? result).off };
}

function subjectRow(
  { name, must, aim }: Subject,
  figures: string,
  samples: Samples,
  go: string,
  clock: string,
): BenchRow {
  const row = {
    measure: `cycle, added / added by Go, ${name}: ${clock}`,
    must,
    aim,
    better: "smaller",
  } as const;
  const ours = spread(samples.get(figures) ?? []).median;
  if (!samples.has(go)) {
    return {
      ...row,
      note: `no Go 1.23 or later to compare with; adds ${ours.toFixed(0)} ns`,
    };
  }
  const theirs = spread(samples.get(go) ?? []).median;
  return {
    ...row,
    value: ratio(samples, figures, go),
    note: `${ours.toFixed(0)} / ${theirs.toFixed(0)} ns`,
  };
}

/** What transformed code pays before the first start. */
function idleRow(name: string, { idleNs }: Measured): BenchRow {
  return {
    measure: `cycle, added by the preload, not recording, ${name}`,
    value: spread(idleNs),
    unit: "ns",
    better: "smaller",
  };
}

/** What an await pays for having been recorded once: not all hooks can be taken out again without a trace. */
function stoppedRow(name: string, { results }: Measured): BenchRow {
  const off = spread(results.map(({ off }) => off.wallNs)).median;
  return {
    measure: `cycle, added after stop, ${name}`,
    value: spread(
      results.map(({ stopped, off }) => stopped.wallNs - off.wallNs),
    ),
    unit: "ns",
    better: "smaller",
    note: `a cycle takes ${off.toFixed(0)} ns before the first start`,
  };
}
