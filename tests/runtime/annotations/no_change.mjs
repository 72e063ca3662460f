/** Regions and user tasks around promises of all kinds: prints what happens, in order; for annotations_test.ts. */

import process from "node:process";

const [library, hooks, isRecorded] = process.argv.slice(2);
const { newTask, start, stop, withRegion } = await import(library);

const lines = [];
const print = (text) => lines.push(text);
process.on("unhandledRejection", (reason) => print(`unhandled ${reason}`));
process.on("rejectionHandled", () => print("handled after all"));

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Microtasks, in their order. */
async function count(name, turns) {
  for (let i = 0; i < turns; i++) {
    print(`${name} ${i}`);
    await null;
  }
  return name;
}

if (isRecorded === "true") start({ write() {} }, { hooks });
await wait(1);

// A rejection that nobody handles, one that is handled at once, one that is handled late.
withRegion("lost", async () => {
  await wait(1);
  throw "lost";
});
while (lines.length === 0) await wait(1);
withRegion("lost at once", () => Promise.reject("lost at once"));
withRegion("caught", async () => {
  await null;
  throw "caught";
}).catch((reason) => print(`caught ${reason}`));
// deno-lint-ignore require-await
const late = withRegion("late", async () => {
  throw "late";
});
while (!lines.includes("unhandled late")) await wait(1);
late.catch((reason) => print(`late ${reason}`));
while (!lines.includes("handled after all")) await wait(1);

// The same promise, and no microtask more or less on the way.
const same = Promise.resolve(1);
print(withRegion("same", () => same) === same);
const thenable = { then: (resolve) => resolve("then") };
print(await withRegion("thenable", () => thenable));
const task = newTask("task");
await Promise.all([
  count("plain", 6),
  withRegion("a", () => count("a", 5)),
  task.run(() => count("b", 4)),
  withRegion("c", async () => print(await count("c", 3))),
  task.run(() => withRegion("d", () => task.run(() => count("d", 2)))),
]).then((all) => print(all.join()));
try {
  withRegion("throws", () => {
    throw new Error("thrown");
  });
} catch ({ message }) {
  print(message);
}
const race = await Promise.race([
  withRegion("slow", () => count("slow", 9)),
  withRegion("fast", () => count("fast", 2)),
]);
print(race);
task.end();
await wait(5);
if (isRecorded === "true") {
  const { error } = await stop();
  if (error !== undefined) print(error);
}
console.log(lines.join("\n"));
