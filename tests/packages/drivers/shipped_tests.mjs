/**
 * The tests that packages bring along, in one process: a file for the runner of Node, of Deno or of Bun.
 *
 * Environment: PACKAGES_TESTS names the files, relative to node_modules and divided by commas; PACKAGES_TRACE the file
 * for the trace, or `-`: then nothing is recorded.
 */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { after } from "node:test";
import { start, stop } from "@looptrace/looptrace";

const { PACKAGES_TESTS, PACKAGES_TRACE: trace } = process.env;

if (trace !== "-") {
  const chunks = [];
  start({ write: (bytes) => chunks.push(bytes) });
  after(async () => {
    await stop();
    writeFileSync(trace, Buffer.concat(chunks));
  });
}
const require = createRequire(import.meta.url);
for (const file of PACKAGES_TESTS.split(",")) {
  require(`../../node_modules/${file}`);
}
