/**
 * Runs random programs and keeps what they tell of themselves, and their traces.
 *
 * usage: runner.mjs OPTIONS; OPTIONS is JSON:
 * `programs` is the folder of the programs and `names` their files, `out` the file for the result, `timers` whether
 * they have timers; `library` is the URL of Looptrace if it is to be loaded; `record` are the options of `start()` if
 * they are to be recorded, `after` is true if they are to run once more when the recording is over.
 *
 * The result is JSON: `{ plain?, recorded?, after?, capabilities? }`, a run's each a list of `{ events, trace?, origin? }`,
 * the trace in base64, the origin what the clock said at its first event.
 */
import { writeFileSync } from "node:fs";
import { Buffer } from "node:buffer";
import process from "node:process";
import { drive } from "./log.mjs";

const options = JSON.parse(process.argv[2]);
const { names, programs, out, timers, library, record, after } = options;
const runs = [];
for (const name of names) {
  runs.push((await import(`${programs}/${name}`)).run);
}
/** Ticks of 64 ns. */
const TICKS_PER_MS = 15_625;

const looptrace = library === undefined ? undefined : await import(library);

/** What the clock says last inside `fn`. */
function lastReadingIn(fn) {
  let reading;
  const { now } = performance;
  // In Bun it is the object's own property, elsewhere its prototype's.
  const own = Object.getOwnPropertyDescriptor(performance, "now");
  performance.now = () => {
    return reading = now.call(performance);
  };
  try {
    fn();
  } finally {
    if (own === undefined) delete performance.now;
    else Object.defineProperty(performance, "now", own);
  }
  return reading;
}

async function runPlain(run) {
  return { events: await drive(run, { timers, spin: false }) };
}

async function runRecorded(run) {
  const chunks = [];
  const sink = { write: (bytes) => void chunks.push(bytes) };
  looptrace.start(sink, record);
  let seconds;
  const now = lastReadingIn(() => seconds = looptrace.statistics().seconds);
  const events = await drive(run, { timers, spin: timers });
  const { error } = await looptrace.stop();
  if (error !== undefined) throw new Error(error);
  const bytes = Buffer.concat(chunks);
  const origin = now - seconds * 1000 + firstTicks(bytes) / TICKS_PER_MS;
  return { events, origin, trace: bytes.toString("base64") };
}

/** Ticks of the trace's first Batch, from when the recording began. */
function firstTicks(bytes) {
  // Header and lead byte; the processor and the ticks are varints.
  let at = 17;
  const read = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  read();
  return read();
}

const result = { capabilities: looptrace?.capabilities() };
if (record === undefined) {
  result.plain = [];
  for (const run of runs) result.plain.push(await runPlain(run));
} else {
  result.recorded = [];
  for (const run of runs) result.recorded.push(await runRecorded(run));
}
if (after) {
  result.after = [];
  for (const run of runs) result.after.push(await runPlain(run));
}
writeFileSync(out, JSON.stringify(result));
