/** fastify: plugins, hooks in their order, asynchronous handlers, a schema, a stream; injected and over loopback. */
import Fastify from "fastify";
import { Readable } from "node:stream";
import { ask, metronome, sleep } from "./steps.mjs";

export default async function main(say) {
  const app = application(say);
  await app.ready();
  const ticking = metronome(say, 25);
  const injected = await app.inject("/user/7");
  say(`injected: ${injected.statusCode} ${injected.body}`);
  await ticking;
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  say(await ask(url, "/user/1"));
  say(await ask(url, "/user/none"));
  say(await ask(url, "/admin/report"));
  say(await ask(url, "/fails"));
  say(await ask(url, "/stream"));
  say(await ask(url, "/nowhere"));
  const together = await Promise.all(
    [20, 5, 10].map((ms) => ask(url, `/sleep/${ms}`)),
  );
  for (const line of together) say(line);
  await app.close();
  say("closed");
}

function application(say) {
  const app = Fastify({ forceCloseConnections: true });
  const told = (request) => !request.url.startsWith("/sleep");
  app.addHook("onRequest", async (request) => {
    await null;
    if (told(request)) say(`onRequest ${request.url}`);
  });
  app.addHook("preHandler", (request, _reply, done) => {
    if (told(request)) say("preHandler");
    done();
  });
  app.addHook("onSend", async (request, _reply, payload) => {
    await null;
    if (told(request)) say("onSend");
    return payload;
  });
  app.addHook("onClose", async () => {
    await sleep(1);
    say("onClose");
  });
  const schema = {
    params: { type: "object", properties: { id: { type: "integer" } } },
    response: {
      200: { type: "object", properties: { name: { type: "string" } } },
    },
  };
  app.get(
    "/user/:id",
    { schema },
    async ({ params }) => await findUser(params.id),
  );
  app.get("/fails", async () => {
    await findUser(0);
    throw new Error("handler failed");
  });
  app.get("/sleep/:ms", async ({ params }) => {
    await sleep(Number(params.ms));
    return `slept ${params.ms}`;
  });
  app.get("/stream", (_request, reply) => reply.send(Readable.from(parts())));
  app.register(async (admin) => {
    await sleep(1);
    say("admin plugin");
    admin.decorate("report", async () => {
      await sleep(1);
      return "all well";
    });
    admin.get("/report", async () => await admin.report());
  }, { prefix: "/admin" });
  return app;
}

async function findUser(id) {
  await sleep(1);
  return { name: `user ${id}`, secret: "left out by the schema" };
}

async function* parts() {
  for (let part = 0; part < 4; part++) {
    await sleep(1);
    yield `part ${part};`;
  }
}
