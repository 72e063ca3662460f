/** Puts load on a server from a process of its own (`load.mjs` under Node, else under Deno or Bun). */
import { fileURLToPath } from "node:url";
import {
  findRuntime,
  run,
  type RuntimeName,
} from "../../tests/support/processes.ts";

export interface LoadOptions {
  /** Asked in turn. @default {["/"]} */
  readonly paths?: readonly string[];
  /** Requests under way at a time. @default {32} */
  readonly connections?: number;
  /** How long to count; give this or `requests`. */
  readonly seconds?: number;
  /** How many to send; give this or `seconds`. */
  readonly requests?: number;
  /** Seconds of load before counting begins. @default {0} */
  readonly warmup?: number;
  /** What runs the generator. Node needs the least time of its own for a request. @default {"node"} */
  readonly runtime?: RuntimeName;
}

export interface LoadResult {
  /** Answers, of whatever status. */
  readonly requests: number;
  readonly seconds: number;
  /** Connections that failed or broke inside an answer. */
  readonly errors: number;
  readonly perPath: Readonly<
    Record<
      string,
      {
        readonly requests: number;
        readonly statuses: Readonly<Record<string, number>>;
      }
    >
  >;
}

const SCRIPT = fileURLToPath(new URL("load.mjs", import.meta.url));

/**
 * Loads the server at `url` and resolves with what it answered.
 *
 * @throws {Error} When the runtime is absent or the server gave no answer at all.
 */
export async function load(
  url: string,
  options: LoadOptions,
): Promise<LoadResult> {
  const runtime = options.runtime ?? "node";
  const command = await findRuntime(runtime);
  if (command === undefined) {
    throw new Error(`Cannot load ${url}: found no ${runtime} on this machine`);
  }
  const args = runtime === "deno" ? ["run", "-A", SCRIPT] : [SCRIPT];
  args.push(
    url,
    `--connections=${options.connections ?? 32}`,
    `--warmup=${options.warmup ?? 0}`,
  );
  for (const path of options.paths ?? ["/"]) args.push(`--path=${path}`);
  if (options.seconds !== undefined) args.push(`--seconds=${options.seconds}`);
  if (options.requests !== undefined) {
    args.push(`--requests=${options.requests}`);
  }
  const { code, stdout, stderr } = await run(command, args, {
    timeoutMs: 120_000 +
      1000 * ((options.seconds ?? 0) + (options.warmup ?? 0)),
  });
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) {
    throw new Error(
      `Cannot load ${url}: the generator ended with ${code}\n${text}${stderr}`,
    );
  }
  return JSON.parse(text);
}
