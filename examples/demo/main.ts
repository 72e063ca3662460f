/**
 * Looptrace at work, in a few seconds: `deno task demo [--runtime=deno|bun] [--preload]`.
 *
 * 1. Start the Hono example on that runtime, through the preload if that is asked for.
 * 2. Load every route of it from a second process.
 * 3. Meanwhile, fetch a trace from its endpoint into `trace.out`.
 * 4. Check the trace, with our own reader and with Go's tools.
 * 5. Tell what is in it.
 *
 * Exit status 0 only if the trace is good; 2 for wrong use.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load } from "../../bench/load/load.ts";
import { parseTrace } from "../../src/reader.ts";
import {
  findGoTools,
  type GoTool,
  judge,
} from "../../tests/support/go_tools.ts";
import { ensureNodeModules } from "../../tests/support/node_modules.ts";
import { startRuntime } from "../../tests/support/processes.ts";
import { report } from "./report.ts";

/** Where the example runs, and what its own head says to start it with. */
const EXAMPLES = {
  deno: { script: "hono_server.ts", flags: ["--allow-net", "--allow-read"] },
  bun: { script: "bun_server.ts", flags: [] },
} as const;

/** What the preload needs on Deno: the parser is native code, and settings are environment variables. */
const PRELOAD_FLAGS = {
  deno: ["--allow-ffi", "--allow-env", "--allow-sys"],
  bun: [],
} as const;

const USAGE = "Usage: deno task demo [--runtime=deno|bun] [--preload]";

const FILE = "trace.out";
const LOAD_SECONDS = 4;
const TRACE_SECONDS = 2;
/** All in all the demo takes less than a minute. */
const MAX_MS = 55_000;
/** Go compiles its tool at its first use: it is not waited for longer. */
const GO_MS = 40_000;

const PATHS = [
  "/json",
  "/users/17",
  "/sleep",
  "/file",
  "/fetch",
  "/dashboard",
  "/primes",
];

const { runtime, preload } = readArguments();

// Children are ended by a listener for process.exit, which Deno.exit skips.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => fail(`it got a ${signal}`));
}
setTimeout(() => fail(`it took more than ${MAX_MS / 1000} s`), MAX_MS);

try {
  const bytes = await recordExample();
  await Deno.writeFile(FILE, bytes);
  process.exit(await check(bytes) ? 0 : 1);
} catch (error) {
  fail(error);
}

function readArguments(): {
  readonly runtime: keyof typeof EXAMPLES;
  readonly preload: boolean;
} {
  try {
    const { values } = parseArgs({
      // `deno task demo -- --runtime=bun` hands the dashes on.
      args: Deno.args.filter((arg) => arg !== "--"),
      options: {
        runtime: { type: "string", default: "deno" },
        preload: { type: "boolean", default: false },
      },
    });
    const { runtime, preload } = values;
    if (runtime === "deno" || runtime === "bun") return { runtime, preload };
    console.error(
      `Cannot start the demo: --runtime is ${runtime}, must be deno or bun`,
    );
  } catch (error) {
    console.error(`Cannot start the demo: ${(error as Error).message}`);
  }
  console.error(USAGE);
  process.exit(2);
}

function fail(why: unknown): never {
  console.error(`The demo failed: ${why}`);
  process.exit(1);
}

/** Steps 1 to 3: the bytes of a trace of the loaded example. */
async function recordExample(): Promise<Uint8Array> {
  // Deno fetches packages itself.
  if (runtime !== "deno") await ensureNodeModules();
  const { script, flags } = EXAMPLES[runtime];
  const extra = preload
    ? [
      `--preload=${ourPath("../../src/preload.ts")}`,
      ...PRELOAD_FLAGS[runtime],
    ]
    : [];
  const server = await startRuntime(runtime, ourPath(`../${script}`), {
    flags: [...flags, ...extra],
    args: ["--port=0"],
  });
  try {
    const how = preload ? " through the preload" : "";
    console.log(`Server   ${script} on ${runtime}${how}, ${server.url}`);
    console.log(`Load     every route, for ${LOAD_SECONDS} s`);
    const loaded = load(server.url, {
      runtime: "deno",
      paths: PATHS,
      connections: 16,
      seconds: LOAD_SECONDS,
    });
    // The trace is to lie in the middle of the load.
    await sleep(((LOAD_SECONDS - TRACE_SECONDS) / 2) * 1000);
    const [bytes, { requests, errors }] = await Promise.all([
      fetchTrace(server.url),
      loaded,
    ]);
    if (errors > 0) throw new Error(`${errors} requests were not answered`);
    console.log(`Answers  ${requests.toLocaleString("en")}`);
    return bytes;
  } finally {
    await server.stop();
  }
}

function ourPath(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

async function fetchTrace(base: string): Promise<Uint8Array> {
  const url = `${base}/debug/trace?seconds=${TRACE_SECONDS}`;
  console.log(`Record   curl '${url}' > ${FILE}`);
  const asked = performance.now();
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let firstMs = NaN;
  for await (const piece of response.body ?? []) {
    if (pieces.length === 0) firstMs = performance.now() - asked;
    pieces.push(piece);
  }
  console.log(`         first bytes after ${firstMs.toFixed(0)} ms`);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Steps 4 and 5. False if anyone refuses the trace, or it lacks something. */
async function check(bytes: Uint8Array): Promise<boolean> {
  const trace = parseTrace(bytes, { strict: true });
  let good = trace.warnings.length === 0;
  for (const { rule, message, count } of trace.warnings) {
    console.error(`Bad      ${rule}, ${count} times: ${message}`);
  }
  const judges = ["Looptrace's reader"];
  for (const { version, verdict } of await askGo()) {
    judges.push(version);
    if (verdict.ok) continue;
    good = false;
    console.error(`Bad      ${version} says ${verdict.text}`);
  }
  console.log(`Check    ${good ? "good" : "bad"}, by ${judges.join(", ")}\n`);
  report(trace, bytes.length);
  console.log(
    `\nOpen it: go tool trace ${FILE}   (begin with "Goroutine analysis")`,
  );
  return good;
}

interface Judgement {
  readonly version: string;
  readonly verdict: { readonly ok: boolean; readonly text: string };
}

/** What each installed Go says of the file; nothing if none is ready in time. */
async function askGo(): Promise<Judgement[]> {
  const ask = async (tool: GoTool): Promise<Judgement> => ({
    version: tool.version,
    verdict: await judge(tool, FILE),
  });
  const answers = findGoTools().then((tools) =>
    Promise.all(Object.values(tools).filter((tool) => tool).map(ask))
  );
  const late = sleep(GO_MS).then(() => undefined);
  const judgements = await Promise.race([answers, late]);
  if (judgements === undefined) {
    console.log(`Check    Go was not ready after ${GO_MS / 1000} s`);
  } else if (judgements.length === 0) {
    console.log("Check    Go is not installed, so it was not asked");
  }
  return judgements ?? [];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
