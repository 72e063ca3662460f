/** The app of the benches as a process of its own: starts it, asks for its status, keeps a recording of it open. */
import {
  type ServerProcess,
  startServer,
} from "../../tests/support/processes.ts";
import type { AppStatus } from "../app/hono_route.ts";
import { load, type LoadResult } from "../load/load.ts";
import {
  type HookChoice,
  runtimeCommand,
  type RuntimeFiles,
  scriptArgs,
} from "./front_ends.ts";

/** Runtimes whose servers are measured. */
export const APP_RUNTIMES = ["deno", "bun", "node"] as const;

export type AppRuntime = typeof APP_RUNTIMES[number];

/** Connections of the load: enough that the server never waits for the next request. */
const CONNECTIONS = 16;

/** Longest recording that the endpoint gives. */
const RECORD_SECONDS = 300;

export interface AppOptions {
  readonly files: RuntimeFiles;
  /** Through the preload, which transforms the app. @default {false} */
  readonly preload?: boolean;
  /** Which hooks a recording takes. @default what the library takes */
  readonly hooks?: HookChoice;
  /** @default {"budget"} */
  readonly stacks?: "off" | "budget" | "all";
  /** CPU work of a request for `/api/work`. @default {0} */
  readonly workMicros?: number;
  /** `false` for a server without Looptrace. @default {true} */
  readonly library?: boolean;
}

export interface AppServer extends ServerProcess {
  status(): Promise<AppStatus>;
  /** Loads one path; every answer must be a 200. */
  load(path: string, seconds: number): Promise<AppLoad>;
  /** Opens a recording whose bytes are read and dropped; `query` is added to the request's. */
  record(query?: string): Promise<OpenRecording>;
}

export interface AppLoad {
  readonly requests: number;
  readonly perSecond: number;
  /** CPU time of the server for one request, user and system, all threads, in microseconds. */
  readonly cpuMicros: number;
}

export interface OpenRecording {
  /** Bytes that have come. */
  readonly bytes: number;
  /** Leaves, and resolves when the server has stopped recording. */
  stop(): Promise<void>;
}

/** Starts the app; stop it at the end. */
export async function startApp(
  runtime: AppRuntime,
  options: AppOptions,
): Promise<AppServer> {
  const { files, stacks = "budget", workMicros = 0, library = true } = options;
  const args = [`--stacks=${stacks}`, `--work=${workMicros}`];
  if (library) args.push(`--library=${files.library}`);
  if (options.hooks !== undefined) args.push(`--hooks=${options.hooks}`);
  const preload = options.preload ? files.preload : undefined;
  const server = await startServer(
    await runtimeCommand(runtime),
    [...scriptArgs(runtime, files.app, preload), ...args],
  );
  return {
    ...server,
    status: () => statusOf(server.url),
    load: (path, seconds) => loadApp(server.url, path, seconds),
    record: (query = "") => record(server.url, query),
  };
}

async function statusOf(url: string): Promise<AppStatus> {
  const response = await fetch(`${url}/status`);
  return await response.json();
}

async function loadApp(
  url: string,
  path: string,
  seconds: number,
): Promise<AppLoad> {
  const before = await statusOf(url);
  const result = await load(url, {
    paths: [path],
    connections: CONNECTIONS,
    seconds,
  });
  const after = await statusOf(url);
  checkAnswers(result, path);
  return {
    requests: result.requests,
    perSecond: result.requests / result.seconds,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / result.requests,
  };
}

function checkAnswers(result: LoadResult, path: string): void {
  const good = result.perPath[path]?.statuses["200"] ?? 0;
  if (result.errors > 0 || good !== result.requests) {
    throw new Error(
      `Cannot measure ${path}: found ${
        JSON.stringify(result)
      }, wanted only 200`,
    );
  }
}

async function record(url: string, query: string): Promise<OpenRecording> {
  const abort = new AbortController();
  const response = await fetch(
    `${url}/debug/trace?seconds=${RECORD_SECONDS}${query}`,
    { signal: abort.signal },
  );
  if (!response.ok || response.body === null) {
    throw new Error(
      `Cannot record: found ${response.status} ${await response.text()}`,
    );
  }
  let bytes = 0;
  let stopping = false;
  const drain = async (): Promise<void> => {
    const reader = response.body!.getReader();
    while (true) {
      const { value, done } = await reader.read();
      if (done) break;
      bytes += value.length;
    }
  };
  let ended: Error | undefined;
  const drained = drain().then(() => {
    ended = new Error("Cannot go on: the recording ended before its time");
  }, (error) => {
    if (!stopping) ended = error;
  });
  return {
    get bytes() {
      // A recording that is over costs nothing: the figures would be too good.
      if (ended !== undefined) throw ended;
      return bytes;
    },
    async stop() {
      stopping = true;
      abort.abort();
      await drained;
      if (ended !== undefined) throw ended;
      await untilIdle(url);
    },
  };
}

/** The server hears that a client has left when it next writes. */
async function untilIdle(url: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while ((await statusOf(url)).isRecording) {
    if (performance.now() > deadline) {
      throw new Error("Cannot go on: the server records for nobody after 5 s");
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
