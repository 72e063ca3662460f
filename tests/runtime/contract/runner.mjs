/**
 * Records the contract's programs, one after the other.
 *
 * usage: runner.mjs LIBRARY FILE [NAME ...]; FILE gets JSON: `{ capabilities, traces }`, the traces in base64 by name.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { record } from "./programs.mjs";

const [library, file, ...names] = process.argv.slice(2);
const looptrace = await import(library);
const traces = {};
for (const name of names) traces[name] = await record(looptrace, name);
const capabilities = looptrace.capabilities();
writeFileSync(file, JSON.stringify({ capabilities, traces }));
// Sockets that a client keeps for later requests would hold the process.
process.exit(0);
