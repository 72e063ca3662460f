/** The exact front end's calls in modules: the module does what it did, and tells of each call and await in order. */
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { mayAwait } from "../../src/transform/instrument.ts";
import { outcomeOf, runBoth, setHooks, transform } from "./support.ts";

/** A module, and what its changed form calls. Each exports `result`, by which both forms are compared. */
interface Row {
  readonly name: string;
  readonly source: string;
  readonly language?: "ts";
  readonly calls: string;
}

const HELPERS = `const leaf = async (x) => x;
const same = (x) => x;
const list = [1, 2];
`;

/** The calls of `leaf`, which most rows await. */
const LEAF = "leaf enter@1, leaf exit";

const ROWS: readonly Row[] = [
  {
    name: "a function with nothing to wait for",
    source: "export async function result(a, b = 2) { return a + b }",
    calls: "result enter@1, result exit",
  },
  {
    name: "an await of a call, on its own line",
    source: `${HELPERS}export async function result() {
  const a =
    await leaf(1);
  return a;
}`,
    calls:
      `result enter@4, result mark, ${LEAF}, result waitCall@6, result resume, result exit`,
  },
  {
    name: "an await of anything else",
    source: `export const result = async () => {
  const p = Promise.resolve(3);
  return [await p, await null, await (0, p), await { then: (f) => f(4) }];
};`,
    calls: "result enter@1, " +
      "result wait@3, result resume, ".repeat(4) + "result exit",
  },
  {
    name: "then, catch and finally, which have a promise of their own",
    source: `${HELPERS}export async function result() {
  await leaf(1).then(same);
  await leaf(1)?.["catch"](same);
  return await (leaf(1).finally(same));
}`,
    calls: "result enter@4, " +
      [5, 6, 7].map((line) => `${LEAF}, result wait@${line}, result resume`)
        .join(", ") +
      ", result exit",
  },
  {
    name: "awaits without a space",
    source: `${HELPERS}export async function result() {
  return[await(leaf(1)),await[2],await"x",await/r/g.test("r"),await-1]
}`,
    calls:
      `result enter@4, result mark, ${LEAF}, result waitCall@5, result resume, ` +
      "result wait@5, result resume, result wait@5, result resume, " +
      "result mark, result waitCall@5, result resume, result wait@5, result resume, result exit",
  },
  {
    name: "calls in callee and arguments, told from the call itself",
    source: `${HELPERS}const two = (a, ...b) => leaf([a, ...b]);
const get = () => ({ two });
export async function result() {
  return [
    await two(same(1), 2),
    await two(1, ...same([2, 3])),
    await get().two(5),
    await get().two(),
    await new (same(Promise))(same((f) => f(6))),
  ];
}`,
    calls: "result enter@6, " +
      `result argument, ${LEAF}, result waitCall@8, result resume, ` +
      `result argument, ${LEAF}, result waitCall@9, result resume, ` +
      `result argument, ${LEAF}, result waitCall@10, result resume, ` +
      `${LEAF}, result wait@11, result resume, ` +
      "result argument, result waitCall@12, result resume, result exit",
  },
  {
    name: "awaits within awaits",
    source: `${HELPERS}export async function result() {
  return await leaf(await leaf(await null) + 1);
}`,
    calls: "result enter@4, " +
      "result wait@5, result resume, result argument, " +
      `${LEAF}, result waitCall@5, result resume, result argument, ` +
      `${LEAF}, result waitCall@5, result resume, result exit`,
  },
  {
    name: "optional calls, new and import()",
    source: `export async function result() {
  const none = undefined, some = { async f() { return 1 } };
  return [await none?.f(), await some?.f(), await new Promise((f) => f(2)), (await import("data:text/javascript,export default 3")).default];
}`,
    calls: "result enter@1, result mark, result waitCall@3, result resume, " +
      "result mark, f enter@2, f exit, result waitCall@3, result resume, " +
      "result mark, result waitCall@3, result resume, ".repeat(2) +
      "result exit",
  },
  {
    name: "arrows with an expression for a body",
    source: `${HELPERS}const a = async () => ({ a: 1 });
const b = async (x) => same(x)
const c = async () => /* why */ (same, (await a()).a) // so
const d = async () => async () => 4;
export const result = async () => [await a(), await b(2), await c(), await (await d())()];`,
    calls:
      "result enter@8, result mark, a enter@4, a exit, result waitCall@8, result resume, " +
      "result mark, b enter@5, b mark, b tail, b exit, result waitCall@8, result resume, " +
      "result mark, c enter@6, c mark, a enter@4, a exit, c waitCall@6, result waitCall@8, c resume, c exit, result resume, " +
      "result mark, d enter@7, d exit, result waitCall@8, result resume, " +
      "(anonymous) enter@7, (anonymous) exit, result wait@8, result resume, result exit",
  },
  {
    name: "tails: not in a try, not beside using, not of then",
    source: `${HELPERS}const tails = {
  async plain() { return leaf(1) },
  async nested() { for (const x of list) { if (x) return(leaf(same(2))) } },
  async tried() { try { return leaf(3) } finally { same() } },
  async caught() { try { throw 4 } catch (x) { return leaf(x) } },
  async used() { using x = null; return leaf(5) },
  async usedInLoop() { for (using x of [null]) return leaf(6) },
  async then() { return leaf(7).then(same) },
  async noPlace() { return same(leaf)() },
};
export async function result() {
  const all = [];
  for (const name of Object.keys(tails).filter((name) => name !== "then")) all.push(await tails[name]());
  return [all, await tails.then()];
}`,
    calls: "result enter@14, " + [
      "result mark, plain enter@5, plain mark, " + LEAF +
      ", plain tail, plain exit",
      "result mark, nested enter@6, nested argument, " + LEAF +
      ", nested tail, nested exit",
      "result mark, tried enter@7, " + LEAF + ", tried exit",
      "result mark, caught enter@8, " + LEAF + ", caught exit",
      "result mark, used enter@9, " + LEAF + ", used exit",
      "result mark, usedInLoop enter@10, " + LEAF + ", usedInLoop exit",
      "result mark, noPlace enter@12, " + LEAF + ", noPlace exit",
    ].map((calls) => `${calls}, result waitCall@16, result resume`).join(", ") +
      `, then enter@11, ${LEAF}, then exit, result wait@17, result resume, result exit`,
  },
  {
    name: "methods of every kind",
    source: `class A {
  async plain() { return 1 }
  static async still() { return 2 }
  async #hidden() { return 3 }
  async hidden() { return this.#hidden() }
  async "with space"() { return 4 }
  async [Symbol.iterator]() { return 5 }
  field = async () => 6;
  static async() { return 7 }
  async
  other() { return 8 }
}
const o = { async m() { return 8 }, p: async function () { return 9 }, q: async () => 10, get: async () => 11 };
export async function result() {
  const a = new A();
  const all = [a.plain(), A.still(), a.hidden(), a["with space"](), a[Symbol.iterator](), a.field(), new A().other(), o.m(), o.p(), o.q(), o.get()];
  return await Promise.all(all);
}`,
    calls:
      "result enter@14, plain enter@2, plain exit, still enter@3, still exit, " +
      "hidden enter@5, hidden mark, #hidden enter@4, #hidden exit, hidden tail, hidden exit, " +
      "with space enter@6, with space exit, [Symbol.iterator] enter@7, [Symbol.iterator] exit, " +
      "field enter@8, field exit, m enter@13, m exit, " +
      "p enter@13, p exit, q enter@13, q exit, get enter@13, get exit, " +
      "result mark, result waitCall@17, result resume, result exit",
  },
  {
    name: "names of functions",
    source: `const app = { routes: {}, get(path, f) { this.routes[path] = f } };
app.get("/", async () => 1);
app.put = async () => 2;
let late; late = async () => 3;
const { given = async () => 4 } = {};
const cast = ((async () => 5));
const own = async function inner() { return 6 };
export const result = async () => [await app.routes["/"](), await app.put(), await late(), await given(), await cast(), await own(), await (async () => 7)()];`,
    calls: "result enter@8, " + [
      "app.get callback@2",
      "put@3",
      "late@4",
      "given@5",
      "cast@6",
      "inner@7",
      "(anonymous)@8",
    ].map((text) => {
      const [name, line] = text.split("@");
      return `result mark, ${name} enter@${line}, ${name} exit, result waitCall@8, result resume`;
    }).join(", ") + ", result exit",
  },
  {
    name: "try, catch and finally",
    source: `const fail = async () => { throw new Error("no") };
export async function result() {
  const seen = [];
  try { await fail() } catch ({ message }) { seen.push(message) } finally { seen.push(1) }
  try { seen.push(2) } finally { seen.push(3) }
  try { try { await null } finally { await Promise.reject(4) } } catch (e) { seen.push(e) }
  try { throw 5 } catch (e) { await null; seen.push(e) } finally { seen.push(6) }
  return seen;
}`,
    calls:
      "result enter@2, result mark, fail enter@1, fail exit, result waitCall@4, result caught, result caught, " +
      "result wait@6, result resume, result caught, result mark, result waitCall@6, result caught, " +
      "result wait@7, result resume, result caught, result exit",
  },
  {
    name: "an async generator",
    source: `async function* count() {
  try { const got = yield 1; yield[await got]
    yield
    yield* [3, 4]
    if (got) yield* [5]
    else yield 0
  } finally { await null }
}
export async function result() {
  const all = [], it = count();
  for (let step = await it.next(); !step.done; step = await it.next(2)) all.push(step.value);
  return all;
}`,
    calls:
      "result enter@9, result mark, count enter@1, count yielding@2, result waitCall@11, result resume, " +
      "result mark, count yielded, count wait@2, result waitCall@11, count resume, count yielding@2, result resume, " +
      "result mark, count yielded, count yielding@3, result waitCall@11, result resume, " +
      "result mark, count yielded, result waitCall@11, result resume, " +
      "result mark, result waitCall@11, result resume, " +
      "result mark, result waitCall@11, count passed, result resume, " +
      "result mark, result waitCall@11, count passed, count caught, " +
      "count wait@7, count resume, count exit, result resume, result exit",
  },
  {
    name: "for await, with and without braces, left early, labelled",
    source: `export async function result() {
  let sum = 0;
  for await (const x of [1, 2]) { sum += x }
  for await (const x of [1, 2]) sum += x
  for await (const x of []);
  here: for await (const x of [5]) { for (;;) continue here }
  if (sum) for await (const x of [6]) sum += x; else sum = 0
  try { for await (const x of [Promise.reject(7)]) sum = 0 } catch (x) { sum += x }
  return sum
}`,
    calls: "result enter@1" +
      [3, 3, 1, 2, 2, 0].map((passed, loop) =>
        `, result iterate@${loop + 3}` + ", result passed".repeat(passed)
      ).join("") +
      ", result caught, result exit",
  },
  {
    name: "await using",
    source: `const seen = [];
const make = (x) => ({ async [Symbol.asyncDispose]() { seen.push(x) } });
export async function result() {
  { await using a = make(1) }
  if (seen.length) { await using b = make(2) } else seen.push(0)
  for await (using c of [null]) seen.push(3)
  for (await using d of [make(4)]) seen.push(5)
  here: { await using e = make(6); break here }
  await using f = make(7);
  return seen;
}`,
    calls:
      "result enter@3, [Symbol.asyncDispose] enter@2, [Symbol.asyncDispose] exit, result passed, " +
      "[Symbol.asyncDispose] enter@2, [Symbol.asyncDispose] exit, result passed, " +
      "result iterate@6, result passed, result passed, " +
      "result passed, [Symbol.asyncDispose] enter@2, [Symbol.asyncDispose] exit, result passed, " +
      "[Symbol.asyncDispose] enter@2, [Symbol.asyncDispose] exit, result passed, " +
      "[Symbol.asyncDispose] enter@2, [Symbol.asyncDispose] exit, result exit",
  },
  {
    name: "a module that awaits",
    source: `#!/usr/bin/env deno
"use client"
import { sep } from "node:path"
const a = await Promise.resolve(sep.length)
export const result = a + await hoisted(); // last line
async function hoisted() { return 1 }`,
    calls: "module, main mark, main waitCall@4, main resume, " +
      "main mark, hoisted enter@6, hoisted exit, main waitCall@5, main resume, main exit",
  },
  {
    name: "lines that end without a semicolon",
    source: `${HELPERS}let n = 0
export async function result() { "some directive"
  let a = n
  await leaf(a)
  n++
  await leaf(n)
  const f = async () => n
  ;[a] = [await f()]
  const g = async () => leaf(a)
  return (await g()) + n
}`,
    calls:
      `result enter@5, result mark, ${LEAF}, result waitCall@7, result resume, ` +
      `result mark, ${LEAF}, result waitCall@9, result resume, ` +
      "result mark, f enter@10, f exit, result waitCall@11, result resume, " +
      `result mark, g enter@12, g mark, ${LEAF}, g tail, g exit, result waitCall@13, result resume, result exit`,
  },
  {
    name: "comments in odd places",
    source:
      `${HELPERS}export async /* a */ function /* b */ result /* c */ (/* d */) /* e */ { // f
  // g
  return /* h */ await // i
    /* j */ leaf(/* k */ 1 /* l */, // m
    ) /* n */ // o
  // p
}`,
    calls:
      `result enter@4, result mark, ${LEAF}, result waitCall@6, result resume, result exit`,
  },
  {
    name: "functions declared below their use",
    source: `export async function result() {
  return [await below(), typeof below];
  async function below() { return typeof later }
  var later;
}`,
    calls:
      "result enter@1, result mark, below enter@3, below exit, result waitCall@2, result resume, result exit",
  },
  {
    name: "a body that cannot stand in a block is left alone",
    source: `export async function result() {
  function twice() { return 1 }
  function twice() { return 2 }
  const inner = async () => await twice();
  return [await twice(), await inner()];
}`,
    calls:
      "inner enter@4, inner mark, inner waitCall@4, inner resume, inner exit",
  },
  {
    name: "a var over a function",
    source: `export async function result() {
  if (true) { var [{ both = 2 }] = [{}] }
  function both() {}
  return await both;
}`,
    calls: "",
  },
  {
    name: "class parts that are evaluated outside of any method",
    source: `${HELPERS}export async function result() {
  class A extends (await leaf(Object)) { static [await leaf("k")] = 1; [(await leaf("m"))]() { return 2 } static { try { A.t = 3 } finally {} } }
  return [A.k, new A().m(), A.t];
}`,
    calls: "result enter@4, " +
      `result mark, ${LEAF}, result waitCall@5, result resume, `.repeat(3) +
      "result exit",
  },
  {
    name: "this, arguments, new.target, super",
    source: `class Base { async who() { return "base" } }
class Sub extends Base { async who() { return await super.who() + this.x + arguments.length } x = 1 }
export async function result() { return [await new Sub().who(1, 2), arguments.length, new.target] }`,
    calls:
      "result enter@3, result argument, who enter@2, who mark, who enter@1, who exit, who waitCall@2, " +
      "result waitCall@3, who resume, who exit, result resume, result exit",
  },
  {
    name: "types, overloads, enums, namespaces, parameter properties",
    language: "ts",
    source: `enum Kind { A = 1, B }
namespace Deep { export const f = async (): Promise<Kind> => Kind.B }
abstract class Shape {
  constructor(private readonly kind: Kind, public n?: number) {}
  abstract area(): Promise<number>;
  async get(x: string): Promise<Kind>;
  async get(x: number): Promise<Kind>;
  async get(_: unknown): Promise<Kind> { return this.kind as Kind }
}
class Dot extends Shape { override async area() { return <number> await 0 } declare extra: string }
declare function nowhere(a: number): Promise<void>;
async function generic<T,>(x: T): Promise<T> { type Local = T; interface Also { a: Local } return x! satisfies T }
export async function result(this: unknown) {
  return [await (Deep.f() as Promise<Kind>), await new Dot(Kind.A).get("")!, await new Dot(1).area(), await generic<number>(4)];
}`,
    calls:
      "result enter@13, result mark, f enter@2, f exit, result waitCall@14, result resume, " +
      // \`new Dot()\` is called first, so the call's argument tells it from that.
      "result argument, get enter@8, get exit, result waitCall@14, result resume, " +
      "area enter@10, area wait@10, result wait@14, area resume, area exit, result resume, " +
      "result mark, generic enter@12, generic exit, result waitCall@14, result resume, result exit",
  },
];

