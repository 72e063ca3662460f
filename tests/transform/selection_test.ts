/** Which files are the application's own. */
import { test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import { createSelection } from "../../src/transform/selection.ts";

const OWN = new URL("../../", import.meta.url).pathname;

test("createSelection() takes an application's sources", () => {
  const selects = createSelection({});
  const rows: readonly [string, boolean][] = [
    ["/app/main.ts", true],
    ["/app/src/a.js", true],
    ["/app/a.mjs", true],
    ["/app/a.mts", true],
    ["/app/a.tsx", true],
    ["/app/a.jsx", true],
    ["/app/a.cjs", true], // Bun may find a module in it
    ["/app/a.d.ts", false],
    ["/app/a.d.mts", false],
    ["/app/data.json", false],
    ["/app/a.wasm", false],
    ["/app/a.node", false],
    ["/app/ats", false],
    ["/app/node_modules/hono/index.js", false],
    ["/root/.cache/deno/npm/registry.npmjs.org/hono/4.13.19/index.js", false],
    [`${OWN}src/api.ts`, false],
    [`${OWN}src/core/tracer.ts`, false],
    [`${OWN}mod.ts`, false],
    [`${OWN}examples/hono_app.ts`, true],
  ];
  for (const [path, expected] of rows) {
    assertEquals(selects(path), expected, path);
  }
});

test("createSelection() goes by what the user includes and excludes", () => {
  const rows: readonly [string, string, string, boolean][] = [
    ["node_modules/hono/", "", "/a/node_modules/hono/index.js", true],
    ["node_modules/hono/", "", "/a/node_modules/honor/index.js", false],
    [" hono/ , p-queue ", "", "/a/node_modules/p-queue/index.js", true],
    ["**/hono/**", "", "/a/node_modules/hono/dist/index.js", true],
    ["hono/*.js", "", "/a/node_modules/hono/index.js", true],
    ["hono/*.js", "", "/a/node_modules/hono/dist/index.js", false],
    ["/a/**", "", "/a/node_modules/hono/dist/index.js", true],
    ["/b/**", "", "/a/node_modules/hono/dist/b/index.js", false],
    ["", "src/gen", "/a/src/gen/x.ts", false],
    ["", "*.gen.ts", "/a/src/x.gen.ts", false],
    ["", "*.gen.ts", "/a/src/x.gen.tsx", true],
    ["", "src/*.ts", "/a/src/x.ts", false],
    ["", "src/*.ts", "/a/mysrc/x.ts", true],
    ["", "src/**/x.ts", "/a/src/x.ts", false],
    ["", "src/**/x.ts", "/a/src/b/c/x.ts", false],
    ["", "a+b(c)", "/a+b(c)/x.ts", false],
    ["hono", "hono", "/a/node_modules/hono/index.js", false],
    ["", ",, ,", "/a/x.ts", true],
  ];
  for (const [include, exclude, path, expected] of rows) {
    assertEquals(
      createSelection({ include, exclude })(path),
      expected,
      `include ${include} exclude ${exclude}: ${path}`,
    );
  }
});

test("createSelection() never takes the tracer's own files", () => {
  assertEquals(createSelection({ include: "/**" })(`${OWN}src/api.ts`), false);
});
