/** Applications that have to run under the preload exactly as without it. Made as files, since some are no valid program. */

export type AppRuntime = "deno" | "bun" | "node24";

export interface App {
  readonly name: string;
  /** Text by path in the application's folder; the entry is the first. */
  readonly files: Readonly<Record<string, string>>;
  /** Exit status. @default {0} */
  readonly code?: number;
  /** Arguments of the runtime. */
  readonly flags?: Partial<Record<AppRuntime, readonly string[]>>;
  /** Where it can run. @default all */
  readonly runtimes?: readonly AppRuntime[];
  /**
   * Sites that the transform has to ask for: file, line and function, and the
   * lines of its awaits behind it, but its own: `main.ts:3 load 5 6`. Undefined where the runtimes differ.
   */
  readonly sites?: readonly string[];
}

const MODULE = '{ "type": "module" }';
const COMMONJS = '{ "type": "commonjs" }';

/** Written without a semicolon and with the sloppy mode's `this`, so that evaluating it as a module would show. */
const COMMONJS_MAIN = `const { readFile } = require("node:fs/promises")
const lib = require("./lib")
const data = require("./data.json")
function sloppy() { return this === globalThis }
async function main() {
  const text = await readFile(__filename, "utf8")
  console.log(text.split("\\n").length, typeof module, exports === module.exports, sloppy(), this === undefined)
  console.log(await lib.twice(data.n), lib.counter(), require("./lib") === lib, require.main === module)
  console.log(arguments.length, (await import("./lib.js")).default === lib)
}
var undeclared; undeclaredToo = 1
main().then(() => { process.exitCode = 3 })
module.exports = { main }
`;

const COMMONJS_LIB =
  `exports.twice = async function twice(n) { await null; return 2 * n }
let n = 0
exports.counter = () => ++n
Object.defineProperty(exports, "__esModule", { value: false })
`;