for (const { name, source, language, calls } of ROWS) {
  test(`instrument() keeps what a module does and tells its calls: ${name}`, async () => {
    const { plain, traced, hooks, code } = await runBoth(source, language);
    assert(plain.error === undefined, plain.error);
    assertEquals(traced, plain, code);
    assertEquals(hooks.log.join(", "), calls, code);
    assertEquals(hooks.wrong, []);
    assertEquals(lineCount(code), lineCount(source), code);
  });
}

/** How many lines a source has, but for the one that may be put at its end. */
function lineCount(code: string): number {
  return code.replace(/\n;\$looptrace\.exit\(.*\);$/, "").split("\n").length;
}

test("instrument() takes awaits wherever an expression may stand", async () => {
  const source = `\ufeffconst seen = [];
class K { a = async () => await 4; static async *[Symbol.asyncIterator]() { yield 1 } }
export const result = async () => {
  label: for (const x of await Promise.resolve([1, 2])) { switch (await x) { case await 1: continue label; default: break label } }
  const t = \`\${await \`\${await 5}\`}\`, v = void await 6, n = -await 7, p = (await 2) ** (await 3);
  if (await true) await 8; else await 9
  do await 1; while (await false)
  const w = await (async () => { for (const [k, q = await 1] of [[1]]) return k + q; })();
  const d = { ...await { a: 1 }, b: [...await [1, 2]], async ["x" + await 3]() { return await 2 } };
  var { a: a1 = await 3, ...rest } = await {};
  for await (const i of K) seen.push(i)
  try { await import("./nowhere.js") } catch { seen.push(typeof (await 1)) }
  return [t, v, n, p, w, d.a, d.b, await d.x3(), a1, rest, await new K().a(), seen, (await [9])[0], await 1, await "é", (await "😀").length];
};`;
  const { plain, traced, hooks, code } = await runBoth(source);
  assert(plain.error === undefined, plain.error);
  assertEquals(traced, plain, code);
  assertEquals(hooks.wrong, []);
});

