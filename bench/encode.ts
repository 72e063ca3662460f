/**
 * What the encoder takes for one event, the clock apart, and beside it what the plainest writer of the same bytes takes.
 *
 * The events are those of a loop at work: a task is woken, another blocks, the first goes on; one in eight is new. The
 * control puts the same numbers as varints into one buffer, without batches, state or counters, so the ratio of the two
 * says what the encoder's own order costs, on whatever machine.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { BatchBuffer } from "../src/core/batch_buffer.ts";
import { EventEncoder } from "../src/core/event_encoder.ts";
import { BLOCK_LEADS, type Reason } from "../src/core/reason.ts";
import { EventType, leadByte } from "../src/format/event_catalogue.ts";
import type { GoId, StackId } from "../src/format/ids.ts";
import { BATCH_BYTES } from "../src/format/limits.ts";
import { putUvarint } from "../src/format/varint.ts";
import type { Bench } from "./support/bench.ts";
import {
  interleave,
  ratio,
  type Samples,
  spread,
} from "./support/interleave.ts";
import { runJson } from "./support/json_process.ts";
import type { BenchRow } from "./support/table.ts";

/** Turns of the loop in one measurement; each writes three events and an eighth. */
const TURNS = 400_000;

const TASKS = 8192;
const WAKER = 17 as StackId;
const AT = 300 as StackId;
const ENTRY = 140 as StackId;

const LEAD_UNBLOCK = leadByte(EventType.GoUnblockLocal);
const LEAD_START = leadByte(EventType.GoStartLocal);
const LEAD_CREATE = leadByte(EventType.GoCreate);

export const encodeBench: Bench = {
  name: "encode",
  async run({ quick }) {
    // A process of its own: what else this one runs would shape the compiled code.
    const figures = await runJson(process.execPath, [
      "run",
      "-A",
      fileURLToPath(import.meta.url),
      quick ? "5" : "15",
    ]) as Readonly<Record<string, number[]>>;
    return rowsOf(new Map(Object.entries(figures)));
  },
};

function rowsOf(samples: Samples): BenchRow[] {
  const control = spread(samples.get("control") ?? []).median;
  return [{
    measure: "encoder, one event, clock apart",
    value: spread(samples.get("encoder") ?? []),
    unit: "ns",
    must: 20,
    aim: 8,
    better: "smaller",
  }, {
    measure: "the same / the same bytes by plain putUvarint",
    value: ratio(samples, "encoder", "control"),
    better: "smaller",
    note: `control ${control.toFixed(1)} ns`,
  }];
}

/** Nanoseconds an event, by round. */
async function measureHere(rounds: number): Promise<Samples> {
  let encoded = 0;
  let plain = 0;
  const samples = await interleave([
    { name: "encoder", measure: () => timed(() => encoded = encodeTurns()) },
    { name: "control", measure: () => timed(() => plain = putTurns()) },
  ], { rounds, warmups: 3 });
  // The encoder's Batch records are the difference.
  if (!(encoded >= plain && encoded < plain * 1.001)) {
    throw new Error(
      `Cannot compare: the encoder wrote ${encoded} bytes, the control ${plain}`,
    );
  }
  return samples;
}

function timed(write: () => void): number {
  const began = performance.now();
  write();
  const events = TURNS * 3 + Math.ceil(TURNS / 8);
  return (performance.now() - began) * 1e6 / events;
}

/** How many bytes the encoder writes for all turns. */
function encodeTurns(): number {
  let bytes = 0;
  const buffer = new BatchBuffer(1, (batch) => bytes += batch.length);
  const encoder = new EventEncoder(buffer);
  for (let turn = 0; turn < TURNS; turn++) {
    const g = (turn & (TASKS - 1)) + 1 as GoId;
    encoder.advance(20);
    encoder.goUnblock(g, WAKER);
    encoder.advance(3);
    encoder.goBlock((turn & 7) as Reason, AT);
    encoder.advance(200);
    encoder.goStart(g);
    if ((turn & 7) === 0) {
      encoder.advance(5);
      encoder.goCreate(g, ENTRY, WAKER);
    }
  }
  buffer.flush();
  return bytes;
}

/** The same bytes, written as plainly as can be. */
function putTurns(): number {
  let written = 0;
  let bytes = new Uint8Array(BATCH_BYTES);
  let pos = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const g = (turn & (TASKS - 1)) + 1;
    if (pos > BATCH_BYTES - 64) {
      written += pos;
      bytes = new Uint8Array(BATCH_BYTES);
      pos = 0;
    }
    bytes[pos++] = LEAD_UNBLOCK;
    pos = putUvarint(bytes, pos, 20);
    pos = putUvarint(bytes, pos, g);
    pos = putUvarint(bytes, pos, WAKER);
    bytes[pos++] = BLOCK_LEADS[turn & 7];
    pos = putUvarint(bytes, pos, 3);
    pos = putUvarint(bytes, pos, AT);
    bytes[pos++] = LEAD_START;
    pos = putUvarint(bytes, pos, 200);
    pos = putUvarint(bytes, pos, g);
    if ((turn & 7) === 0) {
      bytes[pos++] = LEAD_CREATE;
      const length = pos++;
      pos = putUvarint(bytes, pos, 5);
      pos = putUvarint(bytes, pos, g);
      pos = putUvarint(bytes, pos, ENTRY);
      pos = putUvarint(bytes, pos, WAKER);
      bytes[length] = pos - length - 1;
    }
  }
  return written + pos;
}

// The child of `encodeBench`.
if (import.meta.main) {
  const samples = await measureHere(Number(process.argv[2]));
  console.log(JSON.stringify(Object.fromEntries(samples)));
}
