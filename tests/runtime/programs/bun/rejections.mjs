/**
 * Rejections that somebody handles, or nobody, in all the ways of design/bun.md 1.4. argv: `plain`, or the file for the
 * trace; stdout: what was told of each, in order.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

const told = [];
process.on(
  "unhandledRejection",
  (reason) => void told.push(`unhandled ${reason.message}`),
);
process.on("rejectionHandled", () => void told.push("handled late"));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (text) => Promise.reject(new Error(text));

// deno-lint-ignore require-await
async function failNow(text) {
  throw new Error(text);
}

async function failLater(text) {
  await sleep(1);
  throw new Error(text);
}

async function* failInside(text) {
  yield 1;
  throw new Error(text);
}

class Derived extends Promise {}

const SCENARIOS = {
  "nobody, at once": () => void failNow("a"),
  "nobody, later": () => void failLater("b"),
  "nobody, a call inside": async () => {
    void failLater("c");
    await sleep(3);
  },
  "caught by an await": async () => void (await failNow("d").catch(() => {})),
  "caught by try": async () => {
    try {
      await failLater("e");
    } catch (error) {
      told.push(`caught ${error.message}`);
    }
  },
  "thrown on by an await": () => void (async () => await failLater("f"))(),
  "caught too late": async () => {
    const promise = failNow("g");
    await sleep(3);
    promise.catch(() => told.push("caught late"));
  },
  "then without catch": () => void fail("h").then(() => {}),
  "finally without catch": () => void fail("i").finally(() => {}),
  "Promise.resolve of one": () => void Promise.resolve(fail("j")),
  "all of several": () => void Promise.all([failNow("k"), failLater("l"), 1]),
  "allSettled of several": async () =>
    void (await Promise.allSettled([failNow("m"), failLater("n")])),
  "the loser of a race": async () =>
    void (await Promise.race([sleep(1), failLater("o")]).catch(() => {})),
  "any of several": () =>
    void Promise.any([failNow("p"), failLater("q")]).catch(() => {}),
  "a generator": async () => {
    try {
      for await (const _ of failInside("r"));
    } catch (error) {
      told.push(`caught ${error.message}`);
    }
  },
  "a subclass": () => void Derived.reject(new Error("s")),
  "awaited by two": async () => {
    const promise = failLater("t");
    const wait = async () => void (await promise);
    await Promise.allSettled([wait(), wait()]);
  },
  "returned by a callback": () => void sleep(1).then(() => failLater("u")),
};

async function runAll() {
  const before = told.length;
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    told.push(name);
    await scenario();
    await sleep(8);
  }
  return told.slice(before);
}

const [mode] = process.argv.slice(2);
if (mode === "plain") console.log(JSON.stringify({ plain: await runAll() }));
else {
  const { start, stop } = await import("../../../../mod.ts");
  const chunks = [];
  start({ write: (bytes) => void chunks.push(bytes) }, { stacks: "all" });
  const recorded = await runAll();
  const { error } = await stop();
  const after = await runAll();
  writeFileSync(mode, Buffer.concat(chunks));
  console.log(JSON.stringify({ recorded, after, error }));
}
