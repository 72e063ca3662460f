/** Child processes for tests and benches: run one to its end, or start a server and stop it surely. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";

/** Versions that the README's commands name; a test that finds another one still runs. */
const NPM_RUNTIMES = { deno: "deno@2.9.6", bun: "bun@1.4.5" } as const;

/** Text kept of one output stream: the last 4 MiB, so that a chatty server cannot fill the memory. */
const KEPT_CHARACTERS = 4 << 20;

/** How long a process may take to end after SIGTERM before it gets SIGKILL. */
const TERM_MS = 2_000;

export type RuntimeName = "deno" | "bun" | "node";

export interface ProcessOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunOptions extends ProcessOptions {
  /** The process gets SIGKILL after this time. @default {120_000} */
  readonly timeoutMs?: number;
  /** Read stdout and throw it away. @default {false} */
  readonly discardStdout?: boolean;
}

export interface Finished {
  /** Exit status; `null` when a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

export interface StartOptions extends ProcessOptions {
  /**
   * The output line that says "ready", on stdout or stderr. Its first group is the port.
   * @default {/https?:\/\/\S*?:(\d+)/}
   */
  readonly ready?: RegExp;
  /** How long to wait for that line. @default {30_000} */
  readonly readyMs?: number;
}

export interface ServerProcess {
  readonly pid: number;
  /** `http://127.0.0.1:PORT`, whatever host the ready line names. */
  readonly url: string;
  readonly port: number;
  /** What it has written up to now, the last 4 MiB of each. */
  stdout(): string;
  stderr(): string;
  /** Ends it (SIGTERM, then SIGKILL) and resolves when it is gone. Safe to call again. */
  stop(): Promise<{ code: number | null; signal: string | null }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs `command` to its end, without stdin.
 *
 * @throws {Error} When it cannot be started or takes longer than `timeoutMs`.
 */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { promise, resolve, reject } = deferred<Finished>();
  const child = launch(command, args, options);
  const chunks: Uint8Array[] = [];
  let stderr = "";
  let late = false;
  const timeoutMs = options.timeoutMs ?? 120_000;
  const timer = setTimeout(() => {
    late = true;
    signalTo(child, "SIGKILL");
  }, timeoutMs);
  child.stdout?.on("data", (chunk: Uint8Array) => {
    if (!options.discardStdout) chunks.push(chunk);
  });
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => stderr = keepEnd(stderr + text));
  child.on("error", (error: Error) => {
    clearTimeout(timer);
    reject(cannotStart(command, error));
  });
  child.on("close", (code: number | null, signal: string | null) => {
    clearTimeout(timer);
    if (late) {
      reject(
        new Error(
          `Cannot finish ${command} ${
            args.join(" ")
          }: still running after ${timeoutMs} ms\n${stderr}`,
        ),
      );
    } else resolve({ code, signal, stdout: concat(chunks), stderr });
  });
  return promise;
}

/**
 * Starts a server and resolves when it has printed its ready line. The port is its own choice: let it listen on port 0
 * and print the address.
 *
 * @throws {Error} When it cannot be started, ends early or prints no ready line in time; the text has its output.
 */
export function startServer(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<ServerProcess> {
  const ready = options.ready ?? /https?:\/\/\S*?:(\d+)/;
  const readyMs = options.readyMs ?? 30_000;
  const { promise, resolve, reject } = deferred<ServerProcess>();
  const ended = deferred<{ code: number | null; signal: string | null }>();
  const child = launch(command, args, options);
  let stdout = "";
  let stderr = "";
  let settled = false;
  let gone = false;

  const fail = (found: string): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    signalTo(child, "SIGKILL");
    reject(
      new Error(
        `Cannot start ${command} ${
          args.join(" ")
        }: ${found}, wanted a line like ${ready}\n${stdout}${stderr}`,
      ),
    );
  };
  const timer = setTimeout(() => fail(`silent for ${readyMs} ms`), readyMs);

  const stop = async (): Promise<
    { code: number | null; signal: string | null }
  > => {
    if (!gone) {
      signalTo(child, "SIGTERM");
      const kill = setTimeout(() => signalTo(child, "SIGKILL"), TERM_MS);
      await ended.promise;
      clearTimeout(kill);
    }
    return await ended.promise;
  };
  const look = (text: string): void => {
    const found = settled ? null : ready.exec(text);
    // The line must be whole: a port cut in the middle would be another port.
    if (found === null || !text.slice(found.index).includes("\n")) return;
    settled = true;
    clearTimeout(timer);
    const port = Number(found[1]);
    resolve({
      pid: child.pid ?? 0,
      port,
      url: `http://127.0.0.1:${port}`,
      stdout: () => stdout,
      stderr: () => stderr,
      stop,
      async [Symbol.asyncDispose]() {
        await stop();
      },
    });
  };

  child.stdout?.setEncoding("utf8");
  child.stdout?.on(
    "data",
    (text: string) => look(stdout = keepEnd(stdout + text)),
  );
  child.stderr?.setEncoding("utf8");
  child.stderr?.on(
    "data",
    (text: string) => look(stderr = keepEnd(stderr + text)),
  );
  child.on("error", (error: Error) => {
    gone = true;
    ended.resolve({ code: null, signal: null });
    fail(cannotStart(command, error).message);
  });
  child.on("close", (code: number | null, signal: string | null) => {
    gone = true;
    ended.resolve({ code, signal });
    fail(`it ended with ${signal ?? code}`);
  });
  return promise;
}

