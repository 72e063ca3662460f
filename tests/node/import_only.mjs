/**
 * Imports the package named by the first argument in a fresh process and prints what is not as before: properties of
 * the global object and of the objects that wrappers and hooks change, compared by identity, and what keeps Node alive.
 */
const holders = () => ({
  globalThis,
  Promise,
  "Promise.prototype": Promise.prototype,
  process,
  console,
  timers,
  timersPromises,
  http,
  "http.Server.prototype": http.Server.prototype,
  fs,
  "fs.promises": fs.promises,
});
const [timers, timersPromises, http, fs] = (await Promise.all(
  ["node:timers", "node:timers/promises", "node:http", "node:fs"].map((name) =>
    import(name)
  ),
)).map((module) => module.default);
const look = () =>
  new Map(
    Object.entries(holders()).flatMap(([holder, object]) =>
      Reflect.ownKeys(object).map((key) => {
        const { value, get, set } = Object.getOwnPropertyDescriptor(
          object,
          key,
        );
        return [holder + "." + String(key), [value, get, set]];
      })
    ),
  );
// Node makes some of them at the first look (lazy getters become values), so look twice.
for (const object of Object.values(holders())) {
  for (const key of Reflect.ownKeys(object)) {
    try {
      object[key];
    } catch {
      // Some getters of prototypes want an instance.
    }
  }
}
const before = look();
const resources = process.getActiveResourcesInfo().length;
await import(process.argv[2]);
const after = look();
const changed = [...new Set([...before.keys(), ...after.keys()])].filter((
  key,
) =>
  (before.get(key) ?? []).some((part, i) =>
    !Object.is(part, after.get(key)?.[i])
  ) || !before.has(key)
);
console.log(
  JSON.stringify({
    changed,
    resources: process.getActiveResourcesInfo().length - resources,
  }),
);
