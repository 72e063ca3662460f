/**
 * Runs a program of `programs/` twice: once, recorded if a trace file is named, and once more after that.
 *
 * argv: the program's name, then the file for the trace, or `-` to record nothing. stdout: what the program says.
 */
import { writeFileSync } from "node:fs";
import { Buffer } from "node:buffer";
import process from "node:process";
import { start, stop } from "@looptrace/looptrace";

const [name, file] = process.argv.slice(2);
const { default: main } = await import(`../programs/${name}.mjs`);

function say(line) {
  console.log(line);
}

const chunks = [];
if (file !== "-") {
  // Every call site, so that the test can ask for functions by their names.
  start({ write: (bytes) => chunks.push(bytes) }, { stacks: "all" });
}
await main(say);
if (file !== "-") {
  await stop();
  writeFileSync(file, Buffer.concat(chunks));
}
say("-- again, with nothing recorded");
await main(say);
