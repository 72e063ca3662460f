/**
 * Wrapped functions at work: in which order what waits for them goes on, microtask by microtask, what they give and throw,
 * which rejections nobody handles, and what they look like.
 *
 * usage: api_runner.mjs FOLDER [LIBRARY OPTIONS]; with a LIBRARY each scenario runs during a recording that was started with
 * OPTIONS (JSON), and again after it. stdout: JSON, `{ plain }` or `{ recorded, after }`, lines by scenario.
 *
 * The scenarios are in apis/: each file exports `scenarios`, functions of a {@link Teller} by name. Files import namespaces of
 * built-in modules, not names from them. What order the system decides a scenario must not tell.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/** Microtasks that are counted after something is settled. */
const TICKS = 8;

let teller;

// Looking at all functions of a module asks its deprecated getters, too.
process.noDeprecation = true;

if ("Deno" in globalThis) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    teller.tell(`unhandled ${textOf(event.reason)}`);
  });
  globalThis.addEventListener("rejectionhandled", (event) => {
    teller.tell(`handled after all ${textOf(event.reason)}`);
  });
} else {
  process.on("unhandledRejection", (reason) => {
    teller.tell(`unhandled ${textOf(reason)}`);
  });
  process.on("rejectionHandled", () => teller.tell("handled after all"));
}

function textOf(error) {
  return error instanceof Error
    ? `${error.name} ${error.code ?? ""} ${error.message}`
    : String(error);
}

/** Getters of some modules throw. */
function valueOf(object, key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a scenario tells. */
class Teller {
  lines = [];
  /** A folder of its own, with slashes. */
  folder;

  constructor(folder) {
    this.folder = folder;
  }

  path(name) {
    return join(this.folder, name);
  }

  tell(text) {
    // The folder is another one each time.
    this.lines.push(String(text).replaceAll(this.folder, "FOLDER"));
  }

  /**
   * Tells what `make()` gives, and how many microtasks after its settling each kind of waiting goes on. Resolves when all
   * have.
   */
  async order(name, make) {
    let promise;
    try {
      promise = make();
    } catch (error) {
      return this.tell(`${name} throws ${textOf(error)}`);
    }
    const kind = Object.getPrototypeOf(promise)?.constructor?.name;
    this.tell(
      `${name} gives a ${kind}, keys ${Reflect.ownKeys(promise).length}`,
    );
    const settled = (what) => {
      this.tell(`${name} ${what}`);
      this.#countTicks(name);
    };
    promise.then(() => settled("resolves"), (error) => {
      settled(`rejects ${textOf(error)}`);
    });
    const waiting = [
      this.#awaits(name, promise),
      this.#awaitsTwice(name, promise),
      promise.then().then(undefined, () => {}).then(() => {
        this.tell(`${name} third`);
      }),
      Promise.resolve(promise).catch(() => {}).then(() => {
        this.tell(`${name} caught`);
      }),
      new Promise((resolve) => resolve(promise)).then(
        () => this.tell(`${name} adopted`),
        () => this.tell(`${name} adopted`),
      ),
    ];
    for (const one of waiting) await one;
    await this.quiet();
  }

  /** The same for a function that calls back: `start(callback)`. */
  async callback(name, start) {
    await new Promise((resolve) => {
      try {
        start((...args) => {
          const [error] = args;
          this.tell(`${name} calls back with ${args.length}, ${textOf(error)}`);
          process.nextTick(() => this.tell(`${name} tick`));
          queueMicrotask(() => this.tell(`${name} microtask`));
          Promise.resolve().then(() => this.tell(`${name} then`));
          this.#countTicks(name);
          resolve();
        });
      } catch (error) {
        this.tell(`${name} throws ${textOf(error)}`);
        resolve();
      }
    });
    await this.quiet();
  }

  /** What a synchronous call gives or throws. */
  sync(name, call) {
    try {
      this.tell(`${name} gives ${typeof call()}`);
    } catch (error) {
      this.tell(`${name} throws ${textOf(error)}`);
    }
  }

  /** What the functions of an object look like. */
  shapes(name, object) {
    for (const key of Reflect.ownKeys(object)) {
      const value = valueOf(object, key);
      if (typeof value !== "function") continue;
      const { enumerable, configurable } = Object.getOwnPropertyDescriptor(
        object,
        key,
      );
      this.tell(
        `${name}.${String(key)}: ${
          this.shape(value)
        } ${enumerable} ${configurable}`,
      );
    }
  }

  /** Name, length and properties of a function. That a wrapper could be called with `new` is no difference that shows. */
  shape(fn) {
    const keys = Reflect.ownKeys(fn).filter((key) =>
      key !== "prototype" &&
      // What `promisify` has marked as its own.
      !(key === promisify.custom && fn[key] === fn)
    );
    return `${fn.name} ${fn.length} ${keys.map(String)}`;
  }

  /** Lets go by what is still under way. */
  async quiet() {
    for (let i = 0; i < 6; i++) await turn();
  }

  #countTicks(name, count = 1) {
    Promise.resolve().then(() => {
      this.tell(`${name} ${count}`);
      if (count < TICKS) this.#countTicks(name, count + 1);
    });
  }

  async #awaits(name, promise) {
    try {
      await promise;
    } catch {
      // Told already.
    }
    this.tell(`${name} awaited`);
  }

  async #awaitsTwice(name, promise) {
    await this.#awaits(`${name} inside`, promise);
    this.tell(`${name} outside`);
  }
}

const [folder, library, options] = process.argv.slice(2);
const files = readdirSync(new URL("apis/", import.meta.url)).sort();
const all = {};
for (const file of files) {
  const { scenarios } = await import(`./apis/${file}`);
  Object.assign(all, scenarios);
}

/** Lines by scenario. */
async function runAll() {
  const told = {};
  for (const [name, run] of Object.entries(all)) {
    teller = new Teller(folder);
    await run(teller);
    // What nobody waits for.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await teller.quiet();
    told[name] = teller.lines;
  }
  return told;
}

const result = {};
if (library === undefined) result.plain = await runAll();
else {
  const { start, stop } = await import(library);
  start({ write() {} }, JSON.parse(options));
  result.recorded = await runAll();
  await stop();
  result.after = await runAll();
}
process.stdout.write(JSON.stringify(result), () => process.exit(0));
