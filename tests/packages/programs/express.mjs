/** express: middleware, asynchronous handlers, a stream, errors, asked over loopback. */
import express from "express";
import { ask, close, listen, sleep } from "./steps.mjs";
import { createServer } from "node:http";

export default async function main(say) {
  const server = createServer(application(say));
  const url = await listen(server);
  say(await ask(url, "/hello/world"));
  say(await ask(url, "/sum", post({ numbers: [1, 2, 3] })));
  say(await ask(url, "/sum", { ...post({}), body: "{not json" }));
  say(await ask(url, "/stream"));
  say(await ask(url, "/fails"));
  say(await ask(url, "/nowhere"));
  const together = await Promise.all(
    [30, 10, 20].map((ms) => ask(url, `/sleep/${ms}`)),
  );
  for (const line of together) say(line);
  await close(server);
}

function application(say) {
  const app = express();
  app.use(async (request, _response, next) => {
    await null;
    if (!request.path.startsWith("/sleep")) say(`before ${request.path}`);
    next();
  });
  app.use(express.json());
  app.get("/hello/:name", async (request, response) => {
    const greeting = await greet(request.params.name);
    response.json({ greeting });
  });
  app.post("/sum", async (request, response) => {
    response.send(String(await sum(request.body.numbers)));
  });
  app.get("/sleep/:ms", async (request, response) => {
    await sleep(Number(request.params.ms));
    response.send(`slept ${request.params.ms}`);
  });
  app.get("/stream", async (_request, response) => {
    for (let part = 0; part < 4; part++) {
      response.write(`part ${part};`);
      await sleep(2);
    }
    response.end("end");
  });
  app.get("/fails", async () => {
    await greet("nobody");
    throw new RangeError("handler failed");
  });
  app.use((error, _request, response, _next) => {
    say(`error handler: ${error.name}`);
    response.status(error.status ?? 500).send(error.name);
  });
  return app;
}

async function greet(name) {
  await sleep(1);
  return `hello ${name}`;
}

async function sum(numbers) {
  let total = 0;
  for await (const number of numbers) total += number;
  return total;
}

function post(body) {
  const headers = { "content-type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}
