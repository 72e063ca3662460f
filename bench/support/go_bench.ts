/** Builds and runs the Go programs of `bench/go` with the installed Go. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGoTools } from "../../tests/support/go_tools.ts";
import { run } from "../../tests/support/processes.ts";

/** Go compiles its runtime/trace at the first build. */
const BUILD_MS = 300_000;

/** What `bench/go/pingpong/main.go` prints; its head says what a cycle is. Times are nanoseconds a cycle. */
export interface GoPingPong {
  readonly go: string;
  readonly pairs: number;
  readonly cycles: number;
  readonly offNs: number;
  readonly onNs: number;
  readonly addedNs: number;
  readonly addedLowNs: number;
  readonly addedHighNs: number;
  /** Median of the added CPU time, user and system, of the whole process. */
  readonly addedCpuNs: number;
  readonly bytesPerEvent: number;
}

/**
 * A Go program, compiled and ready to be run again and again: to be one variant of an interleaved bench, its runs must
 * not compile. `undefined` when no Go of 1.23 or later is installed.
 *
 * @throws {Error} When it does not compile.
 */
export async function buildGoProgram(
  name: string,
): Promise<GoProgram | undefined> {
  const { go126 } = await findGoTools();
  if (go126 === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "looptrace-go-"));
  const binary = join(folder, name);
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true });
  const { code, stderr } = await run(go126.go, ["build", "-o", binary, "."], {
    cwd: fileURLToPath(new URL(`../go/${name}/`, import.meta.url)),
    env: { GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod" },
    timeoutMs: BUILD_MS,
  });
  if (code !== 0) {
    await remove();
    throw new Error(`Cannot build bench/go/${name}: ${stderr}`);
  }
  return {
    async run(args) {
      const { code, stdout, stderr } = await run(binary, args);
      if (code !== 0) {
        throw new Error(
          `Cannot run bench/go/${name}: it ended with ${code}\n${stderr}`,
        );
      }
      return JSON.parse(new TextDecoder().decode(stdout));
    },
    remove,
  };
}

export interface GoProgram {
  /** Runs it and gives the JSON that it prints. */
  run(args: readonly string[]): Promise<unknown>;
  /** Deletes the binary. */
  remove(): Promise<void>;
}

/** One run of the ping-pong: what Go's tracer adds to a suspend/resume cycle. `undefined` without Go 1.23 or later. */
export async function goPingPong(
  options: { readonly pairs?: number; readonly roundTrips?: number } = {},
): Promise<GoPingPong | undefined> {
  const program = await buildGoProgram("pingpong");
  if (program === undefined) return undefined;
  try {
    return await program.run([
      `-pairs=${options.pairs ?? 11}`,
      `-roundtrips=${options.roundTrips ?? 200_000}`,
    ]) as GoPingPong;
  } finally {
    await program.remove();
  }
}
