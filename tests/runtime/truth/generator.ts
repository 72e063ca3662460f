/**
 * Random asynchronous programs, as source text: a seed decides everything. Each is a module of its own functions that
 * tell `log.mjs` what they do; a call goes only to a function further down, so every program ends.
 *
 * Text, and not closures, because the transform has to see it.
 */
import { Random } from "../../support/random.ts";
import { Callback, Mode, Wait } from "./kinds.mjs";

/** What programs are made of beside awaits of calls and of settled promises. A program has a random half of it. */
export const FEATURES = [
  "plain values",
  "fire and forget",
  "kept promises",
  "return call",
  "combinators",
  "then",
  "finally",
  "timers",
  "immediates",
  "microtasks",
  "ticks",
  "deferreds",
  "thenables",
  "subclasses",
  "generators",
  "rejections",
  "calls in arguments",
  "callbacks",
] as const;

export type Feature = typeof FEATURES[number];

export interface ProgramOptions {
  /** Without: nothing whose order may depend on the clock. */
  readonly timers: boolean;
  /** Features that no program has. */
  readonly without?: readonly Feature[];
}

/** One program: `source` is a module that exports `run`. */
export interface Program {
  readonly seed: number;
  readonly features: readonly Feature[];
  readonly source: string;
}

/** Functions of a program, the outermost among them. */
const FUNCTIONS = 9;

/** Slots of promises made by hand. */
const SLOTS = 4;

/** Makes the program of `seed`; `log` is the URL of log.mjs. */
export function makeProgram(
  seed: number,
  log: string,
  options: ProgramOptions,
): Program {
  return new ProgramWriter(seed, options).write(log);
}

/** How a function of the program is called, and whether it may throw. */
interface Callee {
  /** `(caller, mode)` comes behind it. */
  readonly name: string;
  readonly throws: boolean;
  readonly isGenerator: boolean;
}

class ProgramWriter {
  readonly #seed: number;
  readonly #random: Random;
  readonly #features = new Set<Feature>();
  readonly #lines: string[] = [];
  readonly #callees: Callee[] = [];
  #indent = 0;
  #names = 0;

