/**
 * What recording costs where a program does little but call what is wrapped: timers, and reads of small files. Each
 * front end in processes of its own (`calls_program.mjs`), in turn; with the preload against a process without one.
 */
import { fileURLToPath } from "node:url";
import type { Bench, BenchOptions } from "./support/bench.ts";
import {
  BUN_HOOKS,
  BUN_TRANSFORM,
  DENO_HOOKS,
  DENO_TRANSFORM,
  type FrontEnd,
  NODE24_TRANSFORM,
  NODE_HOOKS,
  runtimeCommand,
  type RuntimeFiles,
  runtimeFiles,
  scriptArgs,
} from "./support/front_ends.ts";
import { spread } from "./support/interleave.ts";
import { runJson } from "./support/json_process.ts";
import { type BenchRow, errorNote } from "./support/table.ts";

const PROGRAM = fileURLToPath(new URL("calls_program.mjs", import.meta.url));

const FRONT_ENDS: readonly FrontEnd[] = [
  DENO_HOOKS,
  DENO_TRANSFORM,
  NODE_HOOKS,
  NODE24_TRANSFORM,
  BUN_HOOKS,
  BUN_TRANSFORM,
];

interface Workload {
  readonly name: "timers" | "reads";
  readonly title: string;
  readonly must: number;
  readonly aim: number;
  readonly better: BenchRow["better"];
  /** Calls of a round. */
  readonly count: number;
  /** A call has at least so many events. */
  readonly events: number;
  /** The figure from the times of a call. */
  figure(on: number, off: number): number;
}

const WORKLOADS: readonly Workload[] = [{
  name: "timers",
  title: "wrapped setTimeout, recording / off",
  must: 3,
  aim: 1.5,
  better: "smaller",
  count: 4_000,
  events: 3,
  figure: (on, off) => on / off,
}, {
  name: "reads",
  title: "10,000 small reads, on / off as reads in a second",
  must: 0.9,
  aim: 0.97,
  better: "larger",
  // Five rounds of them.
  count: 2_000,
  events: 3,
  figure: (on, off) => off / on,
}];

/** Per call, in nanoseconds. */
interface Times {
  readonly wallNs: number;
  readonly cpuNs: number;
}

/** What `calls_program.mjs` prints. */
interface CallsResult {
  readonly off: Times;
  readonly on: Times;
  readonly eventsPerCall: number;
  readonly error?: string;
}

/** One for each runtime: what fails on one is still measured on the other. */
export const callsBenches: readonly Bench[] = ["deno", "bun", "node"].map((
  runtime,
) => ({
  name: `calls.${runtime}`,
  async run(options) {
    const frontEnds = FRONT_ENDS.filter((one) =>
      one.runtime.startsWith(runtime)
    );
    const files = await runtimeFiles(frontEnds[0].runtime);
    try {
      const rows: BenchRow[] = [];
      for (const workload of WORKLOADS) {
        rows.push(...await workloadRows(workload, frontEnds, files, options));
      }
      return rows;
    } finally {
      await files.remove();
    }
  },
}));

async function workloadRows(
  workload: Workload,
  frontEnds: readonly FrontEnd[],
  files: RuntimeFiles,
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  const pairs = new Map<string, { on: Times; off: Times }[]>();
  const failures = new Map<string, unknown>();
  for (let round = 0; round < (quick ? 3 : 5); round++) {
    const order = round % 2 === 0 ? frontEnds : [...frontEnds].reverse();
    for (const frontEnd of order) {
      if (failures.has(frontEnd.name)) continue;
      try {
        const pair = await runPair(workload, frontEnd, files, quick);
        const all = pairs.get(frontEnd.name);
        if (all === undefined) pairs.set(frontEnd.name, [pair]);
        else all.push(pair);
      } catch (error) {
        console.error(error);
        failures.set(frontEnd.name, error);
      }
    }
  }
  const { must, aim, better } = workload;
  return frontEnds.flatMap(({ name }): BenchRow[] => {
    const measure = `${workload.title}, ${name}`;
    const failure = failures.get(name);
    if (failure !== undefined) {
      return [{ measure, must, aim, better, note: errorNote(failure) }];
    }
    return [["CPU time", "cpuNs"] as const, ["wall clock", "wallNs"] as const]
      .map(([clock, key]) =>
        row(workload, `${measure}: ${clock}`, pairs.get(name)!, key)
      );
  });
}

function row(
  { must, aim, better, figure }: Workload,
  measure: string,
  pairs: readonly { readonly on: Times; readonly off: Times }[],
  key: keyof Times,
): BenchRow {
  const micros = (of: "on" | "off") =>
    (spread(pairs.map((pair) => pair[of][key])).median / 1e3).toFixed(2);
  return {
    measure,
    value: spread(pairs.map(({ on, off }) => figure(on[key], off[key]))),
    must,
    aim,
    better,
    note: `${micros("on")} / ${micros("off")} us a call`,
  };
}

/**
 * One process, or with a preload two: `off` is the time without anything of ours.
 *
 * @throws {Error} When the recording failed, or did not see the calls.
 */
async function runPair(
  { name, count, events }: Workload,
  { name: frontEnd, runtime, hooks, preload }: FrontEnd,
  files: RuntimeFiles,
  quick: boolean,
): Promise<{ on: Times; off: Times }> {
  const command = await runtimeCommand(runtime);
  const rounds = [name, quick ? "3" : "5", String(count)];
  const bare = preload
    ? await runJson(command, [
      ...scriptArgs(runtime, PROGRAM),
      "-",
      "",
      ...rounds,
    ]) as Pick<CallsResult, "off">
    : undefined;
  const result = await runJson(command, [
    ...scriptArgs(runtime, PROGRAM, preload ? files.preload : undefined),
    files.library,
    hooks,
    ...rounds,
  ]) as CallsResult;
  const { eventsPerCall, error } = result;
  if (error !== undefined || !(eventsPerCall >= events)) {
    throw new Error(
      `Cannot measure ${name} of ${frontEnd}: found ${eventsPerCall} events a call, wanted ${events}; error ${error}`,
    );
  }
  return { on: result.on, off: (bare ?? result).off };
}
