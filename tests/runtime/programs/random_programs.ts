/**
 * Random asynchronous programs, each run without a recording and then with one: what they do, and in which order, must
 * be the same. argv: the first seed, how many, which hooks, the file for the traces; stdout: for each seed the two logs' hashes.
 * With a fifth argument, `without-finally`, no program has a `finally`: recording changes how long that takes on Bun.
 *
 * Everything that happens is logged; the order of promise jobs, ticks, immediates and unhandled rejections is the
 * engine's. Timers are left out: which of two is first may depend on the clock.
 */
import { type HookKind, start, stop } from "../../../mod.ts";
import { Random } from "../../support/random.ts";
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import process from "node:process";

const args = process.argv.slice(2);
const [first, count] = args.slice(0, 2).map(Number);
const hooks = args[2] as HookKind;
const hasFinally = args.length < 5 || args[3] !== "without-finally";
const file = args.at(-1)!;

let log: string[] = [];
process.on("unhandledRejection", (reason) => {
  log.push(`unhandled ${(reason as Error).message}`);
});

class Derived<T> extends Promise<T> {}

/** One program: a tree of calls, each of which draws what it does next. */
class Program {
  readonly #random: Random;
  #calls = 0;
  #held: Promise<unknown>[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  async call(depth: number): Promise<number> {
    const id = ++this.#calls;
    log.push(`${id} begins`);
    const steps = this.#random.below(4) + 1;
    for (let step = 0; step < steps; step++) {
      if (depth > 0 && this.#calls < 60) await this.#step(id, depth);
      else if (this.#random.below(2) === 0) await null;
      log.push(`${id} step ${step}`);
    }
    if (this.#random.below(12) === 0) {
      log.push(`${id} throws`);
      throw new Error(`of ${id}`);
    }
    log.push(`${id} ends`);
    return id;
  }

  /** A call whose failure is its caller's no more. */
  async #safe(depth: number): Promise<number> {
    try {
      return await this.call(depth);
    } catch (error) {
      log.push(`caught ${(error as Error).message}`);
      return -1;
    }
  }

  async #step(id: number, depth: number): Promise<void> {
    const below = depth - 1;
    switch (this.#random.below(20)) {
      case 0:
        return await undefined;
      case 1:
        await this.#safe(below);
        return;
      case 2:
        // Nobody waits for it; it may fail unseen.
        void this.call(below);
        return;
      case 3:
        await Promise.all([this.#safe(below), this.#safe(below), id]);
        return;
      case 4:
        await Promise.race([this.#safe(below), this.#safe(below)]);
        return;
      case 5:
        await Promise.allSettled([this.call(below), this.call(below)]);
        return;
      case 6:
        await this.#safe(below).then((value) => {
          log.push(`${id} then ${value}`);
          return this.#safe(below);
        });
        return;
      case 7:
        queueMicrotask(() => log.push(`${id} microtask`));
        return;
      case 8:
        process.nextTick(() => log.push(`${id} tick`));
        return;
      case 9:
        await new Promise<void>((resolve) => setImmediate(resolve));
        return;
      case 10: {
        const thenable = {
          then(resolve: (value: number) => void) {
            log.push(`${id} thenable`);
            resolve(id);
          },
        };
        await thenable;
        return;
      }
      case 11:
        Promise.reject(new Error(`lost by ${id}`));
        return;
      case 12:
        for await (const value of this.#generate(id)) {
          log.push(`${id} got ${value}`);
        }
        return;
      case 13: {
        const { promise, resolve } = Promise.withResolvers<void>();
        setImmediate(() => {
          log.push(`${id} opened`);
          resolve();
        });
        await promise;
        return;
      }
      case 14:
        if (!hasFinally) return;
        await this.#safe(below).finally(() => log.push(`${id} finally`));
        return;
      case 15:
        this.#held.push(this.#safe(below));
        return;
      case 16:
        for (const held of this.#held.splice(0)) await held;
        return;
      case 17:
        await new Derived<void>((resolve) => queueMicrotask(resolve));
        return;
      case 18:
        await Promise.any([this.call(below), Promise.reject(new Error("any"))])
          .catch((error) => log.push(`${id} ${(error as Error).name}`));
        return;
      case 19:
        setImmediate(() => void this.#safe(below));
        return;
    }
  }

  async *#generate(id: number): AsyncGenerator<number> {
    for (let i = 0; i < 3; i++) {
      if (this.#random.below(2) === 0) await null;
      yield id * 10 + i;
    }
  }
}

/** Runs a program until nothing of it is left, and gives what it logged. */
async function runProgram(seed: number): Promise<string> {
  log = [];
  try {
    await new Program(seed).call(4);
  } catch (error) {
    log.push(`failed ${(error as Error).message}`);
  }
  // What nobody waits for is over when nothing was logged for three turns.
  for (let quiet = 0, length = -1; quiet < 3; quiet++) {
    if (log.length !== length) quiet = 0;
    length = log.length;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return log.join("\n");
}

const plain: string[] = [];
for (let i = 0; i < count; i++) plain.push(await runProgram(first + i));

const differing: unknown[] = [];
const traces: Uint8Array[] = [];
for (let i = 0; i < count; i++) {
  const chunks: Uint8Array[] = [];
  start({
    write(bytes) {
      chunks.push(bytes);
    },
  }, { hooks, stacks: i % 3 === 0 ? "off" : "budget" });
  const recorded = await runProgram(first + i);
  await stop();
  traces.push(
    new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()),
  );
  if (recorded === plain[i]) continue;
  const lines = [plain[i].split("\n"), recorded.split("\n")];
  const at = lines[0].findIndex((line, index) => line !== lines[1][index]);
  differing.push({
    seed: first + i,
    at,
    plain: lines[0].slice(at - 3, at + 3),
    recorded: lines[1].slice(at - 3, at + 3),
  });
}
writeFileSync(
  file,
  Buffer.concat(traces.flatMap((trace) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(trace.length);
    return [length, trace];
  })),
);
console.log(JSON.stringify({
  differing,
  lines: plain.reduce((sum, text) => sum + text.split("\n").length, 0),
  unhandled: plain.filter((text) => text.includes("unhandled")).length,
}));
