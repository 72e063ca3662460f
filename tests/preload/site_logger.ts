/** A preload whose transform writes down which sites it asks for, and records nothing. */
import process from "node:process";
import { appendFileSync } from "node:fs";
import type { CallHooks } from "../../src/core/call_hooks.ts";
import { installTransform } from "../../src/transform/install.ts";

const { SITES_FILE } = process.env;

function tell(line: string): void {
  if (SITES_FILE !== undefined) appendFileSync(SITES_FILE, `${line}\n`);
}

const hooks: CallHooks = {
  enter: () => ({}),
  generate: () => ({}),
  module: () => ({}),
  wait: (_call, _site, value) => value,
  mark: (call) => call,
  argument: (_call, value) => value,
  waitCall: (_call, _site, value) => value,
  resume: (_call, value) => value,
  caught() {},
  passed() {},
  yielding: (_call, _site, value) => value,
  yielded: (_call, value) => value,
  tail: (_call, value) => value,
  exit() {},
};
Object.defineProperty(globalThis, "$looptrace", { value: hooks });

await installTransform({
  addSite(fn, file, line, functionLine) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    tell(`${name}:${line} ${fn} of ${functionLine}`);
    return 1;
  },
  noteSkipped: (file, why) =>
    tell(`${file.slice(file.lastIndexOf("/") + 1)}: ${why}`),
});
