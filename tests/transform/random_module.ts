/** Random modules that await in all the places where one can, and log what they do. */
import { Random } from "../support/random.ts";

/** What stands around a statement. */
interface Place {
  readonly kind: "function" | "generator" | "sync";
  /** Labels of loops that `break` and `continue` may name. */
  readonly labels: readonly string[];
  /** True in a loop or a switch. */
  readonly inLoop: boolean;
  readonly depth: number;
}

const HELPERS = `
const log = [];
let budget = 400;
const note = (x) => { if (log.length < 500) log.push(x); return x; };
const spend = () => --budget > 0;
const nap = (n) => n % 3 === 0 ? new Promise((done) => queueMicrotask(done)) : n % 3;
const later = async (x) => { note("later"); return x; };
const thenable = (x) => ({ then(done) { note("then"); done(x); } });
const fail = async (x) => { await null; throw x; };
const both = (...all) => all.length;
const disposable = (x) => ({ async [Symbol.asyncDispose]() { note(x); await nap(1); }, [Symbol.dispose]() { note(x); } });
async function* numbers(n) { try { for (let i = 0; i < n; i++) yield await nap(i); } finally { note("numbers end"); } }
`;

/** A module whose \`result()\` gives what was logged. The same for the same seed. */
export function randomModule(seed: number): string {
  return new Generator(new Random(seed)).module();
}

