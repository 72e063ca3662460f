/**
 * What recording adds to one suspend/resume cycle, against what Go's tracer adds to one of its own in the same run.
 *
 * A round is one process of each variant: `cycle_program.mjs` under Deno with either kind of hooks and under Node, and
 * `go/pingpong`. Compared are the added times of a round, by the wall clock and by CPU time.
 */
import { fileURLToPath } from "node:url";
import { findRuntime } from "../tests/support/processes.ts";
import type { Bench, BenchOptions } from "./support/bench.ts";
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
import { buildNodeFiles } from "./support/node_files.ts";
import type { BenchRow } from "./support/table.ts";

const PROGRAM = fileURLToPath(new URL("cycle_program.mjs", import.meta.url));
const LIBRARY = new URL("../mod.ts", import.meta.url).href;

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

/** One runtime and kind of hooks. */
interface Subject {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly must: number;
  readonly aim: number;
}

const GO = "Go";

/** Another name for the CPU time of a variant, beside its wall time. */
const cpuOf = (name: string): string => `${name}, CPU`;

export const cycleBench: Bench = {
  name: "cycle",
  async run(options) {
    const files = await buildNodeFiles();
    const go = await buildGoProgram("pingpong");
    try {
      const subjects: Subject[] = [
        { ...await subject("deno", LIBRARY, "public"), must: 1.7, aim: 1 },
        { ...await subject("deno", LIBRARY, "internal"), must: 1.2, aim: 0.7 },
        {
          ...await subject("node", files.library, "public"),
          must: 1.2,
          aim: 0.7,
        },
      ];
      return await cycleRows(subjects, go, options);
    } finally {
      await go?.remove();
      await files.remove();
    }
  },
};

async function subject(
  runtime: "deno" | "node",
  library: string,
  hooks: "public" | "internal",
): Promise<Pick<Subject, "name" | "command" | "args">> {
  const command = await findRuntime(runtime);
  if (command === undefined) {
    throw new Error(`Cannot measure cycles: found no ${runtime}`);
  }
  const flags = runtime === "deno" ? ["run", "-A"] : [];
  const name = runtime === "node"
    ? "Node"
    : hooks === "public"
    ? "Deno"
    : 'Deno, hooks: "internal"';
  return { name, command, args: [...flags, PROGRAM, library, hooks] };
}

async function cycleRows(
  subjects: readonly Subject[],
  go: GoProgram | undefined,
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  // Figures of one measurement beside the one that `measure` gives.
  let result: CycleResult | undefined;
  let cpuNs = 0;
  const results = new Map<string, CycleResult[]>();
  const cpu = new Map<string, number[]>();
  const variants: Variant[] = subjects.map(({ name, command, args }) => ({
    name,
    measure: async () => {
      result = await runJson(command, [
        ...args,
        String(quick ? 5 : 7),
        String(quick ? CYCLES / 2 : CYCLES),
      ]) as CycleResult;
      checkResult(name, result);
      cpuNs = result.on.cpuNs - result.off.cpuNs;
      return result.on.wallNs - result.off.wallNs;
    },
  }));
  if (go !== undefined) {
    variants.push({
      name: GO,
      measure: async () => {
        result = undefined;
        const measured = await go.run([
          `-pairs=${quick ? 3 : 5}`,
          "-roundtrips=100000",
        ]) as GoPingPong;
        cpuNs = measured.addedCpuNs;
        return measured.addedNs;
      },
    });
  }
  const samples = await interleave(variants, {
    rounds: quick ? 3 : 7,
    warmups: quick ? 0 : 1,
    onMeasured: (name) => {
      add(cpu, cpuOf(name), cpuNs);
      if (result !== undefined) add(results, name, result);
    },
  });
  const rows = subjects.flatMap((subject) => [
    subjectRow(subject, subject.name, samples, GO, "wall clock"),
    subjectRow(subject, cpuOf(subject.name), cpu, cpuOf(GO), "CPU time"),
  ]);
  return [...rows, ...subjects.map(({ name }) => stoppedRow(name, results))];
}

/** A recording that failed, or that saw other events than three a cycle, costs something else. */
function checkResult(name: string, result: CycleResult): void {
  const { eventsPerCycle, error } = result;
  if (error !== undefined || !(eventsPerCycle >= 3 && eventsPerCycle < 3.2)) {
    throw new Error(
      `Cannot measure cycles of ${name}: found ${eventsPerCycle} events a cycle, wanted 3; error ${error}`,
    );
  }
}

function subjectRow(
  { name, must, aim }: Subject,
  figures: string,
  samples: Samples,
  go: string,
  clock: string,
): BenchRow {
  const ours = spread(samples.get(figures) ?? []).median;
  if (!samples.has(go)) {
    return {
      measure: `cycle, added / added by Go, ${name}: ${clock}`,
      must,
      aim,
      better: "smaller",
      note: `no Go 1.23 or later to compare with; adds ${ours.toFixed(0)} ns`,
    };
  }
  const theirs = spread(samples.get(go) ?? []).median;
  return {
    measure: `cycle, added / added by Go, ${name}: ${clock}`,
    value: ratio(samples, figures, go),
    must,
    aim,
    better: "smaller",
    note: `${ours.toFixed(0)} / ${theirs.toFixed(0)} ns`,
  };
}

/** What an await pays for having been recorded once: Deno's hooks cannot be taken out again. */
function stoppedRow(
  name: string,
  results: ReadonlyMap<string, readonly CycleResult[]>,
): BenchRow {
  const found = results.get(name) ?? [];
  const off = spread(found.map(({ off }) => off.wallNs)).median;
  return {
    measure: `cycle, added after stop, ${name}`,
    value: spread(found.map(({ stopped, off }) => stopped.wallNs - off.wallNs)),
    unit: "ns",
    better: "smaller",
    note: `a cycle takes ${off.toFixed(0)} ns before the first start`,
  };
}

function add<T>(lists: Map<string, T[]>, name: string, value: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}
