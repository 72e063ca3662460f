/**
 * The Hono route recorded by this checkout, against the same recorded by an earlier one, in the same run: whether what has
 * been added since costs something where it is not used.
 */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "../tests/support/processes.ts";
import {
  APP_RUNTIMES,
  type AppRuntime,
  type AppServer,
  type OpenRecording,
  startApp,
} from "./support/app_server.ts";
import type { Bench, BenchOptions } from "./support/bench.ts";
import {
  BUN_HOOKS,
  BUN_TRANSFORM,
  DENO_HOOKS,
  DENO_TRANSFORM,
  type FrontEnd,
  NODE_HOOKS,
  type RuntimeFiles,
  runtimeFiles,
} from "./support/front_ends.ts";
import { interleave, ratio, spread } from "./support/interleave.ts";
import type { BenchRow } from "./support/table.ts";

/** The last commit before what has been added: wrappers of files, sockets and the rest, workers, probes. */
const BEFORE = "f87be6e";

const ROOT = new URL("../", import.meta.url);
const ROUTE = "/api";
const WARM_SECONDS = 1.5;

const MUST = 0.97;
const AIM = 1;

const FRONT_ENDS: Readonly<Record<AppRuntime, readonly FrontEnd[]>> = {
  deno: [DENO_HOOKS, DENO_TRANSFORM],
  bun: [BUN_HOOKS, BUN_TRANSFORM],
  node: [NODE_HOOKS],
};

/** One for each runtime: what fails on one is still measured on the other. */
export const beforeBenches: readonly Bench[] = APP_RUNTIMES.map((runtime) => ({
  name: `before.${runtime}`,
  run: (options) => beforeRows(runtime, options),
}));

async function beforeRows(
  runtime: AppRuntime,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-before-"));
  try {
    if (!await checkOut(folder)) {
      return FRONT_ENDS[runtime].map(({ name }) => ({
        ...rowOf(name),
        note: `commit ${BEFORE} is not in this checkout`,
      }));
    }
    const now = await runtimeFiles(runtime);
    const before = await runtimeFiles(runtime, pathToFileURL(`${folder}/`));
    try {
      const rows: BenchRow[] = [];
      for (const frontEnd of FRONT_ENDS[runtime]) {
        rows.push(...await frontEndRows(frontEnd, { now, before }, options));
      }
      return rows;
    } finally {
      await now.remove();
      await before.remove();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of the earlier commit, with this checkout's packages. False where there is no such commit, or no git. */
async function checkOut(folder: string): Promise<boolean> {
  const archive = join(folder, "before.tar");
  const root = fileURLToPath(ROOT);
  const steps: [string, string[]][] = [
    ["git", ["-C", root, "archive", `--output=${archive}`, BEFORE]],
    ["tar", ["-xf", archive, "-C", folder]],
  ];
  for (const [command, args] of steps) {
    const { code } = await run(command, args).catch(() => ({ code: 127 }));
    if (code !== 0) return false;
  }
  const modules = fileURLToPath(new URL("node_modules", ROOT));
  await symlink(modules, join(folder, "node_modules"));
  return true;
}

function rowOf(name: string): BenchRow {
  return {
    measure:
      `Hono route, recorded, requests for the same CPU time, now / ${BEFORE}, ${name}`,
    must: MUST,
    aim: AIM,
    better: "larger",
  };
}

async function frontEndRows(
  { name, hooks, preload, runtime }: FrontEnd,
  files: { readonly now: RuntimeFiles; readonly before: RuntimeFiles },
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  const servers = new Map<string, AppServer>();
  const recordings: OpenRecording[] = [];
  try {
    for (const [version, own] of Object.entries(files)) {
      const options = { files: own, hooks, preload };
      servers.set(version, await startApp(runtime as AppRuntime, options));
    }
    for (const server of servers.values()) {
      recordings.push(await server.record());
      await server.load(ROUTE, quick ? 1 : WARM_SECONDS);
    }
    const cpu = await interleave(
      [...servers].map(([version, { load }]) => ({
        name: version,
        measure: async () => (await load(ROUTE, quick ? 0.4 : 1)).cpuMicros,
      })),
      { rounds: quick ? 5 : 15, warmups: 1 },
    );
    for (const { bytes } of recordings) {
      if (bytes === 0) throw new Error("Cannot measure: nothing was recorded");
    }
    const micros = ["now", "before"].map((version) =>
      spread(cpu.get(version) ?? []).median.toFixed(1)
    );
    return [{
      ...rowOf(name),
      value: ratio(cpu, "before", "now"),
      note: `${micros.join(" / ")} us a request`,
    }];
  } finally {
    for (const recording of recordings) await recording.stop().catch(() => {});
    for (const server of servers.values()) await server.stop();
  }
}
