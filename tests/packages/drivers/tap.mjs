/** Runs a test file that is written for tape, and prints what tape does. argv: the file, relative to node_modules, and the file for the trace, or `-` to record nothing. */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { start, stop } from "@looptrace/looptrace";

const [test, file] = process.argv.slice(2);
const require = createRequire(import.meta.url);

const chunks = [];
if (file !== "-") start({ write: (bytes) => chunks.push(bytes) });
require(`../../node_modules/${test}`);
if (file !== "-") {
  require("tape").onFinish(async () => {
    await stop();
    writeFileSync(file, Buffer.concat(chunks));
  });
}
