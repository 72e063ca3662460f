/** Loops over a watched iterable do what they do over the iterable itself. */

import { test } from "node:test";
import { watchIterable } from "../../src/runtime/watched_iterable.ts";
import { assertEquals } from "../support/assert.ts";

interface Loop {
  readonly name: string;
  /** A fresh iterable, which logs what is done to it. */
  make(log: string[]): unknown;
  /** Leave the loop at this value. */
  readonly stopAt?: number;
}

/** An async iterator made by hand: every access and call of it is logged. */
function logged(log: string[], more: object = {}): object {
  let value = 0;
  const iterator = {
    get next(): unknown {
      log.push("get next");
      return function (this: unknown, ...args: unknown[]): unknown {
        log.push(`next ${args.length} ${this === iterator}`);
        return Promise.resolve({ done: value === 3, value: value++ });
      };
    },
    get return(): unknown {
      log.push("get return");
      return function (this: unknown): unknown {
        log.push(`return ${this === iterator}`);
        return Promise.resolve({ done: true });
      };
    },
    ...more,
  };
  return {
    get [Symbol.asyncIterator](): unknown {
      log.push("get asyncIterator");
      return () => iterator;
    },
  };
}

async function* generate(log: string[]): AsyncGenerator<number> {
  try {
    yield 0;
    yield await Promise.resolve(1);
    yield 2;
  } finally {
    log.push("finally");
  }
}

const LOOPS: readonly Loop[] = [
  { name: "an async generator", make: generate },
  { name: "an async generator left early", make: generate, stopAt: 1 },
  { name: "an iterator made by hand", make: logged },
  { name: "an iterator made by hand left early", make: logged, stopAt: 1 },
  {
    name: "promises in an array",
    make: () => [Promise.resolve(0), 1, Promise.resolve(2)],
  },
  { name: "a rejected promise", make: () => [Promise.reject(new Error("no"))] },
  { name: "a string", make: () => "abc" },
  { name: "nothing", make: () => undefined },
  { name: "no iterable", make: () => ({}) },
  { name: "an iterator without next", make: (log) => logged(log, { next: 1 }) },
  {
    name: "no iterator",
    make: () => ({ [Symbol.asyncIterator]: () => 1 }),
  },
];

/** Everything that happens in a loop, and between it and other microtasks. */
async function runLoop(
  { make, stopAt }: Loop,
  watch: <T>(iterable: T) => T,
): Promise<string[]> {
  const log: string[] = [];
  const iterable = make(log);
  let ticks = 0;
  let isOver = false;
  const count = (): void => {
    ticks++;
    if (!isOver) Promise.resolve().then(count);
  };
  count();
  try {
    for await (const value of watch(iterable) as AsyncIterable<unknown>) {
      log.push(`${value} at ${ticks}`);
      if (value === stopAt) break;
    }
  } catch (error) {
    log.push((error as Error).name);
  }
  isOver = true;
  log.push(`over at ${ticks}`);
  return log;
}

for (const loop of LOOPS) {
  test(`a for await over ${loop.name} is the same when it is watched`, async () => {
    let seen = 0;
    const plain = await runLoop(loop, (iterable) => iterable);
    const watched = await runLoop(
      loop,
      (iterable) => watchIterable(iterable, () => seen++),
    );
    assertEquals(watched, plain);
    const values = plain.filter((line) => / at /.test(line)).length - 1;
    const isWatched = loop.make([]) instanceof Object;
    assertEquals(seen >= (isWatched ? values : 0), true);
  });
}