test("instrument() leaves a stack's lines", async () => {
  const source = `export const result = async () => {
  try { return await (async () => { await null;
    throw new Error("here") })() } catch ({ stack }) {
    return [...stack.matchAll(/data:.*:(\\d+):\\d+/g)].map(([, line]) => line) } }`;
  const { plain, traced } = await runBoth(source);
  assertEquals(traced, plain);
  assertEquals(plain.value, ["3", "2"]);
});

test("instrument() does not look at a source that cannot wait", () => {
  const parse = () => {
    throw new Error("parsed");
  };
  const { result } = transform("export const a = () => 1;", "js", { parse });
  assertEquals(result, { kind: "unchanged" });
  assertEquals(mayAwait("for await (const x of y);"), true);
});

test("instrument() leaves a module with nothing to mark as it is", () => {
  const { result, sites } = transform('const a = "async";');
  assertEquals(result, { kind: "unchanged" });
  assertEquals(sites, []);
});

test("instrument() says why it skipped a source", () => {
  const rows = [
    ["async function f( {", "it cannot be parsed: "],
    ["const $looptrace = 1; async () => {};", "it uses the name $looptrace"],
    [
      "async () => await 1" + " + 1".repeat(10_000),
      "it could not be changed: ",
    ],
  ];
  for (const [source, why] of rows) {
    const { result } = transform(source);
    assert(result.kind === "skipped", source);
    assertStringIncludes(result.why, why);
  }
});

