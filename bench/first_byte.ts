/**
 * How long a client waits for the first byte of a trace while the server is under load.
 *
 * The first start in a process installs hooks and wrappers and compiles the recorder, later ones do not: so there are
 * several fresh servers, each asked once and then again and again. The control is the same client asking the same loaded
 * server for a small JSON route.
 */
import { appBenches } from "./support/app_benches.ts";
import {
  type AppRuntime,
  type AppServer,
  startApp,
} from "./support/app_server.ts";
import type { BenchOptions } from "./support/bench.ts";
import { spread } from "./support/interleave.ts";
import { RUNTIME_NAMES, type RuntimeFiles } from "./support/front_ends.ts";
import type { BenchRow } from "./support/table.ts";

/** Load before the first request for a trace. */
const WARM_SECONDS = 1;

/** How long a server is asked for traces after that, again and again. */
const ASK_SECONDS = 2;

/** Pause between them: the recording has stopped, and the loop has its ordinary load again. */
const PAUSE_MS = 30;

const BOUND = { must: 100, aim: 20 };

export const firstByteBenches = appBenches("first_byte", firstByteRows);

/** Milliseconds from the request to the first byte. */
interface Waits {
  readonly first: number[];
  readonly later: number[];
  readonly control: number[];
}

async function firstByteRows(
  runtime: AppRuntime,
  files: RuntimeFiles,
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  const waits: Waits = { first: [], later: [], control: [] };
  for (let i = 0; i < (quick ? 2 : 5); i++) {
    const server = await startApp(runtime, { files });
    try {
      await askLoaded(server, waits, quick ? 1 : ASK_SECONDS);
    } finally {
      await server.stop();
    }
  }
  const name = RUNTIME_NAMES[runtime];
  const control = spread(waits.control).median.toFixed(1);
  return [{
    measure: `request to first byte, first start in the process, ${name}`,
    value: spread(waits.first),
    unit: "ms",
    ...BOUND,
    better: "smaller",
    note: `${waits.first.length} processes, longest ${
      Math.max(...waits.first).toFixed(0)
    } ms`,
  }, {
    measure: `request to first byte, later ones, ${name}`,
    value: spread(waits.later),
    unit: "ms",
    ...BOUND,
    better: "smaller",
    note: `${waits.later.length} requests, longest ${
      Math.max(...waits.later).toFixed(0)
    } ms; a JSON route ${control} ms`,
  }];
}

async function askLoaded(
  server: AppServer,
  waits: Waits,
  seconds: number,
): Promise<void> {
  const loaded = server.load("/api", WARM_SECONDS + seconds);
  await sleep(WARM_SECONDS * 1000);
  const end = performance.now() + seconds * 1000;
  for (let i = 0; performance.now() < end; i++) {
    waits.control.push(await firstByteMs(`${server.url}/status`));
    const ms = await firstByteMs(`${server.url}/debug/trace?seconds=60`);
    (i === 0 ? waits.first : waits.later).push(ms);
    await sleep(PAUSE_MS);
  }
  await loaded;
}

async function firstByteMs(url: string): Promise<number> {
  const abort = new AbortController();
  const asked = performance.now();
  const response = await fetch(url, { signal: abort.signal });
  if (!response.ok || response.body === null) {
    throw new Error(
      `Cannot measure: found ${response.status} ${await response.text()}`,
    );
  }
  const { value } = await response.body.getReader().read();
  const ms = performance.now() - asked;
  if (!(value !== undefined && value.length > 0)) {
    throw new Error(`Cannot measure: ${url} gave no byte`);
  }
  abort.abort();
  return ms;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
