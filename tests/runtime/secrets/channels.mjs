/**
 * Ways in which a program's secrets pass through the functions that Looptrace wraps. Each gets a marker of its own, as
 * `secret`, and uses the API as programs do; none of them puts it into a name.
 *
 * `h` has `addresses` (see ../apis/counterpart.mjs), `folder` (in the project's folder), `outside` (a folder outside of
 * it, made by the test), `redis` (a URL, or undefined) and `runtime`.
 */
import { Buffer } from "node:buffer";
import childProcess from "node:child_process";
import crypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import events from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import streams from "node:stream";
import timersPromises from "node:timers/promises";
import tls from "node:tls";
import { promisify } from "node:util";
import workerThreads from "node:worker_threads";
import zlib from "node:zlib";

const { Bun, Deno } = globalThis;

/** Thrown by a channel that this machine or runtime has not. */
export class NotHere extends Error {}

function notHere(why) {
  throw new NotHere(why);
}

function ended(emitter, name = "close") {
  return new Promise((resolve) => emitter.once(name, resolve));
}

function base64(text) {
  return Buffer.from(text).toString("base64").replace(/=+$/, "");
}

/** All that comes of a request to a server of the program's own, which answers with `reply`. */
async function exchange(url, { headers, body, reply }) {
  let handle;
  const answer = async (request) => {
    await request.text();
    await timersPromises.setTimeout(1);
    return new Response(reply, { headers: { "x-reply": reply ?? "none" } });
  };
  const method = body === undefined ? "GET" : "POST";
  if (Deno !== undefined) {
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    const server = Deno.serve(options, answer);
    handle = { port: server.addr.port, close: () => server.shutdown() };
  } else if (Bun !== undefined) {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
    handle = { port: server.port, close: () => server.stop(true) };
  } else return;
  const base = `http://127.0.0.1:${handle.port}`;
  const response = await fetch(base + url, { headers, body, method });
  await response.text();
  await handle.close();
}

/** The same with `node:http`, server and client. */
async function nodeExchange(url, { headers, body, reply }) {
  const server = http.createServer(async (request, response) => {
    for await (const chunk of request) void chunk;
    await timersPromises.setTimeout(1);
    response.setHeader("x-reply", reply ?? "none");
    response.end(reply);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const options = {
    port: server.address().port,
    host: "127.0.0.1",
    path: url,
    headers,
    method: body === undefined ? "GET" : "POST",
    agent: false,
  };
  await new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      response.resume().on("end", resolve);
    });
    request.on("error", reject);
    request.end(body);
  });
  await new Promise((resolve) => server.close(resolve));
}

async function bothWays(url, options) {
  await exchange(url, options);
  await nodeExchange(url, options);
}

/** Writes a module into the folder outside and gives its URL. */
function moduleOutside({ outside }, secret, name, text) {
  const folder = join(outside, secret, "inner");
  fs.mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  fs.writeFileSync(path, text);
  return `file://${path}`;
}

const ASYNC_MODULE = `export async function load() {
  await new Promise((resolve) => setTimeout(resolve, 2));
  await null;
}`;