test("instrument() asks what a source is when its name does not tell", () => {
  const asked: string[] = [];
  const source = "require('x'); async () => { await 1 }";
  const { result, sites } = transform(source, "js", {
    isModule: (program, text) => {
      asked.push(`${program.body.length} ${text}`);
      return false;
    },
  });
  assertEquals(asked, [`2 ${source}`]);
  assertEquals(result, { kind: "skipped", why: "it is CommonJS" });
  assertEquals(sites, []);
});

test("instrument() takes another local name where the source has its own", async () => {
  const source =
    "const $call = 1, $call1 = 2; export const result = async () => [$call, $call1, await 3];";
  const { plain, traced, code } = await runBoth(source);
  assertEquals(traced, plain);
  assertStringIncludes(code, "const $call2=");
});

test("instrument() gives a site the author's lines", () => {
  const { sites } = transform(
    "\n\nconst f = async () => {\n  await 1;\n};",
    "js",
    {
      lineOf: (line, column) => line * 100 + column,
    },
  );
  assertEquals(sites, [
    { fn: "f", file: "/app/source.js", line: 310, functionLine: 310 },
    { fn: "f", file: "/app/source.js", line: 402, functionLine: 310 },
  ]);
});

test("instrument() lets a hoisted function be called before its module begins", async () => {
  // As in a cycle of imports: what it calls must not be a constant of the module.
  const source =
    "export const result = early(); await 1; async function early() { return await 2 }";
  const { plain, traced } = await runBoth(source);
  assertEquals(traced, plain);
});

test("a module whose hooks are missing fails, so that the rows above can", async () => {
  const { code } = transform("export const result = async () => 1;");
  setHooks(undefined);
  assertStringIncludes((await outcomeOf(code)).error ?? "", "TypeError");
});
