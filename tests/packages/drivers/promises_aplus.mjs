/**
 * The Promises/A+ suite on the native Promise, one line a test. argv: the file for the trace, or `-` to record nothing.
 *
 * The last lines tell how often the runtime found a rejection that nobody handled, and then one that somebody did. Not
 * on Bun: 1.4.5 finds one more or less from run to run, without Looptrace, too, of those that are handled 50 ms later.
 */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { start, stop } from "@looptrace/looptrace";

const [file] = process.argv.slice(2);
const promisesAplusTests = createRequire(import.meta.url)(
  "promises-aplus-tests",
);

const adapter = {
  resolved: (value) => Promise.resolve(value),
  rejected: (reason) => Promise.reject(reason),
  deferred() {
    let resolve;
    let reject;
    const promise = new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    });
    return { promise, resolve, reject };
  },
};

/** A reporter of mocha's. */
function lines(runner) {
  runner.on("pass", (test) => console.log(`pass ${test.fullTitle()}`));
  runner.on("fail", (test, error) => {
    console.log(`fail ${test.fullTitle()}: ${error.message}`);
  });
}

let unhandled = 0;
let handledLate = 0;
process.on("unhandledRejection", () => unhandled++);
process.on("rejectionHandled", () => handledLate++);

const chunks = [];
if (file !== "-") start({ write: (bytes) => chunks.push(bytes) });
// The suite's own limit of 200 ms for a test is for a machine that does nothing else.
promisesAplusTests(adapter, { reporter: lines, timeout: 2000 }, (error) => {
  if (error) process.exitCode = 1;
  setTimeout(async () => {
    if (file !== "-") {
      await stop();
      writeFileSync(file, Buffer.concat(chunks));
    }
    if (process.versions.bun) return;
    console.log(`${unhandled} rejections found unhandled`);
    console.log(`${handledLate} of them handled later`);
  }, 50);
});
