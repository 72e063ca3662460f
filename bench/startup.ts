/**
 * What the preload adds to the start of a program: the wall time of a process that loads some twenty modules and ends,
 * with the preload and without, in interleaved pairs.
 *
 * The modules are made anew for each run of the bench, so no two machines differ in them, and lie outside this checkout:
 * the preload transforms them as an application's. Between the two stands the same program with an import of the library
 * in front: what any use of Looptrace costs, transform or not.
 */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tests/support/processes.ts";
import type { Bench, BenchOptions } from "./support/bench.ts";
import {
  type BenchRuntime,
  RUNTIME_NAMES,
  runtimeCommand,
  type RuntimeFiles,
  runtimeFiles,
  scriptArgs,
} from "./support/front_ends.ts";
import { difference, interleave, spread } from "./support/interleave.ts";
import type { BenchRow } from "./support/table.ts";

const MODULES = 20;

/** Functions of a module. One in three is async: with {@linkcode MODULES} an app of some 2,500 lines and 200 awaits. */
const FUNCTIONS = 12;
const ASYNC_FUNCTIONS = 4;

const BOUND = { must: 60, aim: 25 };

/** One for each runtime that has a preload. */
export const startupBenches: readonly Bench[] =
  (["deno", "bun", "node24"] as const).map((runtime) => ({
    name: `startup.${runtime}`,
    run: (options) => startupRows(runtime, options),
  }));

const PLAIN = "plain";
const IMPORT = "import";
const PRELOAD = "preload";

async function startupRows(
  runtime: BenchRuntime,
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  const command = await runtimeCommand(runtime);
  const files = await runtimeFiles(runtime);
  const folder = await mkdtemp(join(tmpdir(), "looptrace-startup-"));
  try {
    const app = await writeApp(folder, files);
    const cpu = new Map<string, number[]>(
      [PLAIN, IMPORT, PRELOAD].map((name) => [name, []]),
    );
    let cpuMs = 0;
    const variant = (name: string, script: string, preload?: string) => ({
      name,
      measure: async () => {
        const args = scriptArgs(runtime, script, preload);
        const times = await timeProcess(command, args, folder);
        cpuMs = times.cpuMs;
        return times.wallMs;
      },
    });
    const samples = await interleave([
      variant(PLAIN, app.plain),
      variant(IMPORT, app.withImport),
      variant(PRELOAD, app.plain, files.preload),
    ], {
      rounds: quick ? 5 : 21,
      warmups: 2,
      onMeasured: (name) => cpu.get(name)?.push(cpuMs),
    });
    const [plain, preload] = [PLAIN, PRELOAD].map((name) =>
      spread(samples.get(name) ?? []).median.toFixed(0)
    );
    const name = RUNTIME_NAMES[runtime];
    return [{
      measure:
        `start of an app of ${MODULES} modules, added by the preload, ${name}`,
      value: difference(samples, PRELOAD, PLAIN),
      unit: "ms",
      ...BOUND,
      better: "smaller",
      note: `${preload} / ${plain} ms`,
    }, {
      measure: `the same, CPU time, ${name}`,
      value: difference(cpu, PRELOAD, PLAIN),
      unit: "ms",
      better: "smaller",
    }, {
      measure: `the same, added by an import of the library alone, ${name}`,
      value: difference(samples, IMPORT, PLAIN),
      unit: "ms",
      better: "smaller",
    }];
  } finally {
    await rm(folder, { recursive: true, force: true });
    await files.remove();
  }
}

/** Wall time from the start of the process to its end, and CPU time to the end of the app, all threads. */
async function timeProcess(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const began = performance.now();
  const { code, stdout, stderr } = await run(command, args, { cwd });
  const wallMs = performance.now() - began;
  const said = new TextDecoder().decode(stdout).trim();
  const [rows, cpuMicros] = said.split(" ").map(Number);
  if (code !== 0 || rows !== MODULES * FUNCTIONS) {
    throw new Error(
      `Cannot measure: the app ended with ${code} and said ${said}, wanted ${
        MODULES * FUNCTIONS
      } rows\n${command} ${args.join(" ")}\n${stderr}`,
    );
  }
  return { wallMs, cpuMs: cpuMicros / 1000 };
}

/** The paths of two entries of one app, without and with an import of the library. */
async function writeApp(
  folder: string,
  { library }: RuntimeFiles,
): Promise<{ readonly plain: string; readonly withImport: string }> {
  const modules = Array.from({ length: MODULES }, (_, index) => index);
  for (const index of modules) {
    await writeFile(join(folder, `module_${index}.ts`), moduleSource(index));
  }
  await writeFile(join(folder, "package.json"), `{ "type": "module" }\n`);
  // Where the preload's own packages are found by those who look beside the app.
  await symlink(
    fileURLToPath(new URL("../node_modules", import.meta.url)),
    join(folder, "node_modules"),
  );
  const plain = join(folder, "main.ts");
  const source = entrySource(modules);
  await writeFile(plain, source);
  const withImport = join(folder, "with_import.ts");
  await writeFile(withImport, `import "${library}";\n${source}`);
  return { plain, withImport };
}

function entrySource(modules: readonly number[]): string {
  const imports = modules.map((index) =>
    `import { total as total${index} } from "./module_${index}.ts";`
  );
  const totals = modules.map((index) => `total${index}()`);
  return `import process from "node:process";
${imports.join("\n")}
const totals = await Promise.all([${totals.join(", ")}]);
const { user, system } = process.cpuUsage();
console.log(totals.reduce((sum, total) => sum + total, 0), user + system);
`;
}

/** A module as applications have them: types, plain code, a few async functions that call each other. */
function moduleSource(index: number): string {
  const numbers = Array.from({ length: FUNCTIONS }, (_, number) => number);
  const functions = numbers.map((number) =>
    number < ASYNC_FUNCTIONS ? asyncSource(number) : plainSource(number)
  );
  const calls = numbers.map((number) => `read${number}(${index})`);
  return `export interface Row {
  readonly id: number;
  readonly name: string;
  readonly size: number;
}

export interface ReadOptions {
  readonly skip?: readonly string[];
}

async function nameOf(id: number): Promise<string> {
  return await Promise.resolve(\`row \${id}\`);
}

const sizeOf = async ({ name }: Pick<Row, "id" | "name">): Promise<number> => {
  await null;
  return name.length > 0 ? 1 : 0;
};
${functions.join("")}
export async function total(): Promise<number> {
  const rows = await Promise.all([${calls.join(", ")}]);
  return rows.reduce((sum, { size }) => sum + size, 0);
}
`;
}

function asyncSource(number: number): string {
  return `
/** Reads row ${number} and what hangs on it. */
export async function read${number}(id: number, options: ReadOptions = {}): Promise<Row> {
  const name = await nameOf(id + ${number});
  try {
    if (options.skip?.includes(name)) return { id, name, size: 0 };
    const size = await sizeOf({ id, name });
    return { id, name, size };
  } catch (error) {
    throw new Error(\`Cannot read \${name}\`, { cause: error });
  }
}
`;
}

function plainSource(number: number): string {
  return `
/** Makes row ${number} from what is known. */
export function read${number}(id: number, options: ReadOptions = {}): Row {
  const name = ["row", id + ${number}].join(" ");
  if (options.skip?.includes(name)) return { id, name, size: 0 };
  const size = [...name].filter((letter) => letter === "r").length;
  if (size > name.length) {
    throw new RangeError(\`Cannot make \${name}: size is \${size}\`);
  }
  return { id, name, size };
}
`;
}
