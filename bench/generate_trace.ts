/**
 * Writes a trace like those of a busy server, with the recorder's own encoder: requests that each create a task, wait
 * for the network, timers, locks and each other, and end. `deno run -A bench/generate_trace.ts --events=1800000 FILE`
 */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { Random } from "../tests/support/random.ts";
import { BatchBuffer } from "../src/core/batch_buffer.ts";
import { EventEncoder } from "../src/core/event_encoder.ts";
import { Reason } from "../src/core/reason.ts";
import { SiteTable } from "../src/core/site_table.ts";
import { StackTable } from "../src/core/stack_table.ts";
import { StringTable } from "../src/core/string_table.ts";
import { encodeHeader, WRITTEN_VERSION } from "../src/format/header.ts";
import {
  type GoId,
  NO_STACK,
  type ProcId,
  type StackId,
} from "../src/format/ids.ts";

export interface GenerateOptions {
  /** At least this many events. */
  readonly events: number;
  /** Event loops; each has tasks of its own. @default {1} */
  readonly procs?: number;
  /** @default {1} */
  readonly seed?: number;
}

/** Tasks that are alive at a time on one loop. */
const LIVE_TASKS = 64;
/** Async functions of the made-up program: each is the entry of some tasks and waits at some of its lines. */
const FUNCTIONS = 24;
const LINES = 6;
const REASONS = Object.values(Reason);

/** The batches of a trace, header first. */
export function generateTrace(options: GenerateOptions): Uint8Array[] {
  const { events, procs = 1, seed = 1 } = options;
  const batches: Uint8Array[] = [encodeHeader(WRITTEN_VERSION)];
  const loops = Array.from(
    { length: procs },
    (_, proc) => new Loop(proc, procs, new Random(seed + proc), batches),
  );
  while (loops.reduce((sum, { count }) => sum + count, 0) < events) {
    for (const loop of loops) loop.turn();
  }
  for (const loop of loops) loop.end();
  return batches;
}

/** A task that waits or runs, and its function. */
interface Task {
  readonly g: GoId;
  readonly fn: number;
}

/** One event loop: its tasks, its clock and its batches. */
class Loop {
  readonly #random: Random;
  readonly #buffer: BatchBuffer;
  readonly #encoder: EventEncoder;
  readonly #entries: StackId[] = [];
  /** Stacks at which tasks wait, by function. */
  readonly #waits: StackId[][] = [];
  readonly #timer: StackId;
  readonly #waiting: Task[] = [];
  readonly #proc: number;
  readonly #procs: number;
  #nextTask: number;

