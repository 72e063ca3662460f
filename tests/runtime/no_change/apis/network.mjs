/** What has a peer: requests, bodies, sockets, streams, events, locks. */
import dgram from "node:dgram";
import events from "node:events";
import http from "node:http";
import net from "node:net";
import stream from "node:stream";
import consumers from "node:stream/consumers";
import streams from "node:stream/promises";

const { Deno, Bun } = globalThis;
const HOST = "127.0.0.1";

let locksUsed = 0;

/** A server at a free port, and its port. */
async function listening(server) {
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  return server.address().port;
}

/** Calls `use` with the URL of a server that gives bodies back. */
async function withServer(use) {
  const server = http.createServer((request, response) => {
    response.setHeader("connection", "close");
    request.pipe(response);
  });
  const port = await listening(server);
  try {
    await use(`http://${HOST}:${port}/`, port);
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

/** A port at which nobody listens. */
async function closedPort() {
  const server = net.createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const scenarios = {
  "fetch": async (t) => {
    await withServer(async (url) => {
      const options = { method: "POST", body: "text" };
      await t.order("fetch", () => fetch(url, options).then(() => "response"));
      const response = await fetch(url, options);
      await t.order("text", () => response.text());
      await t.order("text again", () => response.text().catch(() => "no"));
    });
    await t.order("of a wrong URL", () => fetch("http://").catch(() => "no"));
  },
  "bodies of the program's own": async (t) => {
    await t.order("Response.text", () => new Response("text").text());
    await t.order("Response.json", () => new Response("[1]").json());
    await t.order(
      "Request.text",
      () =>
        new Request("http://localhost", { method: "POST", body: "text" })
          .text(),
    );
    await t.order("of a stream", () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("text"));
            controller.close();
          },
        }),
      ).text());
  },
  "streams of the web": async (t) => {
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue("chunk"),
    });
    const reader = source.getReader();
    await t.order("read", () => reader.read().then(({ value }) => value));
    t.sync("closed is the same", () => reader.closed === reader.closed);
    reader.releaseLock();
    reader.closed.catch(() => {});
    const writer = new WritableStream().getWriter();
    await t.order("ready", () => writer.ready);
    await t.order("write", () => writer.write("chunk"));
    await t.order("close", () => writer.close());
    const { prototype } = ReadableStream;
    t.sync(
      "values is the iterator",
      () => prototype.values === prototype[Symbol.asyncIterator],
    );
    const chunks = [];
    const two = new ReadableStream({
      start(controller) {
        controller.enqueue(1);
        controller.enqueue(2);
        controller.close();
      },
    });
    for await (const chunk of two) chunks.push(chunk);
    t.tell(chunks);
    const failing = new ReadableStream({
      start: (controller) => controller.error(new Error("bad")),
    });
    failing.getReader().read();
  },
  "streams of node's": async (t) => {
    await t.order(
      "consumers.text",
      () => consumers.text(stream.Readable.from(["a", "b"])),
    );
    await t.order("pipeline", () =>
      streams.pipeline(
        stream.Readable.from(["a"]),
        new stream.PassThrough().resume(),
      ));
    await t.callback("pipeline with a callback", (done) => {
      const sink = new stream.PassThrough().resume();
      stream.pipeline(stream.Readable.from(["a"]), sink, done);
    });
    await t.order("toArray", () => stream.Readable.from([1, 2]).toArray());
    const chunks = [];
    for await (const chunk of stream.Readable.from([1, 2])) chunks.push(chunk);
    t.tell(chunks);
  },
  "events": async (t) => {
    const emitter = new events.EventEmitter();
    const once = events.once(emitter, "ready");
    emitter.emit("ready", 1);
    await t.order("once", () => once);
    t.sync("emit without listeners", () => emitter.emit("nothing"));
    t.sync("emit of an error", () => emitter.emit("error", new Error("bad")));
    emitter.on("throws", () => {
      throw new Error("thrown");
    });
    t.sync("a listener that throws", () => emitter.emit("throws"));
    const target = new EventTarget();
    target.addEventListener("a", (event) => event.preventDefault());
    const event = new Event("a", { cancelable: true });
    t.sync("dispatchEvent", () => target.dispatchEvent(event));
    t.sync("of something else", () => {
      target.dispatchEvent("no event");
    });
    const heard = () => t.tell("heard");
    const { signal } = new AbortController();
    signal.addEventListener("abort", heard);
    signal.addEventListener("abort", heard);
    signal.removeEventListener("abort", heard);
    signal.onabort = heard;
    t.sync("onabort", () => signal.onabort === heard);
    signal.dispatchEvent(new Event("abort"));
  },
  "node's sockets": async (t) => {
    await withServer(async (_, port) => {
      let socket;
      await t.callback("connect", (done) => {
        socket = net.connect(port, HOST, done);
      });
      await t.callback("write", (done) => socket.write("GET / ", done));
      socket.destroy();
      t.sync("connect to no port", () => net.connect({ port: -1 }));
    });
    const udp = dgram.createSocket("udp4");
    await t.callback("bind", (done) => udp.bind(0, HOST, done));
    await t.callback("close", (done) => udp.close(done));
  },
  "node's HTTP client": async (t) => {
    await withServer(async (url) => {
      let response;
      await new Promise((resolve) => {
        const request = http.request(url, { method: "POST" }, (it) => {
          response = it;
          resolve();
        });
        request.end("text");
      });
      t.tell(response.statusCode);
      await t.order("its body", () => consumers.text(response));
    });
    const port = await closedPort();
    const request = http.get({ port, host: HOST });
    const [error] = await events.once(request, "error");
    t.tell(error.code);
  },
  "Deno's sockets": async (t) => {
    if (Deno === undefined) return;
    const listener = Deno.listen({ hostname: HOST, port: 0 });
    const { port } = listener.addr;
    const accepting = listener.accept();
    const conn = await Deno.connect({ hostname: HOST, port });
    const other = await accepting;
    await t.order("write", () => conn.write(new Uint8Array(4)));
    await t.order("read", () => other.read(new Uint8Array(4)));
    conn.close();
    other.close();
    listener.close();
    await t.order(
      "accept of a closed listener",
      () => listener.accept().catch(({ name }) => name),
    );
    Deno.connect({ hostname: HOST, port: await closedPort() });
  },
  "Bun's sockets": async (t) => {
    if (Bun === undefined) return;
    const heard = [];
    let close;
    const closed = new Promise((resolve) => close = resolve);
    const listener = Bun.listen({
      hostname: HOST,
      port: 0,
      socket: {
        open: () => heard.push("open"),
        data: (_, data) => heard.push(data.length),
        close,
      },
    });
    const { port } = listener;
    const socket = await Bun.connect({
      hostname: HOST,
      port,
      socket: { data() {} },
    });
    socket.write("four");
    socket.end();
    await closed;
    listener.stop();
    t.tell(heard);
  },
  "locks": async (t) => {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) return;
    // Node 24.21 does not let go of a lock whose callback has thrown.
    const name = `lock ${locksUsed++}`;
    await t.order("request", () => locks.request(name, () => "value"));
    await t.order(
      "of a callback that throws",
      () =>
        locks.request(name, () => {
          throw new Error("thrown");
        }).catch(({ message }) => message),
    );
  },
};
