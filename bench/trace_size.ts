/**
 * Bytes of a trace for each of its events, from the Hono route under load: header, names, stacks, everything.
 *
 * Each trace is read strictly, so that a wrong one cannot count as a small one. "Without stacks at blocks" is the same
 * file as if every block said "no stack". The control is the same route recorded without capturing any stack.
 */
import { appBenches } from "./support/app_benches.ts";
import { EventType, parseTrace, type Trace } from "../src/reader.ts";
import { uvarintLength, UvarintReader } from "../src/format/varint.ts";
import { type AppRuntime, startApp } from "./support/app_server.ts";
import type { BenchOptions } from "./support/bench.ts";
import { RUNTIME_NAMES, type RuntimeFiles } from "./support/front_ends.ts";
import type { BenchRow } from "./support/table.ts";

/** Load that warms the server, and load before and after the recording. */
const MARGIN_SECONDS = 0.5;

const BLOCKS: ReadonlySet<number> = new Set([
  EventType.GoSleep,
  EventType.GoBlock,
  EventType.GoBlockSend,
  EventType.GoBlockRecv,
  EventType.GoBlockSelect,
  EventType.GoBlockSync,
  EventType.GoBlockCond,
  EventType.GoBlockNet,
]);

export const traceSizeBenches = appBenches("trace_size", sizeRows);

async function sizeRows(
  runtime: AppRuntime,
  files: RuntimeFiles,
  { quick }: BenchOptions,
): Promise<BenchRow[]> {
  const seconds = quick ? 0.5 : 1.5;
  const full = await recordRoute(runtime, files, "budget", seconds);
  const bare = await recordRoute(runtime, files, "off", seconds);
  const name = RUNTIME_NAMES[runtime];
  const counted = (recorded: Recorded): string =>
    `${recorded.events.toLocaleString("en")} events, ${
      (recorded.events / recorded.requests).toFixed(0)
    } a request`;
  return [{
    measure: `bytes an event, names, no stacks at blocks, ${name}`,
    value: (full.bytes - full.blockStackBytes) / full.events,
    unit: "bytes",
    must: 6,
    aim: 4.5,
    better: "smaller",
    note: counted(full),
  }, {
    measure: `bytes an event, with the stacks at blocks, ${name}`,
    value: full.bytes / full.events,
    unit: "bytes",
    better: "smaller",
  }, {
    measure: `bytes an event, stacks: "off", ${name}`,
    value: bare.bytes / bare.events,
    unit: "bytes",
    better: "smaller",
    note: counted(bare),
  }];
}

interface Recorded {
  readonly bytes: number;
  readonly events: number;
  /** Goroutines of requests that were created. */
  readonly requests: number;
  /** What the stack ids of blocks take above that of "none". */
  readonly blockStackBytes: number;
}

/** The trace of some seconds of load, in the middle of more of it. */
async function recordRoute(
  runtime: AppRuntime,
  files: RuntimeFiles,
  stacks: "budget" | "off",
  seconds: number,
): Promise<Recorded> {
  const server = await startApp(runtime, { files, stacks });
  try {
    await server.load("/api", MARGIN_SECONDS);
    const loaded = server.load("/api", seconds + 2 * MARGIN_SECONDS);
    await new Promise((resolve) => setTimeout(resolve, MARGIN_SECONDS * 1000));
    const response = await fetch(
      `${server.url}/debug/trace?seconds=${seconds}`,
    );
    const bytes = new Uint8Array(await response.arrayBuffer());
    await loaded;
    const trace = parseTrace(bytes, { strict: true });
    if (trace.cut !== undefined || trace.warnings.length > 0) {
      throw new Error(
        `Cannot measure: the trace is bad, ${
          JSON.stringify(trace.cut ?? trace.warnings[0])
        }`,
      );
    }
    // A trace that ended before its time says little of one that did not.
    if (trace.duration < 0.9e9 * seconds) {
      throw new Error(
        `Cannot measure: the trace is ${trace.duration} ns long, wanted ${seconds} s`,
      );
    }
    const requests = countRequests(trace);
    if (requests === 0) {
      throw new Error("Cannot measure: found no request in the trace");
    }
    return {
      bytes: bytes.length,
      events: trace.length,
      requests,
      blockStackBytes: countBlockStackBytes(trace, bytes),
    };
  } finally {
    await server.stop();
  }
}

function countRequests({ events }: Trace): number {
  let count = 0;
  for (let row = 0; row < events.length; row++) {
    if (events.type[row] === EventType.UserTaskCreate) count++;
  }
  return count;
}

/** A block is: lead byte, varint of the time, varint of the stack. */
function countBlockStackBytes({ events }: Trace, file: Uint8Array): number {
  const reader = new UvarintReader();
  // The reader wants ten readable bytes at any place.
  reader.bytes = new Uint8Array(file.length + 20);
  reader.bytes.set(file);
  let bytes = 0;
  for (let row = 0; row < events.length; row++) {
    if (!BLOCKS.has(events.type[row])) continue;
    reader.pos = events.offset[row] + 1;
    reader.next();
    bytes += uvarintLength(reader.next()) - 1;
  }
  return bytes;
}
