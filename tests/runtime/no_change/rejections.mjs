/**
 * Rejections that somebody handles, or nobody, or somebody too late. For each scenario it prints which rejections the
 * runtime found unhandled, and which it heard were handled after all.
 *
 * usage: rejections.mjs [LIBRARY OPTIONS]; with a LIBRARY each runs three times: before a recording, during one that
 * was started with OPTIONS (JSON), and after it. stdout: JSON, `{ plain } ` or `{ recorded, after }`, lines by scenario.
 */
import process from "node:process";

let lines = [];

function tell(what, reason) {
  lines.push(`${what} ${reason?.message ?? reason}`);
}

if ("Deno" in globalThis) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    tell("unhandled", event.reason);
  });
  globalThis.addEventListener("rejectionhandled", (event) => {
    tell("handled after all", event.reason);
  });
} else {
  const reasons = new WeakMap();
  process.on("unhandledRejection", (reason, promise) => {
    reasons.set(promise, reason);
    tell("unhandled", reason);
  });
  process.on("rejectionHandled", (promise) => {
    tell("handled after all", reasons.get(promise));
  });
}

class Derived extends Promise {}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

async function fail(text, turns = 0) {
  for (let i = 0; i < turns; i++) await turn();
  throw new Error(text);
}

async function through(text) {
  await null;
  return await fail(text, 1);
}

/** An async function that gives a rejected promise without awaiting it. */
async function adopting(text) {
  await null;
  return fail(text, 1);
}

async function* generate(text) {
  yield 1;
  await null;
  throw new Error(text);
}

export const scenarios = {
  "fire and forget": () => {
    fail("a");
    fail("b", 1);
  },
  "fire and forget, nested": () => {
    through("a");
  },
  "caught at once": () => {
    fail("a").catch(() => {});
    fail("b", 1).catch(() => {});
  },
  "caught by await": async () => {
    try {
      await through("a");
    } catch (error) {
      tell("caught", error);
    }
  },
  "caught late": async () => {
    const promise = fail("a");
    await turn();
    await turn();
    promise.catch((error) => tell("caught", error));
  },
  "awaited late": async () => {
    const promise = fail("a", 1);
    for (let i = 0; i < 4; i++) await turn();
    await promise.catch((error) => tell("caught", error));
  },
  "then only": () => {
    fail("a").then(() => tell("never"));
    fail("b", 1).then(() => tell("never"));
  },
  "then with both callbacks": () => {
    fail("a", 1).then(() => tell("never"), (error) => tell("caught", error));
  },
  "thrown by a then-callback": () => {
    Promise.resolve().then(() => {
      throw new Error("a");
    });
  },
  "finally only": () => {
    fail("a", 1).finally(() => tell("finally"));
  },
  "Promise.all, awaited": async () => {
    try {
      await Promise.all([fail("a", 2), fail("b", 1), fail("c")]);
    } catch (error) {
      tell("caught", error);
    }
  },
  "Promise.all, not awaited": () => {
    Promise.all([fail("a", 2), fail("b", 1)]);
  },
  "Promise.allSettled": async () => {
    const all = await Promise.allSettled([fail("a"), fail("b", 1)]);
    tell(all.map(({ status }) => status).join());
  },
  "loser of Promise.race": async () => {
    await Promise.race([turn(), fail("a", 3)]);
    tell("over");
  },
  "Promise.any, not awaited": () => {
    Promise.any([fail("a"), fail("b", 1)]);
  },
  "async generators": async () => {
    try {
      for await (const value of generate("a")) tell("got", value);
    } catch (error) {
      tell("caught", error);
    }
    const lost = generate("b");
    await lost.next();
    lost.next();
  },
  "given on: Promise.resolve, adoption, thenable, subclass": () => {
    const rejected = fail("a", 1);
    Promise.resolve(rejected);
    adopting("b");
    Promise.resolve({ then: (_, no) => no(new Error("c")) });
    new Derived((_, no) => no(new Error("d")));
    Derived.reject(new Error("e")).then(() => {});
  },
};

/** Lines by scenario. */
async function runAll() {
  const told = {};
  for (const [name, run] of Object.entries(scenarios)) {
    lines = [];
    await run();
    for (let i = 0; i < 12; i++) await turn();
    told[name] = lines;
  }
  return told;
}

const [library, options] = process.argv.slice(2);
const result = {};
if (library === undefined) result.plain = await runAll();
else {
  const { start, stop } = await import(library);
  start({ write() {} }, JSON.parse(options));
  result.recorded = await runAll();
  await stop();
  result.after = await runAll();
}
process.stdout.write(JSON.stringify(result));
