/**
 * Records the snippets of one family, one after the other in one recording, and tells what they measured.
 *
 * usage: runner.mjs LIBRARY OPTIONS; OPTIONS is JSON: `{ family, only, folder, addresses, runtime, isTransformed, hooks, output }`.
 * The file `output` gets JSON: `{ trace, results }`, the trace in base64.
 *
 * A timer of its own, whose callback is called `begin N` or `end N`, stands before and behind snippet N: between the two
 * goroutines lie its events.
 */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import process from "node:process";
import timers from "node:timers";
import { Skipped, SnippetHelper } from "./helper.mjs";

/** No snippet waits for anything near as long. */
const MAX_MS = 5_000;

const WARMUPS = 10;

// Taken before there are wrappers: the watch over the snippets is none of their waits.
const { setTimeout: watch, clearTimeout: unwatch } = timers;

const [library, json] = process.argv.slice(2);
const options = JSON.parse(json);
const { start, stop } = await import(library);
const { snippets } = await import(`./snippets/${options.family}.mjs`);

const chunks = [];
const results = [];
// Callbacks throw into the loop; the snippet that is under way has failed then.
let fail = () => {};
process.on("uncaughtException", (error) => fail(error));
process.on("unhandledRejection", (error) => fail(error));

start({ write: (bytes) => void chunks.push(bytes) }, {
  hooks: options.hooks,
  stacks: "all",
  wakers: "all",
});
// What is compiled and seen for the first time takes a millisecond, which would be the first snippet's.
for (let i = 0; i < WARMUPS; i++) {
  const helper = new SnippetHelper(options);
  await limited({ run: (h) => h.timed(() => h.sleep(1)) }, helper);
}
for (const [index, snippet] of snippets.entries()) {
  if (options.only !== undefined && snippet.api !== options.only) continue;
  // JSON leaves `run` out.
  const result = { index, ...snippet, status: "untested", told: [] };
  results.push(result);
  const isHere = snippet.runtimes?.includes(options.runtime) ?? true;
  if (!isHere) result.status = "elsewhere";
  if (!isHere || snippet.untested !== undefined) continue;
  await mark(`begin ${index}`);
  const helper = new SnippetHelper(options);
  try {
    await limited(snippet, helper);
    result.status = "done";
  } catch (error) {
    const isSkipped = error instanceof Skipped;
    result.status = isSkipped ? "skipped" : "failed";
    result.why = isSkipped ? error.message : `${error?.stack ?? error}`;
  }
  result.told = helper.told;
  await mark(`end ${index}`);
}
await stop();

const trace = Buffer.concat(chunks).toString("base64");
writeFileSync(options.output, JSON.stringify({ trace, results }));
// What a snippet has left open would hold the process.
process.exit(0);

/** A goroutine of this name comes and goes. */
function mark(name) {
  return new Promise((resolve) => {
    const callback = () => resolve();
    Object.defineProperty(callback, "name", { value: name });
    setTimeout(callback, 1);
  });
}

/** Runs beside its caller: a task of its own. */
function limited(snippet, helper) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`still waiting after ${MAX_MS} ms`));
    const timer = watch(late, MAX_MS);
    fail = reject;
    Promise.resolve(snippet.run(helper)).then(resolve, reject).finally(() =>
      unwatch(timer)
    );
  });
}
