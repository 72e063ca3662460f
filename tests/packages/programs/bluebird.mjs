/** bluebird: another Promise, with a queue of its own, among native ones. */
import process from "node:process";
import Bluebird from "bluebird";
import { metronome, sleep } from "./steps.mjs";

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

  const sizes = await Bluebird.map([9, 1, 2], (ms) => slow(say, ms), {
    concurrency: 2,
  });
  say(`map: ${sizes}`);
  const sum = await Bluebird.reduce(
    [1, 2, 3],
    async (total, n) => total + await half(n),
    0,
  );
  say(`reduce: ${sum}`);
  say(
    `some: ${await Bluebird.some([sleep(120), slow(say, 2), slow(say, 9)], 2)}`,
  );
  const late = Bluebird.delay(200).timeout(5, "too late");
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
    Bluebird.delay(30, "late"),
  ]);
  say(`mixed: ${values}`);
  const first = await Promise.race([
    Bluebird.delay(50),
    Bluebird.resolve("first"),
  ]);
  say(`race: ${first}`);
}

async function slow(say, ms) {
  await sleep(ms * 8);
  say(`slow ${ms}`);
  return ms;
}

async function half(n) {
  return await Promise.resolve(n / 2);
}
