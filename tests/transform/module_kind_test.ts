/** What Bun evaluates as a module; each row was tried with Bun 1.4.5. */
import { test } from "node:test";
import { parseSync } from "oxc-parser";
import { assertEquals } from "../support/assert.ts";
import { isModuleOnBun } from "../../src/transform/module_kind.ts";

test("isModuleOnBun() says what Bun does", () => {
  const rows: readonly [string, boolean][] = [
    ["import './x'", true],
    ["import type { X } from './x'", true],
    ["import type from './x'; exports.x = 1", true], // one named type; Bun refuses this
    ["export {}", true],
    ["export type Y = 1", true],
    ["export * from './x'", true],
    ["await 0", true],
    ["for await (const x of []);", true],
    ["{ await using x = null }", true],
    ["interface A {}", true],
    ["async () => { await 1 }", true],
    ["class A { x = this; m() { return this } }", true],
    ["(function () { return this })()", true],
    ["import { readFileSync } from 'fs'; require('x')", true],
    ["export type X = 1; exports.x = 1", true],
    ["require('x')", false],
    ["(() => { require('x') })()", false],
    ["(() => this)()", false],
    ["async () => { await 0; exports.x = 1 }", false],
    ["module.hot", false],
    ["import('./x').then(() => { exports.a = 1 })", false],
    ["import x = require('./x')", false],
    ["import type fs from 'fs'; exports.x = 1", false],
    ["import fs from 'fs'; export = 5", false],
  ];
  for (const [source, expected] of rows) {
    const { program, errors } = parseSync("a.ts", source, {
      lang: "ts",
      sourceType: "module",
      astType: "js",
    });
    assertEquals(errors, [], source);
    assertEquals(isModuleOnBun(program, source), expected, source);
  }
});
