/** Runs random programs on a front end, in child processes, many in each. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FrontEnd } from "../../support/front_ends.ts";
import { run } from "../../support/processes.ts";
import { makeProgram, type Program, type ProgramOptions } from "./generator.ts";

/** Child processes at a time: programs with timers mostly wait. */
const PROCESSES = 6;

/** Programs of one process. */
const PER_PROCESS = 60;

const LOG = new URL("log.mjs", import.meta.url).href;
const RUNNER = fileURLToPath(new URL("runner.mjs", import.meta.url));

/** One run of a program. */
export interface ProgramRun {
  /** What it logged; see log.mjs. */
  readonly events: readonly number[];
  /** Its trace, if it was recorded. */
  readonly trace: Uint8Array;
  /** What the program's clock said at the trace's first event, in milliseconds. */
  readonly origin: number;
}

/** The runs of one program; those that were asked for. */
export interface ProgramRuns {
  readonly program: Program;
  readonly plain?: ProgramRun;
  readonly recorded?: ProgramRun;
  readonly after?: ProgramRun;
}

export interface RunOptions {
  readonly timers: boolean;
  /** Options of `start()`; undefined runs the programs as they are, without the library. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Once more after the recording. @default {false} */
  readonly after?: boolean;
  /** How many of the programs. @default {all} */
  readonly count?: number;
}

/** Writes programs to files and runs them. */
export class ProgramFolder {
  readonly #path: string;
  readonly #programs: readonly Program[];

  private constructor(path: string, programs: readonly Program[]) {
    this.#path = path;
    this.#programs = programs;
  }

  /** The programs of `count` seeds from `first` on. */
  static async make(
    first: number,
    count: number,
    options: ProgramOptions,
  ): Promise<ProgramFolder> {
    const path = await mkdtemp(join(tmpdir(), "looptrace-programs-"));
    const programs = Array.from(
      { length: count },
      (_, index) => makeProgram(first + index, LOG, options),
    );
    for (const program of programs) {
      await writeFile(join(path, fileOf(program)), program.source);
    }
    await mkdir(join(path, "out"));
    return new ProgramFolder(path, programs);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }

  /**
   * Runs them.
   *
   * @throws {Error} When a process fails or says anything on stderr.
   */
  async run(frontEnd: FrontEnd, options: RunOptions): Promise<ProgramRuns[]> {
    const programs = this.#programs.slice(0, options.count);
    const parts: Program[][] = [];
    for (let at = 0; at < programs.length; at += PER_PROCESS) {
      parts.push(programs.slice(at, at + PER_PROCESS));
    }
    const results: ProgramRuns[][] = parts.map(() => []);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < parts.length) {
        const index = next++;
        results[index] = await this.#runPart(parts[index], frontEnd, options);
      }
    };
    await Promise.all(Array.from({ length: PROCESSES }, work));
    return results.flat();
  }

  async #runPart(
    programs: readonly Program[],
    frontEnd: FrontEnd,
    { timers, record, after }: RunOptions,
  ): Promise<ProgramRuns[]> {
    const out = join(this.#path, "out", crypto.randomUUID());
    const isRecorded = record !== undefined;
    const told = {
      programs: pathToFileURL(this.#path).href,
      names: programs.map(fileOf),
      out,
      timers,
      library: isRecorded ? frontEnd.library : undefined,
      record,
      after,
    };
    const { code, stderr } = await run(frontEnd.command, [
      ...(isRecorded ? frontEnd.args : frontEnd.plainArgs),
      RUNNER,
      JSON.stringify(told),
    ]);
    if (code !== 0 || stderr !== "") {
      throw new Error(
        `Cannot run programs on ${frontEnd.name}: ended with ${code}\n${stderr}`,
      );
    }
    const result = JSON.parse(await readFile(out, "utf8"));
    return programs.map((program, index) => ({
      program,
      plain: readRun(result.plain?.[index]),
      recorded: readRun(result.recorded?.[index]),
      after: readRun(result.after?.[index]),
    }));
  }
}

function fileOf({ seed }: Program): string {
  return `program_${seed}.mjs`;
}

function readRun(
  told: { events: number[]; trace?: string; origin?: number } | undefined,
): ProgramRun | undefined {
  if (told === undefined) return undefined;
  const { events, trace = "", origin = NaN } = told;
  const bytes = Uint8Array.from(atob(trace), (char) => char.charCodeAt(0));
  return { events, trace: bytes, origin };
}