class Generator {
  readonly #random: Random;
  /** Names of functions that can be called, with their kind. */
  readonly #functions: { name: string; kind: Place["kind"] }[] = [];
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  module(): string {
    const functions: string[] = [];
    for (let i = 0; i < 4; i++) {
      const kind = this.#random.pick(
        ["function", "function", "generator", "sync"] as const,
      );
      functions.push(this.#function(kind));
    }
    const body = this.#block({
      kind: "function",
      labels: [],
      inLoop: false,
      depth: 0,
    }, 4);
    return `${HELPERS}${functions.join("\n")}
${
      this.#random.below(3) === 0
        ? `note(await ${this.#call()})\n`
        : ""
    }export const result = async () => {
  try {${body}} catch (e) { note("caught " + (e?.message ?? e)) }
  await new Promise((done) => setTimeout(done)) // nothing is on its way any more
  return log
}`;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }

  #function(kind: Place["kind"]): string {
    const name = this.#name("f");
    const place: Place = { kind, labels: [], inLoop: false, depth: 0 };
    const body = `{ note("${name}"); if (!spend()) return;${this.#directive()}${
      this.#block(place, 4)
    }}`;
    const text = this.#functionText(kind, name, body);
    this.#functions.push({ name, kind });
    return text;
  }

  #functionText(kind: Place["kind"], name: string, body: string): string {
    const star = kind === "generator" ? "*" : "";
    const async = kind === "sync" ? "" : "async ";
    switch (this.#random.below(star === "" ? 5 : 3)) {
      case 0:
        return `${async}function${star} ${name}(a = 1)${body}`;
      case 1:
        return `const ${name} = { ${async}${star}m(a) ${body} }.m`;
      case 2:
        return `class C${name} { static ${async}${star}#p(a)${body} static get(){ return C${name}.#p } }\nconst ${name} = C${name}.get()`;
      case 3:
        return `const ${name} = ${async}(a, ...b) => ${body}`;
      default:
        return `const ${name} = (${async}function ${name}i() ${body})`;
    }
  }

  #directive(): string {
    return this.#random.below(8) === 0 ? '"not a directive";' : "";
  }

  #block(place: Place, statements: number): string {
    const inner = { ...place, depth: place.depth + 1 };
    const count = place.depth > 3 ? 1 : 1 + this.#random.below(statements);
    return Array.from({ length: count }, () => this.#statement(inner)).join(
      this.#random.below(2) === 0 ? "\n" : ";",
    ) + "\n";
  }

  #statement(place: Place): string {
    const simple = place.depth > 3;
    const waits = place.kind !== "sync";
    const one = () => this.#expression(place);
    const body = () => `{${this.#block(place, 3)}}`;
    const loop = (label?: string): string =>
      `{ if (!spend()) break;${
        this.#block({
          ...place,
          inLoop: true,
          labels: label === undefined ? place.labels : [...place.labels, label],
        }, 2)
      }}`;
    const label = this.#name("l");
    const choice = this.#random.below(simple ? 6 : 20);
    switch (choice) {
      case 0:
        return `note(${one()})`;
      case 1:
        return `const ${this.#name("v")} = ${one()}`;
      case 2:
        return `;[${one()}].map(note)`;
      case 3:
        if (place.inLoop) {
          const to = place.labels.length > 0
            ? ` ${this.#random.pick(place.labels)}`
            : "";
          return `if (${one()}) ${
            this.#random.pick(["break", "continue"])
          }${to}; else note(1)`;
        }
        return `if (${one()}) note(${one()})\nelse note(${one()})`;
      case 4:
        return waits && place.kind === "generator"
          ? this.#random.pick([
            `yield`,
            `yield ${one()}`,
            `note(yield ${one()})`,
            `yield* numbers(2)`,
            `note(yield* [1])`,
          ])
          : `note(${one()})`;
      case 5:
        return this.#random.below(4) === 0 ? `return ${one()}` : `note("s")`;
      case 6:
        return `try ${body()} catch (e) { note(String(e?.message ?? e))\n${
          this.#block(place, 2)
        }}`;
      case 7:
        return `try ${body()} finally ${body()}`;
      case 8:
        return waits
          ? `try { note(await fail("x")) } catch { note(${one()}) } finally { note(${one()}) }`
          : body();
      case 9:
        return `for (let i = 0, n = ${one()}; i < 2; i++) ${loop()}`;
      case 10:
        return `${label}: for (const x of [1, ${one()}]) ${loop(label)}`;
      case 11:
        return `while (${one()} && spend()) ${loop()}`;
      case 12:
        return waits
          ? `${label}: for await (const x of numbers(3)) ${loop(label)}`
          : body();
      case 13:
        return waits ? `for await (const x of [1, ${one()}]) note(x)` : body();
      case 14:
        return waits
          ? `if (${one()}) for await (const x of numbers(1)) note(x); else note(2)`
          : body();
      case 15:
        return waits
          ? `{ await using d = disposable("d"); ${this.#block(place, 2)}}`
          : `{ using d = disposable("d"); ${this.#block(place, 2)}}`;
      case 16:
        return waits
          ? `for (await using d of [disposable("e"), null]) ${loop()}`
          : body();
      case 17:
        return `switch (${one()}) { case 1: note(${one()}); break\ncase ${one()}: default: note(${one()}) }`;
      case 18:
        return this.#nested(place);
      default:
        return `do ${loop()} while (${one()} && spend())`;
    }
  }

  /** A function within a function, called on the spot. */
  #nested(place: Place): string {
    const kind = this.#random.pick(["function", "sync"] as const);
    const name = this.#name("n");
    const inner: Place = {
      kind,
      labels: [],
      inLoop: false,
      depth: place.depth,
    };
    const async = kind === "sync" ? "" : "async ";
    const text = this.#random.below(2) === 0
      ? `${async}function ${name}() {if (!spend()) return;${
        this.#block(inner, 2)
      }}`
      : `const ${name} = ${async}() => (spend() && ${this.#expression(inner)})`;
    const call = place.kind === "sync" ? `${name}()` : `await ${name}()`;
    return `${text}\nnote(typeof ${call})`;
  }

  #expression(place: Place): string {
    const { kind, depth } = place;
    const waits = kind !== "sync";
    const deep = depth > 5;
    const next = () => this.#expression({ ...place, depth: depth + 1 });
    const number = this.#random.below(4);
    switch (this.#random.below(deep ? 3 : waits ? 16 : 6)) {
      case 0:
      case 1:
        return `${number}`;
      case 2:
        return `note(${number})`;
      case 3:
        return `(${next()}, ${next()})`;
      case 4:
        return `both(${next()}, ...[${next()}])`;
      case 5:
        return `(${next()} ? ${next()} : ${next()})`;
      case 6:
        return `await nap(${next()})`;
      case 7:
        return `await(later(${next()}))`;
      case 8:
        return `await thenable(${next()})`;
      case 9:
        return `await ${this.#call(next())}`;
      case 10:
        return `(await later(${next()})) + await later(1).then((x) => note(x))`;
      case 11:
        return `typeof await[${next()}]`;
      case 12:
        return `await Promise.all([${next()}, later(${next()})])`;
      case 13:
        return `await ({ async m(x) { return later(x) } })?.m(${next()})`;
      case 14:
        return `await new (class { then(f) { f(${number}) } })`;
      default:
        return `await (async () => ${next()})()`;
    }
  }

  #call(argument = "1"): string {
    const functions = this.#functions.filter(({ kind }) =>
      kind !== "generator"
    );
    if (functions.length === 0) return `later(${argument})`;
    return `${this.#random.pick(functions).name}(${argument})`;
  }
}