export const APPS: readonly App[] = [
  {
    name: "CommonJS",
    files: {
      "main.js": COMMONJS_MAIN,
      "lib.js": COMMONJS_LIB,
      "data.json": '{ "n": 21 }',
      "package.json": COMMONJS,
    },
    code: 3,
    sites: [],
  },
  {
    name: "CommonJS whose package.json says nothing",
    files: {
      "main.cjs": COMMONJS_MAIN,
      "lib.js": COMMONJS_LIB,
      "data.json": '{ "n": 21 }',
      "package.json": COMMONJS,
    },
    code: 3,
    sites: [],
  },
  {
    name: "CommonJS in TypeScript",
    files: {
      "main.ts": `const lib = require("./lib.ts");
interface Result { n: number }
async function main(): Promise<Result> { return { n: await lib.twice(4) }; }
main().then((result: Result) => console.log(result, typeof module, typeof exports));
module.exports = {};
`,
      "lib.ts":
        "exports.twice = async (n: number) => { await null; return 2 * n; };\n",
      "package.json": COMMONJS,
    },
    sites: [],
  },
  {
    name: "modules and CommonJS mixed",
    files: {
      "main.js": `import { createRequire } from "node:module";
import legacy, { twice } from "./legacy.cjs";
import { half } from "./half.mjs";
const require = createRequire(import.meta.url);
const again = require("./legacy.cjs");
async function main() {
  console.log(again === legacy, twice === legacy.twice, await twice(await half(10)));
  console.log(Object.keys(require("./half.mjs")).includes("half"), require("./legacy.cjs").from());
}
await main();
`,
      "legacy.cjs": `const { half } = require("./half.mjs");
exports.twice = async (n) => { await null; return 2 * await half(2 * n); };
exports.from = () => typeof module + typeof __dirname;
`,
      "half.mjs": `export async function half(n) {
  await null;
  return n / 2;
}
`,
      "package.json": MODULE,
    },
    sites: ["main.js:6 main 7", "main.js:1 main 10", "half.mjs:1 half 2"],
  },
  {
    name: "a syntax error in the entry",
    files: {
      "main.js": "export async function f( {\n  await null;\n",
      "package.json": MODULE,
    },
    code: 1,
    sites: [],
  },
  {
    name: "a syntax error in an imported file",
    files: {
      "main.ts": 'import { f } from "./bad.ts";\nconsole.log(await f());\n',
      "bad.ts": "export const f = async () => {\n  await = 1;\n};\n",
      "package.json": MODULE,
    },
    code: 1,
    sites: ["main.ts:1 main 2"],
  },
  {
    name: "an import that cannot be found",
    files: {
      "main.js": 'import "./there.js";\nimport "./nowhere.js";\nawait 1;\n',
      "there.js": 'console.log("there");\nexport const f = async () => {};\n',
      "package.json": MODULE,
    },
    code: 1,
    // Which files are loaded before it is found out differs.
  },
  {
    name: "an error that nobody catches",
    files: {
      "main.ts": `interface Options {
  readonly n: number;
}
async function fail(
  options: Options,
): Promise<never> {
  await null;
  throw new TypeError(
    \`no \${options.n}\`,
  );
}
console.log("before");
await fail({ n: 1 });
`,
      "package.json": MODULE,
    },
    code: 1,
    sites: ["main.ts:4 fail 7", "main.ts:1 main 13"],
  },
  {
    name: "a rejection that nobody handles",
    files: {
      "main.js": `const later = async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  throw new RangeError("late");
};
later();
export {};
`,
      "package.json": MODULE,
    },
    code: 1,
    sites: ["main.js:1 later 2"],
  },
  {
    name: "stacks of errors",
    files: {
      "main.ts": `type Maker = (
  text: string,
) => Error;
class Box<T> {
  constructor(
    readonly value: T,
  ) {}
  async open(make: Maker): Promise<Error> {
    await null; const error = make("a"); await null; return error;
  }
}
async function nested(): Promise<string[]> {
  const box = new Box(1);
  const errors = [
    await box.open(
      (text) => new Error(text),
    ), await box.open((text) => new Error(text)),
    new Error("c"),
  ];
  return errors.map(({ stack }) => stack ?? "");
}
for (const stack of await nested()) console.log(stack);
`,
      "package.json": MODULE,
    },
    flags: { node24: ["--experimental-transform-types", "--no-warnings"] },
    sites: ["main.ts:8 open 9", "main.ts:12 nested 15 17", "main.ts:1 main 22"],
  },
  {
    name: "a cycle whose functions are called before their module begins",
    files: {
      "main.js": `import { early } from "./a.js";
console.log(await early, await import("./b.js").then(({ b }) => b()));
`,
      "a.js": `import { early as fromB } from "./b.js";
export async function hoisted() {
  return await "hoisted";
}
export const early = fromB;
export const late = await early;
`,
      "b.js": `import { hoisted } from "./a.js";
export const early = hoisted();
export async function b() { return [typeof hoisted, await hoisted()]; }
`,
      "package.json": MODULE,
    },
    sites: [
      "main.js:1 main 2",
      "a.js:2 hoisted 3",
      "a.js:1 module a.js 6",
      "b.js:3 b",
    ],
  },
  {
    name: "directives, JSON, dynamic imports, data, a hashbang",
    files: {
      "main.js": `#!/usr/bin/env node
"use strict";
import json from "./data.json" with { type: "json" };
import { sep } from "node:path";
const { default: text } = await import("data:text/javascript,export default 'data'");
const { f } = await import(new URL("./f.js?x=1", import.meta.url).href);
console.log(json, sep, text, await f(), f.name, f.length, f.toString().length > 20);
// The last line has no line feed`,
      "f.js":
        "export default 1;\nexport const f = async (a, b) => ({ a: await a, b });\n",
      "data.json": '{ "await": "async" }',
      "package.json": MODULE,
    },
    sites: ["main.js:1 main 5 6 7", "f.js:2 f"],
  },
  {
    name: "all that TypeScript has",
    files: {
      "main.ts": `import type { Later } from "./types.ts";
import { type Kind, kinds } from "./types.ts";
enum Level {
  Low = 1,
  High,
}
namespace Deep {
  export const find = async (
    level: Level,
  ): Promise<string> => {
    await null;
    return Level[level];
  };
}
function logged(
  method: (this: Service, ...args: never[]) => unknown,
  _context: ClassMethodDecoratorContext,
) {
  return async function (this: Service, ...args: never[]): Promise<unknown> {
    const result = await method.apply(this, args);
    return \`logged \${result}\`;
  };
}
abstract class Base {
  constructor(
    protected readonly level: Level,
    public kind?: Kind,
  ) {}
  abstract run(): Promise<unknown>;
}
class Service extends Base {
  @logged
  override async run(): Promise<unknown> {
    return await Deep.find(this.level);
  }
}
const later: Later = async () => <string> await new Service(Level.High, kinds[0]).run();
console.log(await later(), (await later()) satisfies string);
`,
      "types.ts": `export type Kind = "a" | "b";
export const kinds: Kind[] = ["a", "b"];
export type Later = () => Promise<string>;
`,
      "package.json": MODULE,
    },
    runtimes: ["deno", "bun"], // Node has neither decorators nor, without a flag, enums
    sites: [
      "main.ts:8 find 11",
      "main.ts:19 (anonymous) 20",
      "main.ts:33 run 34",
      "main.ts:37 later",
      "main.ts:1 main 38",
    ],
  },
  {
    name: "modules without an import or export",
    files: {
      "main.ts": `const add = async (
  a: number,
): Promise<number> => await a + 1;
class Holder { value = 5; get() { return this.value; } }
add(new Holder().get()).then((n) => console.log(n, typeof globalThis));
`,
      "package.json": MODULE,
    },
    sites: ["main.ts:1 add 3"],
  },
  {
    name: "files that are imported as something else",
    files: {
      "main.ts": `import text from "./other.ts" with { type: "text" };
console.log(typeof text, text.length);
console.log(await import("./bytes.ts", { with: { type: "text" } }).then(({ default: { length } }) => length));
`,
      "other.ts": "export const f = async () => { await null; };\n",
      "bytes.ts": "export const g = async () => { await null; };\n",
      "package.json": MODULE,
    },
    runtimes: ["bun"], // the others do not know the attribute without a flag
    sites: ["main.ts:1 main 3"],
  },
  {
    name: "JSX, paths and decorators by tsconfig.json",
    files: {
      "main.tsx": `import { view } from "@/view";
console.log(await view("x"));
`,
      "view.jsx":
        `const h = (tag, props, ...children) => [tag, props, ...children].join(" ");
export const view = async (x) => <p title={await x}>{await null}</p>;
`,
      "tsconfig.json":
        '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h", "paths": { "@/*": ["./*"] } } }',
      "package.json": MODULE,
    },
    runtimes: ["bun"],
    sites: ["main.tsx:1 main 2", "view.jsx:2 view"],
  },
  {
    name: "a native addon, and all else that is no program",
    files: {
      "main.js": `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { parseSync } = createRequire(ROOT)("oxc-parser");
export const f = async () => parseSync("a.js", "await 1").program.body.length;
const [json, plain] = [require("./data.json"), require("./plain")];
console.log(await f(), json, plain, require("fs") === require("node:fs"));
for (const name of ["./nowhere", "./bad.json", "./throws.cjs"]) {
  try { require(name); } catch (error) { console.log(name, error.name, error.code); }
}
`,
      "plain.js":
        'import { one } from "./one.mjs";\nexport const plain = () => one;\n',
      "one.mjs": "export const one = 1;\n",
      "data.json": '{ "a": [1] }',
      "bad.json": "{ a",
      "throws.cjs": "throw new RangeError(typeof module);\n",
      "package.json": MODULE,
    },
    // Deno's require() takes nothing changed: plain.js.
    sites: ["main.js:4 f", "main.js:1 main 6"],
  },
];

/** Text of an app's file that stands for a path in this checkout, as a string. */
export const ROOT_PLACEHOLDER = "ROOT";
