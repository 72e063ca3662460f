/** koa: an onion of asynchronous middleware. */
import Koa from "koa";
import { ask, close, listen, metronome, sleep } from "./steps.mjs";
import { createServer } from "node:http";

export default async function main(say) {
  const app = new Koa({ silent: true });
  app.silent = true;
  app.on("error", (error) => say(`error event: ${error.message}`));
  for (const layer of ["outer", "middle", "inner"]) {
    app.use(layerOf(say, layer));
  }
  app.use(async (context) => {
    if (context.path === "/fails") throw new Error("handler failed");
    if (context.path === "/refused") context.throw(403, "not you");
    context.body = { answer: await compute(context.path), ip: context.ip };
  });
  const server = createServer(app.callback());
  const url = await listen(server);
  for (const path of ["/a", "/bc", "/fails", "/refused"]) {
    say(await ask(url, path));
  }
  await close(server);
}

function layerOf(say, name) {
  return async function layer(_context, next) {
    say(`into ${name}`);
    if (name === "middle") await metronome(say, 3);
    try {
      await next();
    } finally {
      say(`out of ${name}`);
    }
  };
}

async function compute(path) {
  await sleep(1);
  return path.length;
}
