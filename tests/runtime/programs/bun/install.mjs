/**
 * What start() and stop() do to the built-in objects of Bun, and when they refuse. argv: files for three traces; stdout:
 * what was seen.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { inspect } from "node:util";

const { prototype } = Promise;
const KEYS = [[prototype, "constructor"], [prototype, "then"], [
  prototype,
  "finally",
], [Promise, "resolve"]];

/** The properties that a recording replaces, as they are now. */
function describe() {
  return KEYS.map(([object, key]) =>
    Object.getOwnPropertyDescriptor(object, key)
  );
}

function isSame(one, other) {
  return one.every((own, index) =>
    Reflect.ownKeys(own).every((key) =>
      Object.is(own[key], other[index][key])
    ) &&
    Reflect.ownKeys(own).length === Reflect.ownKeys(other[index]).length
  );
}

const seen = {};
const before = describe();
const { capabilities, start, stop } = await import("../../../../mod.ts");
seen.capabilities = capabilities();
seen.untouchedByImport = isSame(before, describe());

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function inner() {
  await sleep(1);
}
async function outer() {
  await inner();
  await Promise.all([inner(), inner()]);
}

seen.restored = [];
seen.visible = [];
for (const file of process.argv.slice(2)) {
  const chunks = [];
  start({ write: (bytes) => void chunks.push(bytes) }, { stacks: "all" });
  await outer();
  const promise = Promise.resolve(1);
  class Derived extends Promise {}
  const own = Object.create(prototype);
  own.constructor = 7;
  seen.visible.push([
    promise.constructor === Promise,
    prototype.constructor === Promise,
    promise.then.name,
    prototype.then.length,
    Promise.resolve.name,
    Derived.resolve(1).constructor === Derived,
    Derived.resolve(1).then(() => {}) instanceof Derived,
    Object.keys(prototype).length,
    Object.keys(own)[0],
    inspect(new Derived(() => {})).includes("Derived"),
  ]);
  await stop();
  seen.restored.push(isSame(before, describe()));
  writeFileSync(file, Buffer.concat(chunks));
}

/** Starts a recording that must not begin. */
function refusal() {
  try {
    start({ write() {} });
    return "started";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

// As if another copy of the library were recording.
const mark = Symbol.for("looptrace.promise_accessor");
globalThis[mark] = () => {};
seen.otherCopy = refusal();
delete globalThis[mark];

const own = Object.getOwnPropertyDescriptor(prototype, "constructor");
Object.defineProperty(prototype, "constructor", {
  get: () => Promise,
  configurable: true,
});
seen.taken = refusal();
Object.defineProperty(prototype, "constructor", own);

Object.freeze(prototype);
seen.frozen = refusal();
seen.works = await outer().then(() => "works");
console.log(JSON.stringify(seen));