/** Starts `script` under a real runtime; see {@link startServer}. `args` go to the script. */
export async function startRuntime(
  name: RuntimeName,
  script: string,
  options: StartOptions & {
    readonly args?: readonly string[];
    readonly flags?: readonly string[];
  } = {},
): Promise<ServerProcess> {
  const path = await findRuntime(name);
  if (path === undefined) {
    throw new Error(`Cannot start ${script}: found no ${name} on this machine`);
  }
  const flags = options.flags ?? (name === "deno" ? ["-A"] : []);
  const command = name === "node" ? [] : ["run"];
  return await startServer(
    path,
    [...command, ...flags, script, ...options.args ?? []],
    options,
  );
}

const runtimes = new Map<RuntimeName, Promise<string | undefined>>();

/**
 * The path of a runtime's own binary (never npx, which would stand between us and the process to stop), or `undefined`
 * when the machine has none. Deno and Bun come from npm, as in the README's commands.
 */
export function findRuntime(name: RuntimeName): Promise<string | undefined> {
  let found = runtimes.get(name);
  if (found === undefined) runtimes.set(name, found = lookForRuntime(name));
  return found;
}

async function lookForRuntime(name: RuntimeName): Promise<string | undefined> {
  if (name === thisRuntime()) return process.execPath;
  const known = process.env[`LOOPTRACE_${name.toUpperCase()}`];
  if (known) return known;
  const ask = name === "deno"
    ? ["eval", "console.log(Deno.execPath())"]
    : ["-e", "console.log(process.execPath)"];
  const [command, args] = name === "node"
    ? ["node", ask]
    : ["npx", ["-y", NPM_RUNTIMES[name], ...ask]];
  try {
    const { code, stdout } = await run(command, args);
    const path = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
    return code === 0 && path ? path : undefined;
  } catch {
    return undefined; // no npx or node: the tests that need it are skipped by name
  }
}

/** Which of the three runs this code. */
export function thisRuntime(): RuntimeName {
  if ("Deno" in globalThis) return "deno";
  return "Bun" in globalThis ? "bun" : "node";
}

const running = new Set<ChildProcess>();
let watching = false;

function launch(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): ChildProcess {
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  if (!watching) {
    watching = true;
    // A test that failed half-way must not leave its server behind.
    process.on("exit", () => {
      for (const left of running) signalTo(left, "SIGKILL");
    });
  }
  return child;
}

/**
 * N.B. Not `child.kill()`: in Deno 2.9 its second call does nothing, so that a process that ignores SIGTERM would stay.
 * Only processes in `running` are sent a signal: the id of one that is gone may be another's.
 */
function signalTo(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined || !running.has(child)) return;
  try {
    process.kill(child.pid, signal);
  } catch {
    // It ended a moment ago and its "close" is on the way.
  }
}

function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: Error) => void;
} {
  // Promise.withResolvers is not in Node 20.
  let resolve!: (value: T) => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function cannotStart(command: string, error: Error): Error {
  return new Error(`Cannot start ${command}: ${error.message}`, {
    cause: error,
  });
}

function keepEnd(text: string): string {
  return text.length > KEPT_CHARACTERS ? text.slice(-KEPT_CHARACTERS) : text;
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.byteLength;
  const bytes = new Uint8Array(length);
  let pos = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, pos);
    pos += chunk.byteLength;
  }
  return bytes;
}