  constructor(
    proc: number,
    procs: number,
    random: Random,
    batches: Uint8Array[],
  ) {
    this.#random = random;
    this.#procs = procs;
    this.#nextTask = 1 + proc;
    this.#buffer = new BatchBuffer(1, (batch) => void batches.push(batch), {
      proc: proc as ProcId,
    });
    this.#encoder = new EventEncoder(this.#buffer);
    // Each loop has the same tables; only the first writes them.
    const tables = proc === 0
      ? this.#buffer
      : new BatchBuffer(1, () => undefined);
    if (proc === 0) {
      this.#encoder.frequency();
      this.#encoder.gomaxprocs(procs);
      this.#encoder.gomaxprocs(procs);
    }
    this.#timer = this.#writeTables(tables);
    this.#encoder.procStart(proc + 1);
    this.#proc = proc;
  }

  /** Events so far. */
  get count(): number {
    return this.#encoder.events;
  }

  /** Some I/O is ready: one task is created or woken and runs until it waits or ends. */
  turn(): void {
    const random = this.#random;
    this.#encoder.advance(20 + random.below(400));
    const isNew = this.#waiting.length < LIVE_TASKS && random.below(4) === 0;
    const task = isNew || this.#waiting.length === 0
      ? this.#create()
      : this.#wake();
    this.#encoder.advance(2 + random.below(8));
    this.#encoder.goStart(task.g);
    this.#run(task);
  }

  /** Ends all tasks and the loop. */
  end(): void {
    const encoder = this.#encoder;
    while (this.#waiting.length > 0) {
      const { g } = this.#wake();
      encoder.advance(3);
      encoder.goStart(g);
      encoder.advance(9);
      encoder.goEnd();
    }
    encoder.advance(1);
    encoder.procStop();
    this.#buffer.flush();
  }

  /** The running task goes on: now and then it wakes another, then it waits, yields or ends. */
  #run(task: Task): void {
    const random = this.#random;
    const encoder = this.#encoder;
    if (this.#waiting.length > 8 && random.below(3) === 0) {
      const other = this.#takeWaiting();
      const stack = random.pick(this.#waits[task.fn]);
      encoder.advance(5 + random.below(60));
      encoder.goUnblock(other.g, stack);
      encoder.advance(4);
      encoder.goBlock(random.pick(REASONS), stack);
      this.#waiting.push(task);
      encoder.advance(2);
      encoder.goStart(other.g);
      return this.#run(other);
    }
    encoder.advance(5 + random.below(200));
    if (random.below(9) === 0) return encoder.goEnd();
    const stack = random.below(2) === 0
      ? NO_STACK
      : random.pick(this.#waits[task.fn]);
    encoder.goBlock(random.pick(REASONS), stack);
    this.#waiting.push(task);
    if (random.below(6) > 0) return;
    // The loop has nothing to do and waits.
    encoder.advance(3);
    encoder.procStop();
    encoder.advance(100 + random.below(5000));
    encoder.procStart(this.#proc + 1);
  }

  #create(): Task {
    const g = this.#nextTask as GoId;
    this.#nextTask += this.#procs;
    const fn = this.#random.below(FUNCTIONS);
    this.#encoder.advance(3);
    this.#encoder.goCreate(g, this.#entries[fn], this.#timer);
    return { g, fn };
  }

  /** A waiting task that the loop itself wakes. */
  #wake(): Task {
    const task = this.#takeWaiting();
    this.#encoder.advance(2);
    this.#encoder.goUnblock(task.g, this.#timer);
    return task;
  }

  #takeWaiting(): Task {
    const waiting = this.#waiting;
    const index = this.#random.below(waiting.length);
    const task = waiting[index];
    waiting[index] = waiting[waiting.length - 1];
    waiting.pop();
    return task;
  }

  #writeTables(buffer: BatchBuffer): StackId {
    const sites = new SiteTable();
    const strings = new StringTable(buffer);
    const stacks = new StackTable(buffer, strings, sites);
    for (let fn = 0; fn < FUNCTIONS; fn++) {
      const file = `file:///srv/app/routes/part_${fn % 7}.ts`;
      const entry = stacks.put(sites.put(`handler${fn}`, file, 10 * fn + 1));
      this.#entries.push(entry);
      const waits: StackId[] = [];
      for (let line = 1; line <= LINES; line++) {
        const site = sites.put(`handler${fn}`, file, 10 * fn + 1 + line);
        const query = sites.put("query", "file:///srv/app/db.ts", 40 + line);
        waits.push(stacks.put(query, stacks.put(site, entry)));
      }
      this.#waits.push(waits);
    }
    return stacks.put(sites.put("timer", "(runtime)", 0));
  }
}

/** The pieces as one. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: {
      events: { type: "string", default: "1800000" },
      procs: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
    },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file === undefined) {
    console.error("Usage: generate_trace.ts [--events=N] [--procs=N] FILE");
    process.exit(2);
  }
  const bytes = joinPieces(generateTrace({
    events: Number(values.events),
    procs: Number(values.procs),
    seed: Number(values.seed),
  }));
  await writeFile(file, bytes);
  console.log(`${file}: ${bytes.length} bytes`);
}
