/** undici: requests, a pool, pipelining, streams and aborts against a server of node:http. */
import { createServer } from "node:http";
// Bun has an "undici" of its own in the place of the package; by its file the package is what is loaded.
import undici from "undici/index.js";
import { close, deferred, listen, sleep } from "./steps.mjs";

const { fetch, Pool, request } = undici;

export default async function main(say) {
  const events = { arrived: deferred(), released: deferred() };
  const server = createServer((incoming, outgoing) => {
    void respond(incoming, outgoing, events);
  });
  const url = await listen(server);
  await plain(say, url);
  await pooled(say, url);
  await fetched(say, url, events.arrived.promise);
  await close(server);
}

async function respond(incoming, outgoing, { arrived, released }) {
  const { pathname, searchParams } = new URL(incoming.url, "http://localhost");
  const body = await bodyOf(incoming);
  if (pathname === "/held") await released.promise;
  if (pathname === "/release") released.resolve();
  if (pathname === "/never") return arrived.resolve();
  if (pathname === "/status") {
    outgoing.statusCode = Number(searchParams.get("is"));
  }
  if (pathname === "/parts") {
    for (let part = 0; part < 4; part++) {
      outgoing.write(`part ${part};`);
      await sleep(1);
    }
  }
  outgoing.end(`${incoming.method} ${pathname} ${body}`);
}

async function bodyOf(incoming) {
  let body = "";
  for await (const chunk of incoming) body += chunk;
  return body;
}

async function plain(say, url) {
  for (const path of ["/one", "/status?is=404", "/parts"]) {
    const { statusCode, body } = await request(url + path);
    say(`request: ${statusCode} ${await body.text()}`);
  }
  const { body } = await request(`${url}/post`, {
    method: "POST",
    body: "payload",
  });
  say(`request: ${await body.text()}`);
}

/** Of two connections one is held by a slow answer: the others go over the second one, one after the other. */
async function pooled(say, url) {
  const pool = new Pool(url, { connections: 2, pipelining: 1 });
  const order = [];
  const get = async (path) => {
    const { body } = await pool.request({ path, method: "GET" });
    order.push(await body.text());
  };
  const held = get("/held");
  await Promise.all(["/a", "/b", "/c"].map(get));
  await get("/release");
  await held;
  for (const text of order) say(`pool: ${text}`);
  await pool.close();
}

async function fetched(say, url, arrived) {
  const response = await fetch(`${url}/fetched`, {
    method: "PUT",
    body: "text",
  });
  say(`fetch: ${response.status} ${await response.text()}`);
  const controller = new AbortController();
  const never = fetch(`${url}/never`, { signal: controller.signal });
  await arrived;
  controller.abort();
  say(`fetch: ${await never.catch((error) => error.name)}`);
  let parts = "";
  const { body } = await fetch(`${url}/parts`);
  for await (const chunk of body) parts += new TextDecoder().decode(chunk);
  say(`fetch: ${parts}`);
}
