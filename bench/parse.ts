/**
 * Reading a trace: speed against Go 1.19's parser on the same file, memory, and a summary of ten million events.
 *
 * Every measurement is a process of its own, so that neither side profits from the run before.
 * `deno run -A bench/parse.ts [--events=N] [--summary-events=N] [--rounds=N]`
 */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "../tests/support/processes.ts";
import { processIo } from "../src/cli/io.ts";
import { parseTrace, readTrace } from "../src/format/trace_reader.ts";
import { generateTrace, joinPieces } from "./generate_trace.ts";
import { buildGoParser, type GoParser } from "./support/go_parse.ts";
import { type BenchRow, benchTable } from "./support/table.ts";
import {
  interleave,
  ratio,
  type Samples,
  spread,
} from "./support/interleave.ts";

const RUN_MS = 180_000;
const MILLION = 1e6;

export interface ParseBenchOptions {
  /** Events of the trace that is parsed. @default {1_800_000} */
  readonly events?: number;
  /** Events of the trace that is summed up. @default {10_000_000} */
  readonly summaryEvents?: number;
  /** @default {5} */
  readonly rounds?: number;
}

/** Measures and gives the rows of the bench table. */
export async function parseBench(
  options: ParseBenchOptions = {},
): Promise<BenchRow[]> {
  const { events = 1_800_000, summaryEvents = 10_000_000, rounds = 5 } =
    options;
  const folder = await mkdtemp(join(tmpdir(), "looptrace-parse-"));
  const go = await buildGoParser();
  try {
    const rows: BenchRow[] = [];
    for (const procs of [1, 4]) {
      const file = join(folder, `trace_${procs}`);
      await generate(file, events, procs);
      rows.push(...await speedRows(file, procs, rounds, go));
    }
    rows.push(await memoryRow(join(folder, "trace_1"), rounds));
    rows.push(await summaryRow(join(folder, "large"), summaryEvents));
    return rows;
  } finally {
    await go?.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

async function generate(
  file: string,
  events: number,
  procs: number,
): Promise<void> {
  await writeFile(file, joinPieces(generateTrace({ events, procs })));
}

async function speedRows(
  file: string,
  procs: number,
  rounds: number,
  go: GoParser | undefined,
): Promise<BenchRow[]> {
  const loops = procs === 1 ? "1 loop" : `${procs} loops`;
  const ours = {
    name: "ours",
    measure: async () => speedOf(await measured<Timed>("time", file)),
  };
  if (go === undefined) {
    const samples = await interleave([ours], { rounds });
    return [{
      measure: `parse, order, validate, ${loops}`,
      value: medianOf(samples, "ours"),
      unit: "M events/s",
      better: "larger",
      note: "no Go 1.19 to compare with",
    }];
  }
  const theirs = {
    name: "go",
    measure: async () => speedOf(await go.parse(file)),
  };
  const samples = await interleave([ours, theirs], { rounds, warmups: 1 });
  const note = `${medianOf(samples, "ours").toFixed(1)} and ${
    medianOf(samples, "go").toFixed(2)
  } M events/s`;
  return [{
    measure: `parse, order, validate, ${loops}, against Go 1.19`,
    value: ratio(samples, "ours", "go"),
    unit: "times",
    must: 3,
    aim: 8,
    better: "larger",
    note,
  }];
}

async function memoryRow(file: string, rounds: number): Promise<BenchRow> {
  const { size } = await stat(file);
  const samples = await interleave([{
    name: "memory",
    measure: async () => {
      const { peakBytes } = await measured<{ peakBytes: number }>(
        "memory",
        file,
      );
      return peakBytes / size;
    },
  }], { rounds: Math.min(3, rounds), warmups: 0 });
  return {
    measure: "peak memory of that, without the runtime's own, / file size",
    value: medianOf(samples, "memory"),
    unit: "times",
    must: 12,
    aim: 6,
    better: "smaller",
  };
}

async function summaryRow(file: string, events: number): Promise<BenchRow> {
  await generate(file, events, 1);
  const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
  const samples = await interleave([{
    name: "summary",
    measure: async () => {
      const began = performance.now();
      const { code, stderr } = await run(
        process.execPath,
        ["run", "-A", main, "summary", file],
        { timeoutMs: RUN_MS, discardStdout: true },
      );
      if (code !== 0) throw new Error(`Cannot sum up ${file}: ${stderr}`);
      return (performance.now() - began) / 1e3;
    },
  }], { rounds: 3, warmups: 0 });
  return {
    measure: `looptrace summary of ${events / MILLION} M events, whole process`,
    value: medianOf(samples, "summary"),
    unit: "s",
    must: 10,
    aim: 3,
    better: "smaller",
  };
}

function medianOf(samples: Samples, name: string): number {
  return spread(samples.get(name) ?? []).median;
}

/** Events and milliseconds of one parse. */
interface Timed {
  readonly events: number;
  readonly ms: number;
}

function speedOf({ events, ms }: Timed): number {
  return events / ms / 1e3;
}

/** Runs this file as a child that measures itself once. */
async function measured<Result>(what: string, file: string): Promise<Result> {
  const { code, stdout, stderr } = await run(
    process.execPath,
    ["run", "-A", fileURLToPath(import.meta.url), `--child=${what}`, file],
    { timeoutMs: RUN_MS },
  );
  if (code !== 0) throw new Error(`Cannot measure ${what}: ${stderr}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What the child does; the file is in memory first, as it is for Go. */
async function timeOnce(file: string): Promise<Timed> {
  const bytes = await readFile(file);
  const began = performance.now();
  const trace = parseTrace(bytes, { strict: true });
  return { ms: performance.now() - began, events: trace.length };
}

/**
 * The file comes as a stream and is not kept. Not counted is what the process had before, and the pages of the
 * runtime's executable that the work touches for the first time: 8 MB whatever the trace.
 */
async function memoryOnce(file: string): Promise<{ peakBytes: number }> {
  const before = await memory();
  const { stream, size } = await processIo().open(file);
  await readTrace(stream, { strict: true, bytesExpected: size });
  const after = await memory();
  const mapped = after.mapped - before.mapped;
  return { peakBytes: after.peak - before.peak - mapped };
}

/** Most memory that this process has had, and how much of it is mapped from files now. In bytes; Linux only. */
async function memory(): Promise<{ peak: number; mapped: number }> {
  const status = await readFile("/proc/self/status", "utf8");
  const bytes = (name: string): number =>
    1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { peak: bytes("VmHWM"), mapped: bytes("RssFile") };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: {
      events: { type: "string" },
      "summary-events": { type: "string" },
      rounds: { type: "string" },
      child: { type: "string" },
    },
    allowPositionals: true,
  });
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text);
  if (values.child !== undefined) {
    const once = values.child === "time" ? timeOnce : memoryOnce;
    console.log(JSON.stringify(await once(positionals[0])));
  } else {
    const rows = await parseBench({
      events: number(values.events),
      summaryEvents: number(values["summary-events"]),
      rounds: number(values.rounds),
    });
    console.log(benchTable(rows));
  }
}
