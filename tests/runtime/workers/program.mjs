/**
 * Programs with workers, by name: `program.mjs SCENARIO`. Records itself and
 * says at the end what it saw. `LOOPTRACE_LIBRARY` is the library, traces go to
 * `LOOPTRACE_OUT`, with a number behind it.
 */
import process from "node:process";
import { burn, sleep, start, workerClass } from "./threads.mjs";

const library = await import(process.env.LOOPTRACE_LIBRARY);
const fs = process.getBuiltinModule("node:fs");
const options = { hooks: process.env.LOOPTRACE_HOOKS || undefined };

let traces = 0;

function save(chunks) {
  const path = `${process.env.LOOPTRACE_OUT}.${traces++}`;
  fs.writeFileSync(path, Buffer.concat(chunks));
}

function record(more = {}) {
  const chunks = [];
  library.start({ write: (bytes) => void chunks.push(bytes) }, {
    ...options,
    ...more,
  });
  return async () => {
    const statistics = await library.stop();
    save(chunks);
    return statistics;
  };
}

/** Reads a stream to its end. */
async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  save(chunks);
}

const scenarios = {
  /** Four workers, busy one after the other and all at once. */
  async busy() {
    const stop = record();
    const workers = [0, 1, 2, 3].map(() => start("./worker.mjs"));
    await Promise.all(workers.map(async (worker) => {
      for (let i = 0; i < 3; i++) {
        worker.post({ deed: "work", ms: 20 });
        if (await worker.next() !== "done") throw new Error("not done");
      }
    }));
    await sleep(30);
    const statistics = await stop();
    for (const worker of workers) worker.terminate();
    return { statistics };
  },

  /** 64 workers, eight at a time, that end in different ways. */
  async turns() {
    const stop = record({ batchBytes: 2048 });
    let begun = 0;
    const lane = async () => {
      while (begun < 64) {
        const way = begun++ % 4;
        const worker = start("./worker.mjs");
        worker.post({ deed: "spin", times: 10 });
        await worker.next();
        if (way === 1) await sleep(3);
        if (way === 2) {
          worker.post({ deed: "end" });
          await sleep(30);
        }
        if (way === 3) {
          for (let i = 0; i < 50; i++) worker.post({ deed: "ignore" });
        }
        await worker.terminate();
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    return { statistics: await stop(), begun };
  },

  /** A worker that never comes back: the recording ends all the same. */
  async endless() {
    const stop = record();
    const good = start("./worker.mjs");
    const worker = start("./worker.mjs");
    worker.post({ deed: "endless" });
    await worker.next();
    worker.post({ deed: "ignore" });
    good.post({ deed: "work", ms: 4 });
    await good.next();
    const began = performance.now();
    const statistics = await stop();
    const stopMs = performance.now() - began;
    worker.terminate();
    good.terminate();
    return { statistics, stopMs };
  },

  /** Workers that throw, at once or later. */
  async throws() {
    const stop = record();
    const errors = [];
    const note = (event) => {
      event.preventDefault?.();
      errors.push(String(event.message));
    };
    const ended = (worker) =>
      new Promise((resolve) =>
        worker.on("error", (event) => {
          note(event);
          resolve();
        })
      );
    const first = start("./throwing_worker.mjs");
    await ended(first);
    const later = start("./worker.mjs");
    const laterEnded = ended(later);
    later.post({ deed: "work", ms: 2 });
    await later.next();
    later.post({ deed: "throws" });
    await laterEnded;
    const missing = start("./no_such_worker.mjs");
    await ended(missing);
    await sleep(20);
    for (const { terminate } of [first, later, missing]) terminate();
    return { statistics: await stop(), errors };
  },

  /** Consumers that come and go, while workers work. */
  async consumers() {
    const ends = new AbortController();
    const first = read(library.stream({ ...options, signal: ends.signal }));
    const workers = [0, 1, 2].map(() => start("./worker.mjs"));
    await Promise.all(workers.map(({ next, post }) => {
      post({ deed: "echo", value: 1 });
      return next();
    }));
    const work = async (worker) => {
      for (let i = 0; i < 20; i++) {
        worker.post({ deed: "work", ms: 10 });
        await worker.next();
        burn(2);
      }
    };
    const all = Promise.all(workers.map(work));
    await sleep(60);
    const second = read(library.stream({ ...options, seconds: 0.3 }));
    await sleep(40);
    const third = read(library.stream({ ...options, seconds: 0.4 }));
    await Promise.all([second, third, all]);
    ends.abort();
    await first;
    // One more, with workers that have been recorded before.
    const again = read(library.stream({ ...options, seconds: 0.1 }));
    await Promise.all(workers.map(work));
    await again;
    for (const { terminate } of workers) terminate();
    return {};
  },

  /** Workers that run when the recording begins. */
  async armed() {
    library.handler();
    const workers = [start("./worker.mjs"), start("./worker.mjs")];
    for (const { next, post } of workers) {
      post({ deed: "echo", value: 1 });
      await next();
    }
    const stop = record();
    await sleep(20);
    await Promise.all(workers.map(async ({ next, post }) => {
      for (let i = 0; i < 3; i++) {
        post({ deed: "work", ms: 10 });
        await next();
      }
    }));
    await sleep(20);
    const statistics = await stop();
    for (const { terminate } of workers) terminate();
    return { statistics };
  },

  /** The recording ends with messages on their way in both directions. */
  async flight() {
    const stop = record({ batchBytes: 2048 });
    const workers = [0, 1, 2].map(() => start("./worker.mjs"));
    let answers = 0;
    for (const { on, post } of workers) {
      on("message", () => answers++);
      for (let i = 0; i < 500; i++) post({ deed: "echo", value: i });
    }
    while (answers < 200) await sleep(1);
    const statistics = await stop();
    const atStop = answers;
    while (answers < 1500) await sleep(1);
    for (const { terminate } of workers) terminate();
    return { statistics, atStop, answers };
  },

  /** Many messages, one at a time and in bursts. */
  async messages() {
    const stop = record();
    const { next, on, post, terminate } = start("./worker.mjs");
    const total = Number(process.env.LOOPTRACE_MESSAGES ?? 100_000) / 2;
    let sum = 0;
    for (let i = 0; i < 200; i++) {
      post({ deed: "echo", value: i });
      sum += await next();
    }
    let got = 200;
    let done;
    const all = new Promise((resolve) => done = resolve);
    on("message", (value) => {
      sum += value;
      if (++got === total) done();
    });
    for (let sent = 200; sent < total;) {
      const burst = Math.min(500, total - sent);
      for (let i = 0; i < burst; i++) {
        post({ deed: "echo", value: sent + i });
      }
      sent += burst;
      while (got < sent - 1000) await sleep(0);
    }
    await all;
    const statistics = await stop();
    terminate();
    return { statistics, sum, wanted: total * (total - 1) / 2, total };
  },

  /** A worker of a worker's. */
  async nested() {
    const stop = record();
    const { next, post, terminate } = start("./worker.mjs");
    post({ deed: "echo", value: 0 });
    await next();
    post({ deed: "nested", ms: 20 });
    const answer = await next();
    await sleep(300);
    const statistics = await stop();
    terminate();
    return { statistics, answer };
  },

  /** What a program sees of its workers. */
  async seen() {
    const Plain = workerClass();
    const stop = record();
    const Worker = workerClass();
    const { next, post, terminate, worker } = start("./worker.mjs", {
      name: "one",
    });
    const messages = [];
    post({ deed: "seen" });
    messages.push(await next());
    for (let i = 0; i < 5; i++) post({ deed: "echo", value: i });
    for (let i = 0; i < 5; i++) messages.push(await next());
    class Special extends Worker {}
    const special = new Special(
      new URL("./worker.mjs", import.meta.url),
      { type: "module" },
    );
    const facts = {
      messages,
      isWorker: worker instanceof Worker && worker instanceof Plain,
      isSpecial: special instanceof Special && special instanceof Worker,
      name: Worker.name,
      constructor: Worker.prototype.constructor === Worker,
      wanted: new URL("./worker.mjs", import.meta.url).href,
      threw: undefined,
    };
    try {
      new Worker();
    } catch (error) {
      facts.threw = error.constructor.name;
    }
    try {
      post(() => {});
    } catch (error) {
      facts.cloneError = error.name;
    }
    post({ deed: "echo", value: "last" });
    facts.last = await next();
    terminate();
    special.terminate();
    await stop();
    return facts;
  },

  /** Deno: a worker whose module asks whether it is the main one. */
  async asks() {
    const plain = start("./main_worker.mjs");
    const without = await plain.next();
    const stop = record();
    const { next, terminate } = start("./main_worker.mjs");
    const recording = await next();
    const statistics = await stop();
    plain.terminate();
    terminate();
    return { statistics, without, recording };
  },

  /** Deno: workers that may do nothing. */
  async permissions() {
    const stop = record();
    const { next, post, terminate } = start("./worker.mjs", {
      deno: { permissions: "none" },
    });
    post({ deed: "work", ms: 10 });
    const answer = await next();
    await sleep(30);
    const statistics = await stop();
    terminate();
    return { statistics, answer };
  },
};

const said = await scenarios[process.argv[2]]();
console.log(JSON.stringify({ ...said, traces }));
// Deno 2.9.6 does not end beside a worker that was terminated in a loop.
if (process.argv[2] === "endless") process.exit(0);