  constructor(seed: number, options: ProgramOptions) {
    this.#seed = seed;
    this.#random = new Random(seed * 2654435761);
    for (const feature of FEATURES) {
      if (feature === "timers" && !options.timers) continue;
      if (options.without?.includes(feature)) continue;
      if (this.#random.below(2) === 0) this.#features.add(feature);
    }
  }

  write(log: string): Program {
    this.#line(`import process from "node:process";`);
    this.#line(`import { T } from ${JSON.stringify(log)};`);
    this.#line(`class Derived extends Promise {}`);
    this.#line(
      `const sleep = (ms) => new Promise((go) => setTimeout(go, ms));`,
    );
    // Callees first: whether they may throw is known then.
    for (let index = FUNCTIONS - 1; index >= 0; index--) {
      if (this.#has("generators") && index > 0 && this.#chance(5)) {
        this.#generator(`g${index}`);
      } else this.#function(`f${index}`, index === 0);
    }
    this.#line(`export const run = f0;`);
    return {
      seed: this.#seed,
      features: [...this.#features],
      source: this.#lines.join("\n") + "\n",
    };
  }

  // Functions.

  #function(name: string, isOutermost: boolean): void {
    const shape = isOutermost ? 0 : this.#random.below(7);
    const before = this.#lines.length;
    const opening = [
      `async function ${name}(c, m) {`,
      `const ${name} = async (c, m) => {`,
      `const ${name}o = { async ${name}(c, m) {`,
      `class ${name}C { static async ${name}(c, m) {`,
      `const ${name} = async function (c, m) {`,
      `async function ${name}(c, m) {`,
      `const ${name} = async (c, m) => {`,
    ][shape];
    const callable = shape === 2
      ? `${name}o.${name}`
      : shape === 3
      ? `${name}C.${name}`
      : name;
    this.#line(opening);
    this.#indent++;
    this.#line(`const a = T.enter(c, m);`);
    const throws = this.#body(isOutermost);
    this.#indent--;
    this.#line(shape === 2 ? `} };` : shape === 3 ? `} }` : `}`);
    let exposed = callable;
    if (shape >= 5) {
      // Called through one that only passes on.
      exposed = `${name}w`;
      this.#line(
        shape === 5
          ? `const ${exposed} = (c, m) => ${callable}(c, m);`
          : this.#has("return call")
          ? `const ${exposed} = async (c, m) => ${callable}(c, m);`
          : `function ${exposed}(c, m) { return ${callable}(c, m); }`,
      );
    }
    if (this.#lines.length > before) {
      this.#callees.push({ name: exposed, throws, isGenerator: false });
    }
  }

  /** @returns whether it may throw */
  #body(isOutermost: boolean): boolean {
    let throws = false;
    const count = this.#random.below(isOutermost ? 3 : 4) +
      (isOutermost ? 3 : 1);
    for (let i = 0; i < count; i++) {
      if (this.#chance(7) && !isOutermost) {
        const name = this.#name("i");
        this.#line(`for (let ${name} = 0; ${name} < 2; ${name}++) {`);
        this.#indent++;
        throws = this.#statement() || throws;
        this.#indent--;
        this.#line(`}`);
      } else throws = this.#statement() || throws;
    }
    if (this.#has("rejections") && !isOutermost && this.#chance(4)) {
      this.#line(`T.exit(a, 1);`);
      this.#line(`throw new Error(String(a));`);
      return true;
    }
    const callee = this.#callee();
    if (this.#has("return call") && callee !== undefined && this.#chance(3)) {
      if (this.#chance(4)) {
        this.#line(`T.tail(a);`);
        this.#line(
          `try { return ${callee.name}(a, ${Mode.Either}); } finally { }`,
        );
      } else {
        this.#line(`T.tail(a);`);
        this.#line(`return ${callee.name}(a, ${Mode.Returned});`);
      }
      return throws || callee.throws;
    }
    this.#line(`T.exit(a);`);
    this.#line(`return a;`);
    return throws;
  }

  #generator(name: string): void {
    this.#line(`async function* ${name}(c) {`);
    this.#indent++;
    this.#line(`const a = T.enter(c, ${Mode.Generator});`);
    this.#line(`try {`);
    this.#indent++;
    const count = this.#random.below(3) + 1;
    for (let i = 0; i < count; i++) {
      if (this.#chance(2)) this.#simpleAwait();
      this.#line(`T.yielding(a); yield ${i}; T.yielded(a);`);
    }
    if (this.#chance(3)) this.#simpleAwait();
    this.#indent--;
    this.#line(`} finally { T.exit(a); }`);
    this.#indent--;
    this.#line(`}`);
    this.#callees.push({ name, throws: false, isGenerator: true });
  }

  // Statements. Each gives whether it may throw.

  #statement(): boolean {
    const kinds: [number, () => boolean | void][] = [
      [4, () => this.#simpleAwait()],
      [6, () => this.#awaitCall()],
    ];
    const add = (
      feature: Feature,
      weight: number,
      write: () => boolean | void,
    ) => {
      if (this.#has(feature)) kinds.push([weight, write]);
    };
    add("fire and forget", 3, () => this.#fireAndForget());
    add("kept promises", 3, () => this.#keep());
    add("combinators", 4, () => this.#combine());
    add("then", 2, () => this.#then());
    add("finally", 2, () => this.#finally());
    add("generators", 3, () => this.#iterate());
    add("calls in arguments", 2, () => this.#callsInArguments());
    add("callbacks", 3, () => this.#callback());
    add("deferreds", 2, () => this.#settle());
    add("rejections", 1, () => this.#lose());
    let at = this.#random.below(kinds.reduce((sum, [w]) => sum + w, 0));
    for (const [weight, write] of kinds) {
      at -= weight;
      if (at < 0) return write() ?? false;
    }
    throw new Error("the weights do not add up");
  }

  /** `await` of something that is no call of the program's. */
  #simpleAwait(): void {
    const [wait, value, slot] = this.#awaitable();
    const before = slot < 0
      ? `T.suspend(a, ${wait});`
      : `T.suspendOn(a, ${wait}, ${slot});`;
    this.#line(`${before} await ${value}; T.resume(a);`);
  }

  /** What, as text, and the slot that it is in. */
  #awaitable(): [wait: number, value: string, slot: number] {
    const slot = this.#random.below(SLOTS);
    const some: [number, string, number][] = [
      [Wait.Resolved, "Promise.resolve()", -1],
    ];
    if (this.#has("plain values")) {
      some.push([Wait.Value, this.#random.pick(["null", "7"]), -1]);
    }
    const ms = this.#random.below(3);
    if (this.#has("timers")) {
      some.push([
        Wait.Sleep,
        this.#random.pick([
          `sleep(${ms})`,
          `new Promise((go) => setTimeout(go, ${ms}))`,
        ]),
        -1,
      ]);
    }
    if (this.#has("immediates")) {
      some.push([
        Wait.Immediate,
        `new Promise((go) => setImmediate(go))`,
        -1,
      ]);
    }
    if (this.#has("microtasks")) {
      some.push([
        Wait.Microtask,
        `new Promise((go) => queueMicrotask(go))`,
        -1,
      ]);
    }
    if (this.#has("ticks")) {
      some.push([Wait.Tick, `new Promise((go) => process.nextTick(go))`, -1]);
    }
    if (this.#has("deferreds")) {
      some.push([Wait.Deferred, `T.promise(a, ${slot})`, slot]);
    }
    if (this.#has("thenables")) {
      some.push([Wait.Thenable, `{ then(go) { T.note(a); go(1); } }`, -1]);
    }
    if (this.#has("subclasses")) {
      some.push([
        Wait.Subclass,
        `new Derived((go) => queueMicrotask(go))`,
        -1,
      ]);
    }
    return this.#random.pick(some);
  }

  #callee(): Callee | undefined {
    const some = this.#callees.filter(({ isGenerator }) => !isGenerator);
    // Rather one that is near: programs get deep.
    const near = some.slice(-3);
    return near.length === 0 ? undefined : this.#random.pick(near);
  }

  #awaitCall(): boolean {
    const callee = this.#callee();
    if (callee === undefined) return this.#simpleAwait(), false;
    const { name } = callee;
    const shape = this.#random.below(8);
    const call = shape === 0
      ? `(T.room() ? ${name}(a, ${Mode.Either}) : null)`
      : `${name}(a, ${Mode.Awaited})`;
    return this.#guarded(
      callee.throws,
      `T.suspend(a, ${Wait.Call}); `,
      shape === 1
        ? `const ${this.#name("v")} = await ${call};`
        : `await ${call};`,
    );
  }

  /** An await that may throw, if there is room for another call. */
  #guarded(mayThrow: boolean, before: string, text: string): boolean {
    this.#line(`if (T.room()) {`);
    this.#indent++;
    let throws = false;
    if (mayThrow) {
      throws = this.#chance(2);
      this.#line(`${before}try { ${text} T.resume(a); }`);
      this.#line(
        throws
          ? `catch (error) { T.resume(a); T.exit(a, 1); throw error; }`
          : `catch { T.resume(a); }`,
      );
    } else this.#line(`${before}${text} T.resume(a);`);
    this.#indent--;
    this.#line(`}`);
    return throws;
  }

  #fireAndForget(): void {
    const callee = this.#callee();
    if (callee === undefined) return this.#simpleAwait();
    const end = this.#chance(3) ? `.catch(() => {})` : "";
    this.#line(
      `if (T.room()) { T.call(a); void ${callee.name}(a, ${Mode.Beside})${end}; T.back(a); }`,
    );
  }

  /** A call, something else, and the await of the call. */
  #keep(): boolean {
    const callee = this.#callee();
    if (callee === undefined) return this.#simpleAwait(), false;
    const kept = this.#name("k");
    const between = this.#random.below(4);
    const mode = between === 0 ? Mode.Either : Mode.Beside;
    this.#line(`if (T.room()) {`);
    this.#indent++;
    this.#line(
      `T.call(a); const ${kept} = ${callee.name}(a, ${mode}); const ${kept}i = T.back(a);`,
    );
    if (callee.throws) this.#line(`${kept}.catch(() => {});`);
    if (between === 1) this.#line(`Promise.resolve();`);
    else if (between > 1) this.#simpleAwait();
    this.#line(`T.suspend(a, ${Wait.Kept}, ${kept}i);`);
    const catches = callee.throws ? ` catch { }` : ` finally { }`;
    this.#line(`try { await ${kept}; }${catches} T.resume(a);`);
    this.#indent--;
    this.#line(`}`);
    return false;
  }

  #combine(): void {
    const [wait, name] = this.#random.pick(
      [
        [Wait.All, "all"],
        [Wait.Settled, "allSettled"],
        [Wait.Race, "race"],
        [Wait.Any, "any"],
      ] as const,
    );
    const members: string[] = [];
    for (let i = this.#random.below(3) + 1; i > 0; i--) {
      const callee = this.#callee();
      if (callee === undefined || this.#chance(3)) {
        members.push(this.#awaitable()[1]);
      } else members.push(`${callee.name}(a, ${Mode.Beside})`);
    }
    this.#line(
      `if (T.room()) { T.suspend(a, ${wait}, ${members.length}); ` +
        `try { await Promise.${name}([${
          members.join(", ")
        }]); } catch { } T.resume(a); }`,
    );
  }

  #then(): void {
    const callee = this.#callee();
    if (callee === undefined) return this.#simpleAwait();
    const first = this.#random.pick([
      `${callee.name}(a, ${Mode.Either})`,
      `Promise.resolve(1)`,
    ]);
    const next = this.#callee()!;
    const callback = this.#random.pick([
      `() => { ${this.#callbackBody("b")} return 1; }`,
      `() => { T.now(); return ${next.name}(a, ${Mode.Callback}); }`,
      `(v) => { T.begin(b); T.end(b); return v; }`,
    ]);
    const isCall = callback.includes("T.now()");
    this.#line(`if (T.room()) {`);
    this.#indent++;
    // A rejection passes the callback by: then it is over as well.
    this.#line(
      isCall ? `T.later();` : `const b = T.schedule(a, ${Callback.Then});`,
    );
    const missed = isCall ? `T.now();` : `T.end(b);`;
    const chain = `${first}.then(${callback}, () => { ${missed} })`;
    if (this.#chance(2)) {
      this.#line(
        `T.suspend(a, ${Wait.Then}); try { await ${chain}; } catch { } T.resume(a);`,
      );
    } else {
      this.#line(`T.call(a); void ${chain}.catch(() => {}); T.back(a);`);
    }
    this.#indent--;
    this.#line(`}`);
  }

  #finally(): void {
    const callee = this.#callee();
    if (callee === undefined) return this.#simpleAwait();
    this.#line(
      `if (T.room()) { const b = T.schedule(a, ${Callback.Then}); T.suspend(a, ${Wait.Finally}); ` +
        `try { await ${callee.name}(a, ${Mode.Either}).finally(() => { T.begin(b); T.end(b); }); } catch { } T.resume(a); }`,
    );
  }

  #iterate(): void {
    const some = this.#callees.filter(({ isGenerator }) => isGenerator);
    if (some.length === 0) return this.#simpleAwait();
    const { name } = this.#random.pick(some);
    const value = this.#name("v");
    if (this.#chance(4)) {
      const it = this.#name("it");
      this.#line(`if (T.room()) {`);
      this.#line(`  const ${it} = ${name}(a);`);
      this.#line(
        `  T.suspend(a, ${Wait.Generator}); await ${it}.next(); T.resume(a);`,
      );
      this.#line(
        `  T.suspend(a, ${Wait.Generator}); await ${it}.return(); T.resume(a);`,
      );
      this.#line(`}`);
      return;
    }
    this.#line(`if (T.room()) {`);
    this.#indent++;
    this.#line(`T.suspend(a, ${Wait.Generator});`);
    this.#line(`for await (const ${value} of ${name}(a)) {`);
    this.#indent++;
    this.#line(`T.resume(a);`);
    if (this.#chance(3)) this.#simpleAwait();
    if (this.#chance(4)) {
      this.#line(
        `if (${value} === 1) { T.suspend(a, ${Wait.Generator}); break; }`,
      );
    }
    this.#line(`T.suspend(a, ${Wait.Generator});`);
    this.#indent--;
    this.#line(`}`);
    this.#line(`T.resume(a);`);
    this.#indent--;
    this.#line(`}`);
  }

  #callsInArguments(): boolean {
    const outer = this.#callee();
    const inner = this.#callee();
    if (outer === undefined || inner === undefined || inner.throws) {
      return this.#simpleAwait(), false;
    }
    const text = this.#chance(2)
      ? `await ${outer.name}(a, ${Mode.Awaited}, T.again(a, ${Wait.Call}, await ${inner.name}(a, ${Mode.Awaited})));`
      : `await ${outer.name}(a, ${Mode.Awaited}, ${inner.name}(a, ${Mode.Beside}));`;
    return this.#guarded(outer.throws, `T.suspend(a, ${Wait.Call}); `, text);
  }

  #callback(): void {
    const kinds: [number, string][] = [];
    const ms = this.#random.below(3);
    if (this.#has("timers")) {
      kinds.push([Callback.Timer, `setTimeout(CALLBACK, ${ms})`]);
      kinds.push([Callback.Interval, ""]);
    }
    if (this.#has("immediates")) {
      kinds.push([Callback.Immediate, `setImmediate(CALLBACK)`]);
    }
    if (this.#has("ticks")) {
      kinds.push([Callback.Tick, `process.nextTick(CALLBACK)`]);
    }
    if (this.#has("microtasks")) {
      kinds.push([Callback.Microtask, `queueMicrotask(CALLBACK)`]);
    }
    if (kinds.length === 0) return this.#simpleAwait();
    const [kind, text] = this.#random.pick(kinds);
    const callee = this.#callee();
    if (kind === Callback.Interval) {
      const name = this.#name("n");
      this.#line(
        `{ const b = T.schedule(a, ${kind}); let ${name} = 0; const h = setInterval(() => { ` +
          `T.begin(b); if (++${name} === 2) clearInterval(h); T.end(b, ${name} === 2 ? 0 : 1); }, 1); }`,
      );
    } else if (callee !== undefined && this.#chance(3)) {
      // The callback is an async function itself.
      this.#line(
        `if (T.room()) { T.later(); ${
          text.replace(
            "CALLBACK",
            `() => { T.now(); return ${callee.name}(a, ${Mode.Callback}).catch(() => {}); }`,
          )
        }; }`,
      );
    } else {
      this.#line(
        `{ const b = T.schedule(a, ${kind}); ${
          text.replace("CALLBACK", `() => { ${this.#callbackBody("b")} }`)
        }; }`,
      );
    }
  }

  /** What a callback does that is no async function. */
  #callbackBody(b: string): string {
    const callee = this.#callee();
    const slot = this.#random.below(SLOTS);
    const some = [`T.begin(${b}); T.end(${b});`];
    if (this.#has("deferreds")) {
      some.push(`T.begin(${b}); T.settle(${b}, ${slot}); T.end(${b});`);
    }
    if (callee !== undefined && this.#has("fire and forget")) {
      some.push(
        `T.begin(${b}); if (T.room()) { T.call(${b}); void ${callee.name}(${b}, ${Mode.Callback}); T.back(${b}); } T.end(${b});`,
      );
    }
    return this.#random.pick(some);
  }

  #settle(): void {
    this.#line(`T.settle(a, ${this.#random.below(SLOTS)});`);
  }

  #lose(): void {
    this.#line(
      this.#random.pick([
        `Promise.reject(new Error("0"));`,
        `{ const lost = Promise.reject(new Error("0")); queueMicrotask(() => lost.catch(() => {})); }`,
      ]),
    );
  }

  #has(feature: Feature): boolean {
    return this.#features.has(feature);
  }

  /** True once in `times`. */
  #chance(times: number): boolean {
    return this.#random.below(times) === 0;
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  #line(text: string): void {
    this.#lines.push("  ".repeat(this.#indent) + text);
  }
}
