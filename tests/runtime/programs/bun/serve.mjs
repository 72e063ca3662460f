/**
 * Every form in which Bun.serve takes code of the program, asked by clients of this process. argv: the file for the
 * trace; stdout: what was answered before anything was wrapped, with wrappers, and while recorded.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { handler, start, stop } from "../../../../mod.ts";

async function work(name) {
  await Bun.sleep(2);
  return name;
}

const routes = {
  "/plain/:id": (request) => new Response(`plain ${request.params.id}`),
  "/later/:id": async function later(request) {
    return new Response(`${await work("later")} ${request.params.id}`);
  },
  "/methods": {
    GET: () => new Response("got"),
    POST: async (request) => new Response(`posted ${await request.text()}`),
  },
  "/static": new Response("static"),
};

/** Options that are an object of a class, as the default export of many a module is. */
class App {
  #greeting = "hello from a class";

  get port() {
    return 0;
  }

  get fetch() {
    return () => new Response(this.#greeting);
  }
}
async function ask(base, path, init) {
  const response = await fetch(new URL(path, base), init);
  return `${response.status} ${await response.text()}`;
}

/** Says `text` over a WebSocket and gives everything that came back. */
function talk(base, text) {
  return new Promise((resolve, reject) => {
    const heard = [];
    const socket = new WebSocket(
      new URL("/socket", base.href.replace("http", "ws")),
    );
    socket.addEventListener("open", () => socket.send(text));
    socket.addEventListener("message", ({ data }) => {
      heard.push(data);
      if (heard.length === 2) socket.close();
    });
    socket.addEventListener("close", () => resolve(heard));
    socket.addEventListener("error", reject);
  });
}

/** Starts servers, has `before` done, and asks them. */
async function serveAndAsk(before = () => {}) {
  const server = Bun.serve({
    port: 0,
    routes,
    async fetch(request, self) {
      const { pathname } = new URL(request.url);
      if (pathname === "/socket") {
        return self.upgrade(request)
          ? undefined
          : new Response("no socket", { status: 400 });
      }
      if (pathname === "/fails") throw new RangeError("it fails");
      if (pathname === "/self") {
        return new Response(String(this === self && self === server));
      }
      return new Response(await work("fetched"));
    },
    error(error) {
      return new Response(`error: ${error.message}`, { status: 500 });
    },
    websocket: {
      open(socket) {
        socket.send("welcome");
      },
      async message(socket, text) {
        await work("echo");
        socket.send(`echo ${text}`);
      },
      close() {},
    },
  });

  const other = Bun.serve(new App());
  before();
  const { url } = server;
  const answers = [
    await ask(url, "/plain/1"),
    await ask(url, "/later/2"),
    await ask(url, "/methods"),
    await ask(url, "/methods", { method: "POST", body: "body" }),
    await ask(url, "/static"),
    await ask(url, "/elsewhere/7"),
    await ask(url, "/fails"),
    await ask(url, "/self"),
    await talk(url, "tick"),
    await ask(other.url, "/class"),
  ];
  server.reload({
    routes,
    fetch: async () => new Response(await work("reloaded")),
  });
  answers.push(await ask(url, "/after/reload"), await ask(url, "/plain/3"));
  await server.stop(true);
  await other.stop(true);
  return answers;
}

const plain = await serveAndAsk();
handler();
const wrapped = await serveAndAsk();
const chunks = [];
const recorded = await serveAndAsk(() =>
  start({ write: (bytes) => void chunks.push(bytes) }, { stacks: "all" })
);
const { error } = await stop();
const after = await serveAndAsk();
writeFileSync(process.argv[2], Buffer.concat(chunks));
console.log(JSON.stringify({ plain, wrapped, recorded, after, error }));
