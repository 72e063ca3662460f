/** The ways in which a driver of `drivers/` is run: a runtime, and what records there. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  findRuntime,
  type Finished,
  run,
  type RuntimeName,
} from "../../support/processes.ts";
import { findNode24 } from "../../support/front_ends.ts";
import { readJunit, type TestReport } from "../../support/junit.ts";

/** One runtime, as this machine has it, with one source of records or with none. */
export interface Front {
  /** As a failure's text says it. */
  readonly name: string;
  readonly runtime: RuntimeName;
  /** Path of the runtime's binary. */
  readonly command: string;
  /** What makes the runtime load this front before anything else. */
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** True if the program's async functions are known by their names. */
  readonly hasNames: boolean;
  /** True if the preload changes modules of packages, too. */
  readonly changesPackages: boolean;
  /** False: it records nothing, and is what the others are compared with. */
  readonly isRecording: boolean;
}

/** A runtime's plain front and those that record. */
export interface RuntimeFronts {
  /** Of the runtime, with a version if there are several. */
  readonly name: string;
  readonly plain: Front;
  readonly recording: readonly Front[];
}

/** How one driver is run. */
export interface DriverOptions {
  readonly sandbox: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It spends its time waiting for timers: it takes none of the places. @default {false} */
  readonly isIdle?: boolean;
}

/** What one run of a driver left. */
export interface DriverRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  /** The trace; undefined if nothing was recorded. */
  readonly trace: Uint8Array | undefined;
}

const RUN: Readonly<Record<RuntimeName, readonly string[]>> = {
  deno: ["run", "-A"],
  bun: ["run"],
  node: [],
};

/** Where a sandbox has what is loaded before the program. */
const PRELOAD = "node_modules/@looptrace/looptrace/src/preload.js";

/** The flag that loads it. */
const PRELOAD_FLAG: Readonly<Record<RuntimeName, string>> = {
  deno: "--preload",
  bun: "--preload",
  node: "--import",
};

/** All fronts of the runtimes that are installed. */
export async function findFronts(sandbox: string): Promise<RuntimeFronts[]> {
  const [deno, bun, node, node24] = await Promise.all([
    ...(["deno", "bun", "node"] as const).map(findRuntime),
    findNode24(),
  ]);
  const all: RuntimeFronts[] = [];
  const add = (
    { name, runtime, command }: Runtime,
    choose: (kinds: KindsOfFronts) => readonly Front[],
  ) => {
    if (command === undefined) return;
    const kinds = frontsOf({ name, runtime, command }, sandbox);
    all.push({ name, plain: kinds.plain, recording: choose(kinds) });
  };
  add(
    { name: "Deno", runtime: "deno", command: deno },
    ({ hooks, transforms }) => [hooks, ...transforms],
  );
  // Bun's hooks see who calls an async function, not which one awaits.
  add(
    { name: "Bun", runtime: "bun", command: bun },
    ({ hooks, transforms }) => [{ ...hooks, hasNames: false }, ...transforms],
  );
  add({ name: "Node", runtime: "node", command: node }, ({ hooks }) => [hooks]);
  // The first with module.registerHooks, which the preload needs.
  add(
    { name: "Node 24", runtime: "node", command: node24 },
    ({ transforms }) => transforms,
  );
  return all;
}

/** Those that differ for packages in CommonJS, which the transform leaves alone. */
export function withoutPackages(
  fronts: readonly RuntimeFronts[],
): RuntimeFronts[] {
  return fronts.map(({ name, plain, recording }) => ({
    name,
    plain,
    recording: recording.filter(({ changesPackages }) => !changesPackages),
  }));
}

interface Runtime {
  readonly name: string;
  readonly runtime: RuntimeName;
  /** undefined if this machine has none. */
  readonly command: string | undefined;
}

interface KindsOfFronts {
  readonly plain: Front;
  readonly hooks: Front;
  readonly transforms: readonly Front[];
}

