/** The ways in which a driver of `drivers/` is run: a runtime, and what records there. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { findRuntime, run, type RuntimeName } from "../../support/processes.ts";

/** One runtime, as this machine has it, with one source of records or with none. */
export interface Front {
  /** As a failure's text says it. */
  readonly name: string;
  readonly runtime: RuntimeName;
  /** Path of the runtime's binary. */
  readonly command: string;
  readonly flags: readonly string[];
  /** False: it records nothing, and is what the others are compared with. */
  readonly isRecording: boolean;
}

/** What one run of a driver left. */
export interface DriverRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  /** The trace; undefined if nothing was recorded. */
  readonly trace: Uint8Array | undefined;
}

const PLAIN: Readonly<Record<RuntimeName, readonly string[]>> = {
  deno: ["run", "-A"],
  bun: ["run"],
  node: [],
};

/** A runtime's plain front and those that record. */
export interface RuntimeFronts {
  readonly runtime: RuntimeName;
  readonly plain: Front;
  readonly recording: readonly Front[];
}

/** All fronts of the runtimes that are installed. */
export async function findFronts(): Promise<RuntimeFronts[]> {
  const all: RuntimeFronts[] = [];
  for (const runtime of ["deno", "node"] as const) {
    const command = await findRuntime(runtime);
    if (command === undefined) continue;
    const flags = PLAIN[runtime];
    const plain: Front = {
      ...{ name: `${runtime}, nothing recorded`, runtime, command, flags },
      isRecording: false,
    };
    const hooks = { ...plain, name: `${runtime}, hooks`, isRecording: true };
    all.push({ runtime, plain, recording: [hooks] });
  }
  return all;
}

/** Drivers that run at a time: the check machine has two cores. */
const AT_A_TIME = 2;

let running = 0;
const waiting: (() => void)[] = [];

/**
 * Runs `drivers/<driver>.mjs` in a sandbox, with `args` and then the file for the trace, or `-`. Waits until one of the
 * few places is free.
 */
export async function runDriver(
  front: Front,
  driver: string,
  { sandbox, args = [], env, timeoutMs = 60_000 }: {
    readonly sandbox: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  },
): Promise<DriverRun> {
  if (running === AT_A_TIME) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  const folder = await mkdtemp(join(sandbox, "trace-"));
  try {
    const file = front.isRecording ? join(folder, "trace.out") : "-";
    const script = join(sandbox, "drivers", `${driver}.mjs`);
    const { code, signal, stdout, stderr } = await run(
      front.command,
      [...front.flags, script, ...args, file],
      { cwd: sandbox, env, timeoutMs },
    );
    return {
      stdout: new TextDecoder().decode(stdout),
      stderr: signal === null ? stderr : `${stderr}\nended by ${signal}`,
      code,
      trace: file === "-"
        ? undefined
        : await readFile(file).catch(() => undefined),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}
