/** hono: middleware and handlers, on the server that the runtime has of its own, or on node:http. */
import { Hono } from "hono";
import { streamText } from "hono/streaming";
import { ask, metronome, sleep } from "./steps.mjs";

export default async function main(say) {
  const app = application(say);
  const ticking = metronome(say, 12);
  say(await (await app.request("/user/9")).text());
  await ticking;
  const server = await serve(app);
  for (const path of ["/user/1", "/stream", "/fails", "/nowhere"]) {
    say(await ask(server.url, path));
  }
  say(await ask(server.url, "/echo", { method: "POST", body: "to and fro" }));
  const together = await Promise.all(
    [20, 5, 10].map((ms) => ask(server.url, `/sleep/${ms}`)),
  );
  for (const line of together) say(line);
  await server.stop();
  say("stopped");
}

function application(say) {
  const app = new Hono();
  app.use("*", async function around(context, next) {
    const isTold = !context.req.path.startsWith("/sleep");
    if (isTold) say(`before ${context.req.path}`);
    await next();
    if (isTold) say(`after ${context.res.status}`);
  });
  app.get(
    "/user/:id",
    async (context) =>
      context.json(await findUser(Number(context.req.param("id")))),
  );
  app.get("/sleep/:ms", async (context) => {
    await sleep(Number(context.req.param("ms")));
    return context.text("slept");
  });
  app.post("/echo", async (context) => context.text(await context.req.text()));
  app.get("/stream", (context) =>
    streamText(context, async (stream) => {
      for (let part = 0; part < 4; part++) {
        await stream.write(`part ${part};`);
        await stream.sleep(2);
      }
    }));
  app.get("/fails", async () => {
    await findUser(0);
    throw new Error("handler failed");
  });
  app.onError((error, context) => context.text(error.message, 500));
  return app;
}

async function findUser(id) {
  await sleep(1);
  return { id, name: `user ${id}` };
}

async function serve(app) {
  if (globalThis.Deno) {
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      app.fetch,
    );
    return {
      url: `http://127.0.0.1:${server.addr.port}`,
      stop: () => server.shutdown(),
    };
  }
  if (globalThis.Bun) {
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: app.fetch,
    });
    return {
      url: `http://127.0.0.1:${server.port}`,
      stop: () => server.stop(true),
    };
  }
  const { createAdaptorServer } = await import("@hono/node-server");
  const { close, listen } = await import("./steps.mjs");
  const server = createAdaptorServer({ fetch: app.fetch });
  return { url: await listen(server), stop: () => close(server) };
}
