/** A preload whose transform writes down which sites it asks for, and records nothing. */
import process from "node:process";
import { appendFileSync } from "node:fs";
import { installTransform } from "../../src/transform/install.ts";

const { SITES_FILE } = process.env;

function tell(line: string): void {
  if (SITES_FILE !== undefined) appendFileSync(SITES_FILE, `${line}\n`);
}

// All of the calls that a transform writes give their last argument, or nothing that is used.
const hooks = new Proxy({}, {
  get: () => (...values: unknown[]) => values.at(-1),
});
Object.defineProperty(globalThis, "$looptrace", { value: hooks });

await installTransform({
  addSite(fn, file, line, functionLine) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    tell(`${name}:${line} ${fn} of ${functionLine}`);
    return 1;
  },
  importing: () => {},
  noteSkipped: (file, why) =>
    tell(`${file.slice(file.lastIndexOf("/") + 1)}: ${why}`),
});
