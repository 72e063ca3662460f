/**
 * The real judges: `go tool trace` and `go tool pprof`, where Go is installed.
 *
 * Two readers count. The classic one (Go 1.19 to 1.22) reads format v1 itself; the modern one (Go 1.23 and later)
 * converts it first. They refuse different files, so a trace is good when both open it.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { run, startServer } from "./processes.ts";

/** Go 1.26 compiles `go tool trace` at its first use: 35 s on the build machine, then it is cached. */
const BUILD_MS = 300_000;

/** No page or profile of a test trace takes longer than a few seconds. */
const ANSWER_MS = 60_000;

/** One installed Go with its trace tool. */
export interface GoTool {
  /** As `go version` says it, such as `go1.26.8`. */
  readonly version: string;
  /** Go 1.19 to 1.22, which read format v1 themselves. */
  readonly classic: boolean;
  /** Path of the `go` command. */
  readonly go: string;
  /** Path of the trace tool itself: `go tool` would stand between us and the process to stop. */
  readonly trace: string;
}

/** What is installed; the keys name the versions that the project is developed with. */
export interface GoTools {
  /** Go 1.23 or later. */
  readonly go126?: GoTool;
  /** Go 1.19 to 1.22. */
  readonly go119?: GoTool;
}

export interface Verdict {
  readonly ok: boolean;
  /** What the tool said on stderr; empty when it had nothing to say. */
  readonly text: string;
}

export interface GoPage {
  readonly status: number;
  readonly body: string;
}

export type ProfileKind = "net" | "sync" | "syscall" | "sched";

/** One of the tool's blocking profiles, as `go tool pprof -top` reads it. */
export interface GoProfile {
  readonly totalNs: number;
  /** Nanoseconds by function: in the function itself, and with all it called. */
  readonly functions: ReadonlyMap<string, { flatNs: number; cumNs: number }>;
  /** The output of `go tool pprof -top`. */
  readonly text: string;
}

let found: Promise<GoTools> | undefined;

/**
 * Looks for Go on PATH and where Debian puts it, and takes the first usable one of each family. Compiles the modern
 * trace tool if it was never used.
 */
export function findGoTools(): Promise<GoTools> {
  found ??= lookForGo();
  return found;
}

async function lookForGo(): Promise<GoTools> {
  let go126: GoTool | undefined;
  let go119: GoTool | undefined;
  for (const go of candidates()) {
    const { code, stdout } = await run(go, ["version"], { env: LOCAL });
    const version = /\bgo1\.(\d+)\S*/.exec(new TextDecoder().decode(stdout));
    if (code !== 0 || version === null) continue;
    const minor = Number(version[1]);
    if (minor < 19 || (minor < 23 ? go119 : go126) !== undefined) continue;
    const trace = await traceToolOf(go);
    if (trace === undefined) continue;
    const tool = { version: version[0], classic: minor < 23, go, trace };
    if (tool.classic) go119 = tool;
    else go126 = tool;
  }
  return { go126, go119 };
}

/** Never fetch another toolchain: the installed one is what is asked. */
const LOCAL = { GOTOOLCHAIN: "local" } as const;

function candidates(): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  folders.push("/usr/local/go/bin");
  for (
    const version of [
      "1.26",
      "1.25",
      "1.24",
      "1.23",
      "1.19",
      "1.22",
      "1.21",
      "1.20",
    ]
  ) {
    folders.push(`/usr/lib/go-${version}/bin`);
  }
  return [...new Set(folders)].map((folder) => join(folder, "go")).filter((
    go,
  ) => existsSync(go));
}

async function traceToolOf(go: string): Promise<string | undefined> {
  const named = async (): Promise<string | undefined> => {
    const { code, stdout } = await run(go, ["tool", "-n", "trace"], {
      env: LOCAL,
      timeoutMs: BUILD_MS,
    });
    const path = new TextDecoder().decode(stdout).trim();
    return code === 0 && existsSync(path) ? path : undefined;
  };
  const path = await named();
  if (path !== undefined) return path;
  // Not compiled yet: its usage text is enough to make Go compile it.
  await run(go, ["tool", "trace", "-h"], { env: LOCAL, timeoutMs: BUILD_MS });
  return await named();
}

/**
 * Asks whether the tool reads `file` from beginning to end.
 *
 * N.B. The classic tool reads and orders everything but does not build its pages here: a goroutine that is still
 * running at the end passes this and crashes {@link goPages}.
 */
export async function judge(tool: GoTool, file: string): Promise<Verdict> {
  const { code, signal, stderr } = await run(
    tool.trace,
    [tool.classic ? "-d" : "-d=parsed", file],
    { discardStdout: true },
  );
  const text = withoutProgress(stderr);
  // The classic tool has said an error and gone on: it counts as refused.
  return {
    ok: code === 0 && text === "",
    text: text || (code === 0 ? "" : `ended with ${signal ?? code}`),
  };
}

