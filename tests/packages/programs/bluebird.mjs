/** bluebird: another Promise, with a queue of its own, among native ones. */
import process from "node:process";
import Bluebird from "bluebird";
import { deferred, metronome, sleep } from "./steps.mjs";

export default async function main(say) {
  const ticking = metronome(say, 12);
  Bluebird.resolve(1).then((n) => say(`bluebird ${n}`)).then(() =>
    say("bluebird 2")
  );
  Promise.resolve(1).then((n) => say(`native ${n}`)).then(() =>
    say("native 2")
  );
  process.nextTick(() => say("tick of the process"));
  setImmediate(() => say("immediate"));
  await mixed(say);
  await ticking;

  const others = deferred();
  const lengths = await Bluebird.map(
    ["long", "short", "last"],
    (name) => job(say, name, others),
    { concurrency: 2 },
  );
  say(`map: ${lengths}`);
  const sum = await Bluebird.reduce(
    [1, 2, 3],
    async (total, n) => total + await half(n),
    0,
  );
  say(`reduce: ${sum}`);
  const never = new Promise(() => {});
  say(`some: ${await Bluebird.some([never, half(4), half(6)], 2)}`);
  const late = Bluebird.delay(500).timeout(5, "too late");
  await late.catch(Bluebird.TimeoutError, (error) => say(error.message));
  const disposed = Bluebird.resolve("resource").disposer((name) =>
    say(`${name} given back`)
  );
  await Bluebird.using(disposed, async (name) => {
    await null;
    say(`${name} used`);
  });
  const steps = Bluebird.coroutine(function* (from) {
    const once = yield half(from);
    return yield half(once);
  });
  say(`coroutine: ${await steps(8)}`);
  await Bluebird.reject(new RangeError("wrong")).finally(() => say("finally"))
    .catch((error) => say(error.message));
}

async function mixed(say) {
  const values = await Promise.all([
    Bluebird.resolve("b"),
    half(2),
    Bluebird.delay(100, "late"),
  ]);
  say(`mixed: ${values}`);
  const first = await Promise.race([
    new Promise(() => {}),
    Bluebird.resolve("first"),
  ]);
  say(`race: ${first}`);
}

/** The long one is over after the last one, whatever time that takes. */
async function job(say, name, others) {
  say(`${name} starts`);
  await (name === "long" ? others.promise : sleep(8));
  say(`${name} ends`);
  if (name === "last") others.resolve();
  return name.length;
}

async function half(n) {
  return await Promise.resolve(n / 2);
}