/** By name; see the head of this file. A second marker of the channel is its secret in base64. */
export const CHANNELS = {
  // HTTP
  "request header": (_, secret) =>
    bothWays("/", { headers: { "x-api-key": secret } }),
  "authorization": (_, secret) =>
    bothWays("/", { headers: { authorization: `Basic ${base64(secret)}` } }),
  "cookie": (_, secret) =>
    bothWays("/", { headers: { cookie: `session=${secret}` } }),
  "bad traceparent": (_, secret) =>
    bothWays("/", { headers: { traceparent: `00-${secret}-01` } }),
  "tracestate": (_, secret) =>
    bothWays("/", {
      headers: {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        tracestate: `vendor=${secret}`,
        baggage: `user=${secret}`,
      },
    }),
  "query string": (_, secret) => bothWays(`/search?q=${secret}&n=1`, {}),
  "request body": (_, secret) => bothWays("/", { body: secret }),
  "response body and header": (_, secret) => bothWays("/", { reply: secret }),
  "escaped path": (_, secret) => bothWays(`/a%20${secret}/b`, {}),
  "token in a path": (_, secret) =>
    bothWays(`/reset/${secret}9f8e7d6c5b4a39281706f5e4d3c2b1a0`, {}),
  "fetch URL": async ({ addresses }, secret) => {
    const url = `${addresses.http}/slow?token=${secret}#${secret}`;
    await (await fetch(url, { headers: { cookie: secret } })).text();
    await (await fetch(new Request(url, { method: "POST", body: secret })))
      .text();
    await fetch(`${addresses.http}/slow?ms=50&${secret}`, {
      signal: AbortSignal.timeout(5),
    }).catch(() => {});
  },
  "XMLHttpRequest of old": async ({ addresses }, secret) => {
    await new Promise((resolve, reject) => {
      http.get(`${addresses.http}/slow?${secret}`, (response) => {
        response.resume().on("end", resolve);
      }).on("error", reject);
    });
  },

  // WebSockets and sockets
  "WebSocket": async ({ addresses }, secret) => {
    if (globalThis.WebSocket === undefined) notHere("no WebSocket");
    const socket = new WebSocket(`${addresses.ws}/?ms=2&token=${secret}`, [
      `${secret}.v1`,
    ]);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("no connection"));
    });
    const came = new Promise((resolve) => {
      socket.onmessage = ({ data }) => data === secret && resolve();
    });
    socket.send(secret);
    await came;
    socket.close(1000, secret);
  },
  "TCP": async ({ addresses }, secret) => {
    const socket = net.connect(addresses.tcpPort, addresses.host);
    await events.once(socket, "connect");
    socket.write(secret);
    await events.once(socket, "data");
    socket.end(secret);
    await ended(socket);
  },
  "TLS": async ({ addresses }, secret) => {
    const socket = tls.connect({
      port: addresses.tlsPort,
      host: addresses.host,
      rejectUnauthorized: false,
    });
    await events.once(socket, "secureConnect");
    socket.write(secret);
    await events.once(socket, "data");
    socket.destroy();
  },
  "the runtime's own TCP": async ({ addresses }, secret) => {
    const options = { hostname: addresses.host, port: addresses.tcpPort };
    if (Deno !== undefined) {
      const socket = await Deno.connect(options);
      await socket.write(new TextEncoder().encode(secret));
      await socket.read(new Uint8Array(100));
      socket.close();
    } else if (Bun !== undefined) {
      const came = Promise.withResolvers();
      const socket = await Bun.connect({
        ...options,
        socket: { data: () => came.resolve() },
      });
      socket.write(secret);
      await came.promise;
      socket.end();
    } else notHere("Node has none");
  },
  "Unix socket outside": async ({ outside }, secret) => {
    const folder = join(outside, secret, "inner");
    fs.mkdirSync(folder, { recursive: true });
    const path = join(folder, "s");
    const server = net.createServer((socket) => socket.end("hello"));
    await new Promise((resolve) => server.listen(path, resolve));
    const socket = net.connect(path);
    socket.resume();
    await ended(socket);
    await new Promise((resolve) => server.close(resolve));
  },
  "UDP": async ({ addresses }, secret) => {
    const socket = dgram.createSocket("udp4");
    socket.send(secret, addresses.udpPort, addresses.host);
    await events.once(socket, "message");
    socket.close();
  },
  "DNS answer": async ({ addresses }, secret) => {
    const resolver = new dns.promises.Resolver();
    resolver.setServers([`${addresses.host}:${addresses.dnsPort}`]);
    // What comes back is data; the name that is asked for is no secret.
    await resolver.resolveTxt("host.test");
    await dns.promises.lookup("localhost");
    return secret;
  },

  // Files
  "file content": async ({ folder }, secret) => {
    const path = join(folder, "content.txt");
    await fs.promises.writeFile(path, secret);
    await fs.promises.readFile(path, "utf8");
    await promisify(fs.readFile)(path);
    fs.writeFileSync(path, secret);
    fs.readFileSync(path, "utf8");
    if (Deno !== undefined) {
      await Deno.writeTextFile(path, secret);
      await Deno.readTextFile(path);
      Deno.readTextFileSync(path);
    }
    if (Bun !== undefined) {
      await Bun.write(path, secret);
      await Bun.file(path).text();
    }
  },
  "path outside": async ({ outside }, secret) => {
    const folder = join(outside, secret, "deeper");
    await fs.promises.mkdir(folder, { recursive: true });
    const path = join(folder, "file.txt");
    await fs.promises.writeFile(path, "text");
    await fs.promises.readFile(path);
    await fs.promises.stat(path);
    await fs.promises.readdir(folder);
    await new Promise((resolve) => fs.readFile(path, resolve));
    fs.readFileSync(path);
    fs.statSync(path);
    const file = await fs.promises.open(path);
    await file.read(Buffer.alloc(4), 0, 4, 0);
    await file.close();
    await streams.promises.pipeline(
      fs.createReadStream(path),
      fs.createWriteStream(join(folder, "copy.txt")),
    );
    if (Deno !== undefined) {
      await Deno.readFile(path);
      await Deno.stat(path);
      for await (const entry of Deno.readDir(folder)) void entry;
      Deno.readFileSync(path);
    }
    if (Bun !== undefined) await Bun.file(path).text();
  },
  "missing file outside": async ({ outside }, secret) => {
    const path = join(outside, secret, "missing", "none.txt");
    await fs.promises.readFile(path).catch(() => {});
    await new Promise((resolve) => fs.readFile(path, resolve));
    try {
      fs.readFileSync(path);
    } catch {
      // It is not there.
    }
    if (Deno !== undefined) await Deno.readFile(path).catch(() => {});
    if (Bun !== undefined) await Bun.file(path).text().catch(() => {});
  },
  "module outside": async (h, secret) => {
    const { load } = await import(
      moduleOutside(h, secret, "async_module.mjs", ASYNC_MODULE)
    );
    await load();
  },
  "module that cannot be transformed": async (h, secret) => {
    const text = "module.exports = async () => { await null; };";
    await import(moduleOutside(h, secret, "common.cjs", text));
  },
  "module query": async (h, secret) => {
    const url = moduleOutside(h, "plain", "queried.mjs", ASYNC_MODULE);
    const { load } = await import(`${url}?token=${secret}`);
    await load();
  },
  "data URL module": async (_, secret) => {
    const text = `${ASYNC_MODULE} const secret = "/a/${secret}";`;
    const { load } = await import(
      `data:text/javascript,${encodeURIComponent(text)}`
    );
    await load();
  },

  // Processes and their environment
  "environment": async (_, secret) => {
    process.env.LOOPTRACE_TEST_SECRET = secret;
    const env = { ...process.env, OTHER_SECRET: secret };
    await promisify(childProcess.execFile)("env", [], { env });
    childProcess.spawnSync("env", [], { env });
    if (Deno !== undefined) await new Deno.Command("env", { env }).output();
    if (Bun !== undefined) await Bun.spawn(["env"], { env }).exited;
    delete process.env.LOOPTRACE_TEST_SECRET;
  },
  "command arguments": async (_, secret) => {
    await promisify(childProcess.execFile)("echo", [`--password=${secret}`]);
    await promisify(childProcess.exec)(`echo ${secret}`);
    childProcess.execSync(`echo ${secret} | cat`);
    childProcess.spawnSync("echo", [secret]);
    await ended(childProcess.spawn("echo", [secret]));
    if (Deno !== undefined) {
      await new Deno.Command("echo", { args: [secret] }).output();
      new Deno.Command("echo", { args: [secret] }).outputSync();
    }
    if (Bun !== undefined) {
      await Bun.spawn(["echo", secret]).exited;
      Bun.spawnSync(["echo", secret]);
      await Bun.$`echo ${secret}`.quiet();
    }
  },
  "command outside": async ({ outside }, secret) => {
    const folder = join(outside, secret, "inner");
    fs.mkdirSync(folder, { recursive: true });
    const path = join(folder, "tool.sh");
    fs.writeFileSync(path, "#!/bin/sh\ncat", { mode: 0o755 });
    const child = childProcess.spawn(path, { cwd: folder });
    child.stdin.end(secret);
    child.stdout.resume();
    await ended(child);
    childProcess.spawnSync(path, { cwd: folder, input: secret });
  },

  // Computing
  "crypto": async (_, secret) => {
    const bytes = new TextEncoder().encode(secret);
    await crypto.subtle.digest("SHA-256", bytes);
    const name = "HMAC";
    const algorithm = { name, hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, [
      "sign",
    ]);
    await crypto.subtle.sign(name, key, bytes);
    await promisify(crypto.scrypt)(secret, secret, 16);
    await promisify(crypto.pbkdf2)(secret, secret, 1000, 16, "sha256");
    crypto.pbkdf2Sync(secret, secret, 1000, 16, "sha256");
    if (Bun !== undefined) {
      await Bun.password.hash(secret, { algorithm: "bcrypt", cost: 4 });
    }
  },
  "zlib": async (_, secret) => {
    const text = secret.repeat(1000);
    const packed = await promisify(zlib.gzip)(text);
    await promisify(zlib.gunzip)(packed);
    zlib.gunzipSync(zlib.gzipSync(text));
  },
  "streams": async (_, secret) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const written = writer.write(secret).then(() => writer.close());
    for await (const chunk of readable) void chunk;
    await written;
    const source = streams.Readable.from([secret, secret]);
    for await (const chunk of source) void chunk;
  },

  // Databases
  "SQL": async ({ folder }, secret) => {
    let database;
    const path = join(folder, "test.db");
    if (Bun !== undefined) {
      const { Database } = await import("bun:sqlite");
      database = new Database(path);
    } else {
      const sqlite = await import("node:sqlite").catch(() =>
        notHere("no SQLite")
      );
      database = new sqlite.DatabaseSync(path);
    }
    database.exec(`CREATE TABLE t (${secret}_column TEXT)`);
    database.prepare(`INSERT INTO t VALUES ('${secret}')`).run();
    database.prepare("INSERT INTO t VALUES (?)").run(secret);
    // Long enough to count as a call that blocks.
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
      WHERE i < 20000) SELECT COUNT(*), '${secret}' FROM n`;
    database.prepare(many).all();
    database.close();
  },
  "Bun.sql": async (_, secret) => {
    if (Bun?.SQL === undefined) notHere("no Bun.SQL");
    const sql = new Bun.SQL("sqlite://:memory:");
    await sql`SELECT ${secret} AS a`;
    await sql.unsafe(`SELECT '${secret}' AS ${secret}_column`);
    await sql.begin(async (own) => await own`SELECT ${secret}`);
    await sql.close();
  },
  "Redis": async ({ redis }, secret) => {
    if (redis === undefined || Bun === undefined) notHere("no Redis");
    const client = new Bun.RedisClient(redis);
    await client.set(`key:${secret}`, secret);
    await client.get(`key:${secret}`);
    await client.send("ECHO", [secret]);
    client.close();
  },
  "Deno KV": async ({ folder }, secret) => {
    if (Deno?.openKv === undefined) notHere("no KV");
    const kv = await Deno.openKv(join(folder, "kv.db"));
    await kv.set(["users", secret], { secret });
    await kv.get(["users", secret]);
    for await (const entry of kv.list({ prefix: ["users"] })) void entry;
    kv.close();
  },

  // Threads and messages
  "worker data": async ({ folder }, secret) => {
    const path = join(folder, "echo_worker.mjs");
    fs.writeFileSync(
      path,
      `import { parentPort, workerData } from "node:worker_threads";
      parentPort.once("message", (data) => parentPort.postMessage([data, workerData]));`,
    );
    const worker = new workerThreads.Worker(path, {
      workerData: { secret },
      env: { SECRET: secret },
      argv: [secret],
    });
    worker.postMessage(secret);
    await events.once(worker, "message");
    await worker.terminate();
  },
  "web worker": async ({ folder }, secret) => {
    if (globalThis.Worker === undefined) notHere("no Worker");
    const path = join(folder, "web_worker.mjs");
    fs.writeFileSync(path, "onmessage = ({ data }) => postMessage(data);");
    const worker = new Worker(`file://${path}?${secret}`, { type: "module" });
    const came = new Promise((resolve) => worker.onmessage = resolve);
    worker.postMessage({ secret });
    await came;
    worker.terminate();
  },
  "message port": async (_, secret) => {
    const { port1, port2 } = new MessageChannel();
    const came = new Promise((resolve) => port2.onmessage = resolve);
    port1.postMessage(secret);
    await came;
    port1.close();
    port2.close();
  },
  "broadcast": async (_, secret) => {
    const from = new BroadcastChannel("news");
    const to = new BroadcastChannel("news");
    const came = new Promise((resolve) => to.onmessage = resolve);
    from.postMessage(secret);
    await came;
    from.close();
    to.close();
  },
  "events": async (h, secret) => {
    const target = new EventTarget();
    target.addEventListener("news", () => h.burn(0.3));
    target.dispatchEvent(new CustomEvent("news", { detail: secret }));
    const emitter = new events.EventEmitter();
    emitter.on("news", () => h.burn(0.3));
    emitter.emit("news", secret);
    await timersPromises.setTimeout(1, secret);
    await new Promise((resolve) => setTimeout(resolve, 1, secret));
  },
  "errors": async (_, secret) => {
    await Promise.reject(new Error(secret)).catch(() => {});
    await bothWays("/", {
      get body() {
        return secret;
      },
    });
    const failing = async () => {
      await null;
      throw new TypeError(`cannot log in with ${secret}`);
    };
    await failing().catch(() => {});
  },
};
