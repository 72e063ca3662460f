/**
 * Records all channels of channels.mjs, each with a marker of its own.
 *
 * usage: runner.mjs LIBRARY OPTIONS; OPTIONS is JSON: `{ markers, planted, output, hooks, ... }`, the rest as channels.mjs says.
 * The file `output` gets JSON: `{ trace, outcomes }`, the trace in base64. `planted` is put into a name on purpose.
 */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { CHANNELS, NotHere } from "./channels.mjs";

const [library, json] = process.argv.slice(2);
const { markers, planted, output, hooks, ...options } = JSON.parse(json);
const { start, stop } = await import(library);
const h = {
  ...options,
  burn(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
};

const MAX_MS = 8_000;

const chunks = [];
const outcomes = {};
start({ write: (bytes) => void chunks.push(bytes) }, {
  hooks,
  stacks: "all",
  wakers: "all",
});
for (const [name, use] of Object.entries(CHANNELS)) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), MAX_MS);
  });
  try {
    await Promise.race([use(h, markers[name]), late]);
    outcomes[name] = "done";
  } catch (error) {
    outcomes[name] = error instanceof NotHere
      ? `not here: ${error.message}`
      : `failed: ${error?.stack ?? error}`;
  }
  clearTimeout(timer);
}
if (planted !== undefined) {
  const callback = () => {};
  Object.defineProperty(callback, "name", { value: `log in ${planted}` });
  setTimeout(callback, 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await stop();

const trace = Buffer.concat(chunks).toString("base64");
writeFileSync(output, JSON.stringify({ trace, outcomes }));
process.exit(0);
