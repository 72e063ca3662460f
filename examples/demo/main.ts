/**
 * Looptrace at work, in a few seconds: `deno task demo`.
 *
 * 1. Start the Hono example.
 * 2. Load every route of it from a second process.
 * 3. Meanwhile, fetch a trace from its endpoint into `trace.out`.
 * 4. Check the trace, with our own reader and with Go's tool.
 * 5. Tell what is in it.
 *
 * Exit status 0 only if the trace is good.
 */

import { parseTrace } from "../../src/reader.ts";
import { type Child, startScript } from "./child.ts";
import { askGo } from "./go_check.ts";
import { report } from "./report.ts";

const FILE = "trace.out";
const LOAD_SECONDS = 4;
const TRACE_SECONDS = 2;
/** All in all the demo takes less than a minute. */
const MAX_MS = 55_000;

const PATHS = [
  "/json",
  "/users/17",
  "/sleep",
  "/file",
  "/fetch",
  "/dashboard",
  "/primes",
];

const began = performance.now();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => interrupted.abort(new Error(signal)));
}
const over = AbortSignal.any([
  interrupted.signal,
  AbortSignal.timeout(MAX_MS),
]);

try {
  const bytes = await recordExample();
  await Deno.writeFile(FILE, bytes);
  const good = await check(bytes);
  Deno.exit(good ? 0 : 1);
} catch (error) {
  // A child that was ended because time is up fails in ways of its own.
  console.error(`The demo failed: ${over.aborted ? over.reason : error}`);
  Deno.exit(1);
}

/** Steps 1 to 3: the bytes of a trace of the loaded example. */
async function recordExample(): Promise<Uint8Array> {
  const children: Child[] = [];
  try {
    const script = new URL("../hono_server.ts", import.meta.url);
    const server = startScript(
      script,
      ["--allow-net", "--allow-read"],
      ["--port=0"],
      over,
    );
    children.push(server);
    const base = await addressOf(server);
    console.log(`Server   ${base}`);

    const load = startScript(
      new URL("./load.ts", import.meta.url),
      ["--allow-net"],
      [base, `${LOAD_SECONDS}`, ...PATHS],
      over,
    );
    children.push(load);
    console.log(`Load     every route, for ${LOAD_SECONDS} s`);
    // The trace is to lie in the middle of the load.
    await sleep(((LOAD_SECONDS - TRACE_SECONDS) / 2) * 1000);

    const bytes = await fetchTrace(base);
    const { success } = await load.ended;
    if (!success) throw new Error(`the load says ${load.stderr().trim()}`);
    const { answers } = JSON.parse(load.stdout());
    console.log(`Answers  ${total(answers).toLocaleString("en")}`);
    return bytes;
  } finally {
    for (const child of children) await child.stop();
  }
}

/** Waits until the server has said where it listens. */
async function addressOf(server: Child): Promise<string> {
  let ended = false;
  server.ended.finally(() => ended = true);
  while (!ended) {
    const line = /Listening on (\S+)\n/.exec(server.stdout());
    if (line !== null) return line[1];
    await sleep(10);
  }
  throw new Error(`the server ended early: ${server.stderr().trim()}`);
}

async function fetchTrace(base: string): Promise<Uint8Array> {
  const url = new URL(`/debug/trace?seconds=${TRACE_SECONDS}`, base);
  console.log(`Record   curl '${url}' > ${FILE}`);
  const asked = performance.now();
  const response = await fetch(url, { signal: over });
  if (!response.ok) {
    throw new Error(`${response.status}: ${await response.text()}`);
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
  for (const { rule, message, count } of trace.warnings) {
    console.error(`Bad      ${rule}, ${count} times: ${message}`);
  }
  const left = MAX_MS - (performance.now() - began);
  const go = await askGo(FILE, left);
  if (go.good === false) console.error(`Bad      ${go.text}`);
  const good = trace.warnings.length === 0 && go.good !== false;
  const judges = go.good === undefined
    ? `Looptrace's reader (${go.text})`
    : `Looptrace's reader and ${go.text}`;
  console.log(`Check    ${good ? "good" : "bad"}, by ${judges}\n`);
  report(trace, bytes.length);
  console.log(
    `\nOpen it: go tool trace ${FILE}   (begin with "Goroutine analysis")`,
  );
  return good;
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(over.reason);
    };
    const timer = setTimeout(() => {
      over.removeEventListener("abort", stop);
      resolve();
    }, ms);
    over.addEventListener("abort", stop, { once: true });
  });
}
