/** The published package under Node, installed with npm: run by tests/run.ts in a folder of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";

/** What import_only.mjs finds changed by importing `specifier`. */
function importOnly(specifier) {
  const script = join(import.meta.dirname, "import_only.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    script,
    specifier,
  ], {
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

for (const specifier of ["@looptrace/looptrace", "@looptrace/looptrace/hono"]) {
  test(`importing ${specifier} changes nothing and keeps nothing alive`, () => {
    assert.deepEqual(importOnly(specifier), { changed: [], resources: 0 });
  });
}

test("import_only.mjs finds a patch, a new global and a timer", () => {
  const code = `import http from "node:http";
    http.Server.prototype.listen = () => {};
    globalThis.leaked = setTimeout(() => {}, 10);`;
  assert.deepEqual(
    importOnly(`data:text/javascript,${encodeURIComponent(code)}`),
    {
      changed: ["globalThis.leaked", "http.Server.prototype.listen"],
      resources: 1,
    },
  );
});

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
      "newTask",
      "withRegion",
      "startRegion",
      "log",
      "nameRequest",
    ]
  ) {
    assert.equal(typeof api[name], "function", name);
  }
  const hono = await import("@looptrace/looptrace/hono");
  for (const name of ["debugTrace", "traceRoutes"]) {
    assert.equal(typeof hono[name], "function", name);
  }
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
    const source = readFileSync(join(root, code), "utf8");
    assert.ok(source.length > 0, `code of ${entry}`);
    // The command line exports nothing.
    const declared = readFileSync(join(root, types), "utf8");
    assert.equal(
      declared.length > 0,
      /(?:^|\*\/ )export /m.test(source),
      entry,
    );
  }
  // deno pack names what the packed code imports: nothing of the tests may be among it.
  assert.ok("hono" in dependencies);
  const unexpected = Object.keys(dependencies).filter((name) =>
    !["hono", "pprof-format"].includes(name)
  );
  assert.deepEqual(unexpected, []);
});
