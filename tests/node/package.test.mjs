/** The published package under Node, installed with npm: run by tests/run.ts in a folder of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";

/**
 * Runs in a fresh process: imports `specifier` and prints what is not as before. Compared are the properties of the
 * global object and of the prototypes that wrappers and hooks change, by identity.
 */
const IMPORT_ONLY = `
const holders = () => ({
  globalThis, Promise, "Promise.prototype": Promise.prototype, process, console,
  timers, timersPromises, http, "http.Server.prototype": http.Server.prototype, fs, "fs.promises": fs.promises,
});
const [timers, timersPromises, http, fs] = (await Promise.all(
  ["node:timers", "node:timers/promises", "node:http", "node:fs"].map((name) => import(name)),
)).map((module) => module.default);
const look = () => new Map(Object.entries(holders()).flatMap(([holder, object]) =>
  Reflect.ownKeys(object).map((key) => {
    const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
    return [holder + "." + String(key), [value, get, set]];
  })
));
// Node makes some of them at the first look (lazy getters become values), so look twice.
for (const object of Object.values(holders())) for (const key of Reflect.ownKeys(object)) try { object[key]; } catch {}
const before = look();
const resources = process.getActiveResourcesInfo().length;
await import(process.argv[1]);
const after = look();
const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) =>
  (before.get(key) ?? []).some((part, i) => !Object.is(part, after.get(key)?.[i])) || !before.has(key)
);
console.log(JSON.stringify({ changed, resources: process.getActiveResourcesInfo().length - resources }));
`;

for (const specifier of ["@looptrace/looptrace", "@looptrace/looptrace/hono"]) {
  test(`importing ${specifier} changes nothing and keeps nothing alive`, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", IMPORT_ONLY, specifier],
      { cwd: import.meta.dirname, encoding: "utf8", timeout: 20_000 },
    );
    assert.equal(status, 0, stderr);
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), { changed: [], resources: 0 });
  });
}

test("the package exports what the public API promises", async () => {
  const api = await import("@looptrace/looptrace");
  for (
    const name of [
      "start",
      "stop",
      "stream",
      "isEnabled",
      "handler",
      "capabilities",
    ]
  ) {
    assert.equal(typeof api[name], "function", name);
  }
  assert.equal(
    typeof (await import("@looptrace/looptrace/hono")).debugTrace,
    "function",
  );
  assert.equal(api.isEnabled(), false);
});

test("the package has its licence, its types and nothing but what users need", () => {
  const root = dirname(
    createRequire(import.meta.url).resolve("@looptrace/looptrace"),
  );
  const { exports, dependencies, license } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  assert.equal(license, "MIT");
  assert.match(readFileSync(join(root, "LICENSE"), "utf8"), /MIT/);
  for (const [entry, { types, default: code }] of Object.entries(exports)) {
    assert.ok(
      readFileSync(join(root, types), "utf8").length > 0,
      `types of ${entry}`,
    );
    assert.ok(
      readFileSync(join(root, code), "utf8").length > 0,
      `code of ${entry}`,
    );
  }
  assert.deepEqual(Object.keys(dependencies), ["hono"]);
});
