/** The routes of the server; see server.mjs. Each is one kind of work, `/dashboard` several at once. */
import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import events from "node:events";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import streams from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { debugTrace } from "@looptrace/looptrace/hono";
import { Hono } from "hono";
import { readBytes, writeText } from "./files.mjs";
import { openOrders } from "./orders.mjs";

const FILES = 40;
const FILE_BYTES = 48_000;

/**
 * The app, its files made.
 *
 * @param {{ folder: string, backend: string, tcpPort: number, stacks?: "budget" | "all" }} options
 *   `folder` is its own
 */
export async function createApp({ folder, backend, tcpPort, stacks }) {
  const app = new Hono();
  // This arms the wrapper that names requests.
  app.route("/debug", debugTrace({ stream: { stacks } }));
  await makeFiles(folder);
  const orders = await openOrders(folder);

  app.get("/files/:name", showFile);
  app.put("/files/:name", saveFile);
  app.get("/archive/:name", streamArchive);
  app.get("/login/:user", checkPassword);
  app.get("/orders/:id", showOrder);
  app.get("/price/:id", showPrice);
  app.get("/stock/:id", showStock);
  app.get("/dashboard", showDashboard);
  return app;

  /** Reads a file in the runtime's own way, and hashes it. */
  async function showFile(c) {
    const bytes = await readBytes(pathOf(c));
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    c.header("etag", Buffer.from(hash).toString("hex"));
    return c.body(bytes);
  }

  /** Writes beside the file, then puts it in its place. */
  async function saveFile(c) {
    const path = pathOf(c);
    const draft = `${path}.${crypto.randomUUID()}`;
    await writeText(draft, await c.req.text());
    await fs.promises.rename(draft, path);
    const { size } = await fs.promises.stat(path);
    return c.json({ size });
  }

  /** A file through gzip, piece by piece. */
  function streamArchive(c) {
    const file = fs.createReadStream(pathOf(c));
    const packed = streams.pipeline(file, zlib.createGzip(), ignoreError);
    return c.body(streams.Readable.toWeb(packed));
  }

  /** A slow hash, in the thread pool. */
  async function checkPassword(c) {
    const scrypt = promisify(crypto.scrypt);
    const key = await scrypt(c.req.param("user"), "salt", 32, { cost: 1024 });
    return c.json({ key: key.toString("hex") });
  }

  /** A query that blocks the loop. */
  function showOrder(c) {
    return c.json(orders.find(Number(c.req.param("id"))));
  }

  async function showPrice(c) {
    return c.json(await askPrice(c.req.param("id")));
  }

  async function showStock(c) {
    return c.json(await askStock(c.req.param("id")));
  }

  /** Much of the above beside each other, and packed. */
  async function showDashboard(c) {
    const [price, stock, files, hint] = await Promise.all([
      askPrice("7"),
      askStock("7"),
      countFiles(),
      readHint(),
    ]);
    const text = JSON.stringify({
      price,
      stock,
      files,
      hint,
      order: orders.find(7),
    });
    const packed = await promisify(zlib.gzip)(text.repeat(200));
    return c.json({ size: packed.length, price });
  }

  async function askPrice(id) {
    const response = await fetch(`${backend}/price/${id}`);
    return await response.json();
  }

  /** The backend's line protocol: one line there, one line back. */
  async function askStock(id) {
    const socket = net.connect(tcpPort, "127.0.0.1");
    await events.once(socket, "connect");
    socket.write(`${id}\n`);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    return { stock: Number(answer) };
  }

  async function countFiles() {
    const names = await fs.promises.readdir(folder);
    return names.length;
  }

  async function readHint() {
    const file = await fs.promises.open(join(folder, "0.txt"));
    try {
      const { buffer } = await file.read(Buffer.alloc(100), 0, 100, 0);
      return buffer.toString();
    } finally {
      await file.close();
    }
  }

  function pathOf(c) {
    return join(folder, `${Number(c.req.param("name")) % FILES}.txt`);
  }
}

async function makeFiles(folder) {
  for (let i = 0; i < FILES; i++) {
    const text = `${i} loop trace `.repeat(FILE_BYTES / 12);
    await fs.promises.writeFile(join(folder, `${i}.txt`), text);
  }
}

/** The client has gone: nobody is left to tell. */
function ignoreError() {}
