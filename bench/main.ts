/**
 * The bench command, `deno task bench [--only=NAME] [--quick]`: every bench in turn, then one table.
 *
 * A bench compares two things in alternation in the same run and gives ratios with the quartiles of the rounds; absolute
 * figures stand behind them and are worth less. The table is printed as Markdown and written to `out/bench.md`.
 *
 * Exit status 0 when everything was measured, whatever the verdicts are; 1 when a bench failed; 2 for wrong use.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { ensureNodeModules } from "../tests/support/node_modules.ts";
import { beforeBenches } from "./before.ts";
import { callsBenches } from "./calls.ts";
import { cpuSampleBenches } from "./cpu_samples.ts";
import { cycleBenches } from "./cycle.ts";
import { encodeBench } from "./encode.ts";
import { firstByteBenches } from "./first_byte.ts";
import { parseBench } from "./parse.ts";
import { serverBenches } from "./server.ts";
import { startupBenches } from "./startup.ts";
import type { Bench } from "./support/bench.ts";
import {
  type BenchRow,
  benchTable,
  errorNote,
  verdictOf,
} from "./support/table.ts";
import { traceSizeBenches } from "./trace_size.ts";

const BENCHES: readonly Bench[] = [
  encodeBench,
  ...cycleBenches,
  ...callsBenches,
  ...serverBenches,
  ...beforeBenches,
  ...cpuSampleBenches,
  ...traceSizeBenches,
  ...firstByteBenches,
  ...startupBenches,
  {
    name: "parse",
    run: ({ quick }) =>
      parseBench(
        quick ? { events: 300_000, summaryEvents: 1_000_000, rounds: 3 } : {},
      ),
  },
];

const REPORT = new URL("../out/bench.md", import.meta.url);
const USAGE = `Usage: deno task bench [--only=NAME,...] [--quick]
NAME is one of ${
  BENCHES.map(({ name }) => name).join(", ")
}, or a part before the dot`;

async function main(): Promise<number> {
  const wanted = readArguments();
  if (typeof wanted === "string") {
    console.error(`${wanted}\n${USAGE}`);
    return 2;
  }
  const { benches, quick } = wanted;
  await ensureNodeModules();
  const began = performance.now();
  const rows: BenchRow[] = [];
  const failed: string[] = [];
  for (const bench of benches) {
    const benchBegan = performance.now();
    try {
      rows.push(...await bench.run({ quick }));
    } catch (error) {
      failed.push(bench.name);
      rows.push({
        measure: bench.name,
        better: "smaller",
        note: errorNote(error),
      });
      console.error(error);
    }
    console.error(`${bench.name}: ${secondsSince(benchBegan)} s`);
  }
  const text = reportText(rows, quick, secondsSince(began));
  console.log(`\n${text}`);
  await mkdir(new URL("./", REPORT), { recursive: true });
  await writeFile(REPORT, text);
  for (const name of failed) console.error(`failed: ${name}`);
  return failed.length === 0 ? 0 : 1;
}

/** What is asked for, or what is wrong with it. */
function readArguments():
  | { readonly benches: readonly Bench[]; readonly quick: boolean }
  | string {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: {
        only: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
      },
    });
    const only = values.only?.flatMap((names) => names.split(","));
    const unknown = only?.find((wanted) =>
      !BENCHES.some(({ name }) => isNamed(name, wanted))
    );
    if (unknown !== undefined) return `Cannot bench: found no ${unknown}`;
    const benches = BENCHES.filter(({ name }) =>
      only?.some((wanted) => isNamed(name, wanted)) ?? true
    );
    return { benches, quick: values.quick };
  } catch (error) {
    return `Cannot bench: ${error instanceof Error ? error.message : error}`;
  }
}

/** `server` names `server.deno` and `server.node`. */
function isNamed(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}.`);
}

function reportText(
  rows: readonly BenchRow[],
  quick: boolean,
  seconds: string,
): string {
  const [cpu] = cpus();
  const verdicts = rows.map(verdictOf);
  const count = (...wanted: readonly string[]): number =>
    verdicts.filter((verdict) => wanted.includes(verdict)).length;
  return `${benchTable(rows)}

Values are medians [lower quartile..upper quartile] of interleaved rounds${
    quick ? ", few of them (--quick)" : ""
  }.
${count("aim")} reach the aim, ${count("must")} what they must, ${
    count("missed")
  } neither; ${seconds} s on ${cpus().length} x ${cpu?.model}, ${platform()} ${arch()}.
`;
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}

process.exit(await main());