/** The events as the tool prints them, one line each; `-d` of the classic one is the layout of our own `dump`. */
export async function goDump(tool: GoTool, file: string): Promise<string> {
  const { code, stdout, stderr } = await run(tool.trace, [
    tool.classic ? "-d" : "-d=parsed",
    file,
  ]);
  if (code !== 0) throw refused(tool, file, stderr);
  return new TextDecoder().decode(stdout);
}

/**
 * Serves `file` with `go tool trace`, fetches `pages` from it, one after the other, and ends it.
 *
 * Both families know `/`, `/goroutines`, `/trace`, `/jsontrace`, `/usertasks`, `/userregions`, `/mmu` and, as profiles
 * with `?raw=1`, `/io`, `/block`, `/syscall`, `/sched`.
 *
 * A page that kills the tool has status 0 and what the tool said as its body.
 *
 * @throws {Error} When the tool serves nothing, with what it said.
 */
export async function goPages(
  tool: GoTool,
  file: string,
  pages: readonly string[],
): Promise<Map<string, GoPage>> {
  const server = await startServer(tool.trace, ["-http=127.0.0.1:0", file], {
    // The tool opens a browser with the first of these that works: `true` opens none.
    env: { BROWSER: "true" },
    ready: /listening on http:\/\/\S*?:(\d+)/,
    readyMs: ANSWER_MS,
  });
  const answers = new Map<string, GoPage>();
  try {
    for (const page of pages) {
      try {
        const response = await fetch(server.url + page, {
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        answers.set(page, {
          status: response.status,
          body: await response.text(),
        });
      } catch (error) {
        answers.set(page, { status: 0, body: `${error}\n${server.stderr()}` });
      }
    }
  } finally {
    await server.stop();
  }
  return answers;
}

/**
 * One of the tool's profiles with exact totals.
 *
 * @throws {Error} When the tool refuses the file or pprof refuses the profile.
 */
export async function goProfile(
  tool: GoTool,
  kind: ProfileKind,
  file: string,
): Promise<GoProfile> {
  const { code, stdout, stderr } = await run(tool.trace, [
    `-pprof=${kind}`,
    file,
  ]);
  if (code !== 0) throw refused(tool, file, stderr);
  return await readProfile(tool, stdout);
}

/**
 * Reads any profile with `go tool pprof`.
 *
 * @throws {Error} When pprof refuses it.
 */
export async function readProfile(
  tool: GoTool,
  profile: Uint8Array,
): Promise<GoProfile> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-pprof-"));
  try {
    const path = join(folder, "profile");
    await writeFile(path, profile);
    const top = await run(
      tool.go,
      [
        "tool",
        "pprof",
        "-top",
        "-unit=ns",
        "-nodefraction=0",
        "-edgefraction=0",
        "-nodecount=1000000",
        path,
      ],
      { env: LOCAL, timeoutMs: BUILD_MS },
    );
    if (top.code !== 0) {
      throw new Error(
        `Cannot read profile: ${tool.version} says ${top.stderr.trim()}`,
      );
    }
    return parseTop(new TextDecoder().decode(top.stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Shape of a row: `flat flat% sum% cum cum% name`; a name may have spaces. An empty profile has no unit. */
function parseTop(text: string): GoProfile {
  const total = /^Showing nodes accounting for .* of (\d+)(?:ns)? total$/m.exec(
    text,
  );
  if (total === null) {
    throw new Error(`Cannot read output of pprof: found no total in\n${text}`);
  }
  const functions = new Map<string, { flatNs: number; cumNs: number }>();
  for (
    const row of text.matchAll(
      /^ *(\d+)(?:ns)? +\S+% +\S+% +(\d+)(?:ns)? +\S+% {2}(.*)$/gm,
    )
  ) {
    // `-top` says of an inlined function that it is one.
    const name = row[3].replace(/ \(inline\)$/, "");
    functions.set(name, { flatNs: Number(row[1]), cumNs: Number(row[2]) });
  }
  return { totalNs: Number(total[1]), functions, text };
}

function refused(tool: GoTool, file: string, stderr: string): Error {
  return new Error(
    `Cannot read ${file}: ${tool.version} says ${withoutProgress(stderr)}`,
  );
}

/** The classic tool tells its steps on stderr, with a time in front. */
function withoutProgress(stderr: string): string {
  return stderr.split("\n").filter((line) =>
    line !== "" && !/^\S+ \S+ \S+ trace\b.*\.\.\.$/.test(line)
  ).join("\n");
}
