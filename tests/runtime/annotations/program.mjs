/** User tasks, regions and logs of a program, a server's requests among them; for annotations_test.ts. */

import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";

const [library, hooks, out] = process.argv.slice(2);
const { log, newTask, start, startRegion, stop, withRegion } = await import(
  library
);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function first() {
  await sleep(20);
  log("in", "first");
  await sleep(10);
  return 1;
}

async function second() {
  await sleep(40);
  return 2;
}

function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}

async function work() {
  const task = newTask("job");
  await task.run(async () => {
    await withRegion("awaited", async () => {
      await sleep(10);
    });
    await Promise.all([
      withRegion("first", first),
      withRegion("second", second),
    ]);
    withRegion("sync", () => spin(5));
    await withRegion("promise", () => sleep(15));
    const region = startRegion("open");
    await sleep(10);
    region.end();
    // Through code that nobody has seen: only the context knows the task.
    await new Promise((resolve) => {
      process.once("anything", () => {
        log("in", "listener");
        resolve();
      });
      setImmediate(() => process.emit("anything"));
    });
  });
  task.end();
}

async function handle(path) {
  log("in", path);
  const task = newTask(`work for ${path}`);
  await sleep(5);
  log("in", `${path}, later`);
  task.end();
  return "answer";
}

/** Ports of a server of each kind that this runtime has. */
async function serve() {
  const node = createServer(async (request, response) => {
    response.end(await handle(request.url));
  });
  await new Promise((resolve) => node.listen(0, resolve));
  const ports = { "/node": node.address().port };
  const fetch = async (request) =>
    new Response(await handle(new URL(request.url).pathname));
  if (globalThis.Deno) {
    const server = Deno.serve({ port: 0, onListen() {} }, fetch);
    ports["/web"] = server.addr.port;
  } else if (globalThis.Bun) {
    ports["/web"] = Bun.serve({ port: 0, fetch }).port;
  }
  return ports;
}

const chunks = [];
// The servers that are made from now on are wrapped.
start({ write() {} }, { hooks });
await stop();
const ports = await serve();
start({ write: (bytes) => void chunks.push(bytes) }, { hooks });
await work();
const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
for (const [path, port] of Object.entries(ports)) {
  for (const traceparent of [parent, "no trace", undefined]) {
    const headers = { cookie: "id=secret-cookie" };
    if (traceparent !== undefined) headers.traceparent = traceparent;
    const url = `http://127.0.0.1:${port}${path}`;
    await (await fetch(url, { headers })).text();
  }
}
const { error } = await stop();
if (error !== undefined) throw new Error(error);
writeFileSync(out, Buffer.concat(chunks));
process.exit(0);
