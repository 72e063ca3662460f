/** Servers of HTTP requests: each request is a goroutine and a user task of its own. The counterpart is the client. */
import http from "node:http";
import https from "node:https";
import { readFileSync } from "node:fs";

const ROUTE = "GET /users/:id";

/** Resolves when `handle` has been called, by a request to a server at `port`. */
async function served(h, start, action = "http") {
  let isAsked;
  const asked = new Promise((resolve) => isAsked = resolve);
  const server = await start(async function answer() {
    await h.timed(() => new Promise((resolve) => setTimeout(resolve, 5)), {
      api: "setTimeout",
    });
    setTimeout(isAsked, 5);
    return "hello";
  });
  await h.server.later(action, 5, { url: `${server.url}/users/7` });
  await asked;
  h.goroutine(ROUTE);
  await server.close();
}

function listen(server, protocol) {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        url: `${protocol}://127.0.0.1:${server.address().port}`,
        close: () => server.close(),
      });
    });
  });
}

/** A file beside the counterpart, for this test alone. */
function pem(name) {
  return readFileSync(new URL(`../counterpart/${name}.pem`, import.meta.url));
}

export const snippets = [{
  api: "http.Server.emit",
  run(h) {
    return served(h, (answer) => {
      const handle = async (_, response) => response.end(await answer());
      return listen(http.createServer(handle), "http");
    });
  },
}, {
  api: "https.Server.emit",
  run(h) {
    return served(h, (answer) => {
      const handle = async (_, response) => response.end(await answer());
      const options = { key: pem("key"), cert: pem("cert") };
      return listen(https.createServer(options, handle), "https");
    });
  },
}, {
  api: "Deno.serve",
  runtimes: ["deno"],
  run(h) {
    return served(h, (answer) => {
      const handle = async () => new Response(await answer());
      const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
      const server = Deno.serve(options, handle);
      const url = `http://127.0.0.1:${server.addr.port}`;
      return { url, close: () => server.shutdown() };
    });
  },
}, {
  api: "Bun.serve",
  runtimes: ["bun"],
  run(h) {
    return served(h, (answer) => {
      const fetch = async () => new Response(await answer());
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
      const url = `http://127.0.0.1:${server.port}`;
      return { url, close: () => server.stop(true) };
    });
  },
}];
