/** ioredis: commands, pipelines, transactions, blocking reads, publish and subscribe, against a real server. */
import { Redis } from "ioredis";
import process from "node:process";
import { metronome } from "./steps.mjs";

const PORT = Number(process.env.PACKAGES_REDIS_PORT);
/** Runs that happen at the same time keep out of each other's way. */
const PREFIX = `${process.env.PACKAGES_RUN}:`;

export default async function main(say) {
  const redis = connect();
  await redis.del("n", "list", "hash", "jobs");
  await commands(say, redis);
  await transactions(say, redis);
  await queue(say, redis);
  await subscriptions(say, redis);
  say(await redis.quit());
  const gone = await redis.get("n").catch((error) => error.message);
  say(gone);
}

function connect() {
  return new Redis({ port: PORT, host: "127.0.0.1", keyPrefix: PREFIX });
}

async function commands(say, redis) {
  say(await redis.set("n", 1));
  const together = await Promise.all([
    redis.incr("n"),
    redis.incrby("n", 10),
    redis.get("n"),
    redis.get("none"),
  ]);
  say(`together: ${JSON.stringify(together)}`);
  const wrong = await redis.lpush("n", "x").catch((error) => error.message);
  say(wrong);
  // The answers of a pipeline come in one piece: what follows them is a matter of microtasks.
  const settled = [];
  const asked = [1, 2, 3].map((n) =>
    redis.rpush("list", n).then((length) => settled.push(length))
  );
  await asked[0];
  await metronome(() => {}, 3);
  await Promise.all(asked);
  say(`lengths: ${settled}`);
}

async function transactions(say, redis) {
  const piped = await redis.pipeline().set("a", 1).incr("a").lpush("a", 2).get(
    "a",
  ).exec();
  for (const [error, value] of piped) {
    say(`pipeline: ${error?.message ?? value}`);
  }
  const done = await redis.multi().hset("hash", "one", 1).hset("hash", "two", 2)
    .hgetall("hash").exec();
  say(`multi: ${JSON.stringify(done)}`);
  redis.defineCommand("addAll", {
    numberOfKeys: 1,
    lua: "return redis.call('incrby', KEYS[1], ARGV[1] + ARGV[2])",
  });
  say(`script: ${await redis.addAll("n", 5, 6)}`);
}

async function queue(say, redis) {
  const worker = connect();
  const working = work(worker);
  for (const job of ["one", "two", "stop"]) await redis.rpush("jobs", job);
  say(`worked: ${await working}`);
  await worker.quit();
}

async function work(redis) {
  const done = [];
  while (true) {
    const [, job] = await redis.blpop("jobs", 5);
    if (job === "stop") return done;
    done.push(job);
  }
}

async function subscriptions(say, redis) {
  const listener = connect();
  const heard = [];
  const all = new Promise((resolve) => {
    listener.on("message", (_channel, text) => {
      heard.push(text);
      if (heard.length === 3) resolve();
    });
  });
  say(`subscribed to ${await listener.subscribe(`${PREFIX}news`)}`);
  for (const text of ["first", "second", "third"]) {
    await redis.publish(`${PREFIX}news`, text);
  }
  await all;
  say(`heard: ${heard}`);
  await listener.unsubscribe();
  listener.disconnect();
}