function frontsOf(
  { name, runtime, command }: Runtime & { readonly command: string },
  sandbox: string,
): KindsOfFronts {
  const plain: Front = {
    name: `plain ${name}`,
    ...{ runtime, command, flags: [], isRecording: false, hasNames: true },
    changesPackages: false,
  };
  const recording = { ...plain, isRecording: true };
  const preload: Front = {
    ...recording,
    name: `${name} with the preload`,
    flags: [PRELOAD_FLAG[runtime], join(sandbox, PRELOAD)],
  };
  return {
    plain,
    hooks: { ...recording, name: `${name} with hooks` },
    transforms: [preload, {
      ...preload,
      name: `${name} with the preload, packages transformed too`,
      env: { LOOPTRACE_INCLUDE: "node_modules/" },
      changesPackages: true,
    }],
  };
}

/**
 * Runs `drivers/<driver>.mjs` in a sandbox, with `args` and then the file for the trace, or `-`.
 *
 * Waits until one of the few places is free.
 */
export async function runDriver(
  front: Front,
  driver: string,
  options: DriverOptions,
): Promise<DriverRun> {
  return await withPlace(options, async (folder) => {
    const file = front.isRecording ? join(folder, "trace.out") : "-";
    const finished = await run(
      front.command,
      [
        ...RUN[front.runtime],
        ...front.flags,
        join(options.sandbox, "drivers", `${driver}.mjs`),
        ...options.args ?? [],
        file,
      ],
      {
        cwd: options.sandbox,
        env: { ...front.env, ...options.env },
        timeoutMs: DRIVER_MS,
      },
    );
    return await driverRun(finished, file);
  });
}

/** What the runner of a runtime says of test files. */
export interface RunnerRun extends DriverRun {
  readonly report: TestReport;
}

/** Runs test files of packages, each relative to node_modules, with the runtime's own runner. */
export async function runTestFiles(
  front: Front,
  files: readonly string[],
  options: DriverOptions,
): Promise<RunnerRun> {
  return await withPlace(options, async (folder) => {
    const file = front.isRecording ? join(folder, "trace.out") : "-";
    const junit = join(folder, "junit.xml");
    const finished = await run(
      front.command,
      [
        ...runnerArgs(front, junit),
        join(options.sandbox, "drivers", "shipped_tests.mjs"),
      ],
      {
        cwd: options.sandbox,
        env: {
          ...front.env,
          ...options.env,
          PACKAGES_TESTS: files.join(","),
          PACKAGES_TRACE: file,
        },
        timeoutMs: DRIVER_MS,
      },
    );
    const xml = await readFile(junit, "utf8").catch(() => undefined);
    const result = await driverRun(finished, file);
    if (xml === undefined) {
      throw new Error(
        `Cannot run tests on ${front.name}: found no report\n${result.stdout}${result.stderr}`,
      );
    }
    return { ...result, report: readJunit(xml) };
  });
}

function runnerArgs(
  { runtime, flags }: Front,
  junit: string,
): readonly string[] {
  switch (runtime) {
    case "deno":
      return ["test", "-A", "--no-check", ...flags, `--junit-path=${junit}`];
    case "bun":
      return [
        ...["test", "--timeout=60000", ...flags],
        ...["--reporter=junit", `--reporter-outfile=${junit}`],
      ];
    case "node":
      return [
        ...flags,
        ...["--test-reporter=junit", `--test-reporter-destination=${junit}`],
      ];
  }
}

async function driverRun(
  { code, signal, stdout, stderr }: Finished,
  file: string,
): Promise<DriverRun> {
  return {
    stdout: new TextDecoder().decode(stdout),
    stderr: signal === null ? stderr : `${stderr}\nended by ${signal}`,
    code,
    trace: file === "-"
      ? undefined
      : await readFile(file).catch(() => undefined),
  };
}

/** None takes longer than half of it on a machine that does other things beside. */
const DRIVER_MS = 60_000;

/** Drivers that run at a time. The check machine has two cores; most of them wait most of the time. */
const PLACES = 4;

let taken = 0;
const waiting: (() => void)[] = [];

/** Calls `use` with an empty folder, once there is a place. */
async function withPlace<T>(
  { sandbox, isIdle }: DriverOptions,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  if (!isIdle) {
    if (taken === PLACES) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else taken++;
  }
  const folder = await mkdtemp(join(sandbox, "trace-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (!isIdle) {
      const next = waiting.shift();
      if (next === undefined) taken--;
      else next();
    }
  }
}
