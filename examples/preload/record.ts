/**
 * Records whatever runs after it into trace.out, and ends the trace when the
 * program has nothing left to do: app.ts knows nothing of it. Loaded behind
 * Looptrace's own preload, which on Bun stands in bunfig.toml:
 *
 *     cd examples/preload
 *     bun --preload ./record.ts app.ts
 *     deno run -A --preload=../../src/preload.ts --preload=record.ts app.ts
 *     node --import ../../src/preload.ts --import ./record.ts app.ts
 *     go tool trace trace.out
 *
 * Node reads TypeScript from 22.18 on.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { start, stop } from "../../mod.ts";

const file = openSync("trace.out", "w");

start({
  write: (chunk) => {
    writeSync(file, chunk);
  },
  close: () => closeSync(file),
});

process.once("beforeExit", () => stop());
