/** Databases that are elsewhere. */
import { startRedis } from "./support/redis_process.mjs";

/** What waits for the answer of a Redis of its own. */
function ofRedis(method, call) {
  return {
    api: `Bun.RedisClient.${method}`,
    runtimes: ["bun"],
    async run(h) {
      const redis = await startRedis(h);
      try {
        const client = new Bun.RedisClient(redis.url);
        await client.connect();
        await h.timed(() => call(client));
        client.close();
      } finally {
        redis.stop();
      }
    },
  };
}

export const snippets = [
  // Nothing comes: it answers after that time.
  ofRedis("send", (client) => client.send("BLPOP", ["secret", "0.03"])),
];
