/** Sockets. */
import dgram from "node:dgram";
import events from "node:events";
import net from "node:net";
import tls from "node:tls";

const quiet = () => {};

/** Awaits what calls the resolver that `fn` is given. */
function calling(h, fn, expected) {
  return h.timed(() => new Promise((resolve) => fn(resolve)), expected);
}

/** A server of the program's own, at a free port. */
async function listening(onConnection) {
  const server = net.createServer(onConnection);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const connects = ["connect", "createConnection"].map((key) => ({
  api: `net.${key}`,
  async run(h) {
    const { host, tcpPort: port } = h.server;
    let socket;
    await calling(h, (resolve) => {
      socket = net[key]({ port, host }, resolve);
    }, { target: `${host}:${port}` });
    socket.destroy();
  },
}));

export const snippets = [
  ...denoSnippets(),
  ...bunSnippets(),
  ...connects,
  {
    api: "net.connect",
    async run(h) {
      // A callback with a name is a task of its own.
      const socket = net.connect(h.server.tcpPort, h.server.host, connected);
      const done = Promise.withResolvers?.() ?? withResolvers();
      function connected() {
        h.burn(0.2);
        done.resolve();
      }
      await done.promise;
      socket.destroy();
      h.goroutine("connected");
    },
  },
  {
    api: "net.connect",
    async run(h) {
      const socket = net.connect(h.server.tcpPort, h.server.host);
      await h.timed(() => events.once(socket, "connect"));
      socket.write("hello");
      await h.timed(() => events.once(socket, "data"));
      socket.destroy();
    },
  },
  {
    api: "net.Socket.connect",
    async run(h) {
      const socket = new net.Socket();
      await calling(h, (resolve) => {
        socket.connect(h.server.tcpPort, h.server.host, resolve);
      });
      socket.destroy();
    },
  },
  {
    api: "tls.connect",
    async run(h) {
      const { host, tlsPort: port } = h.server;
      let socket;
      await calling(h, (resolve) => {
        const options = { port, host, rejectUnauthorized: false };
        socket = tls.connect(options, resolve);
      }, { target: `${host}:${port}` });
      socket.on("error", quiet);
      socket.destroy();
    },
  },
  {
    api: "net.Server.listen",
    async run(h) {
      const server = net.createServer();
      await calling(
        h,
        (resolve) => server.listen(0, "127.0.0.1", resolve),
        { target: "127.0.0.1:0" },
      );
      server.close();
    },
  },
  {
    api: "net.Server.close",
    async run(h) {
      const server = await listening((socket) => {
        socket.on("error", quiet);
        socket.resume();
        setTimeout(() => socket.destroy(), 10);
      });
      const { port } = server.address();
      const client = net.connect(port, "127.0.0.1");
      await events.once(client, "connect");
      client.on("error", quiet);
      client.resume();
      await calling(h, (resolve) => server.close(resolve), { waker: "*" });
    },
  },
  {
    api: "net.Socket.write",
    async run(h) {
      const socket = net.connect(h.server.lazyPort, h.server.host);
      await events.once(socket, "connect");
      const much = new Uint8Array(20_000_000);
      await calling(h, (resolve) => socket.write(much, resolve));
      socket.destroy();
    },
  },
  {
    api: "net.Socket.end",
    async run(h) {
      const socket = net.connect(h.server.lazyPort, h.server.host);
      await events.once(socket, "connect");
      const much = new Uint8Array(20_000_000);
      await calling(h, (resolve) => socket.end(much, resolve), {
        waker: "*",
      });
      socket.destroy();
    },
  },
  {
    api: "dgram.Socket.bind",
    async run(h) {
      const socket = dgram.createSocket("udp4");
      await calling(h, (resolve) => socket.bind(0, "127.0.0.1", resolve));
      socket.close();
    },
  },
  {
    api: "dgram.Socket.connect",
    async run(h) {
      const socket = dgram.createSocket("udp4");
      await calling(
        h,
        (resolve) => socket.connect(h.server.udpPort, h.server.host, resolve),
      );
      socket.close();
    },
  },
  {
    api: "dgram.Socket.send",
    async run(h) {
      const { host, udpPort: port } = h.server;
      const socket = dgram.createSocket("udp4");
      const heard = events.once(socket, "message");
      socket.on("message", () => h.burn(0.2));
      await calling(h, (resolve) => socket.send("hello", port, host, resolve), {
        target: `${host}:${port}`,
      });
      await heard;
      h.goroutine("message listener");
      socket.close();
    },
  },
  {
    api: "dgram.Socket.close",
    async run(h) {
      const socket = dgram.createSocket("udp4");
      await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
      await calling(h, (resolve) => socket.close(resolve), { waker: "*" });
    },
  },
];

function denoSnippets() {
  return [
    {
      api: "Deno.connect",
      async run(h) {
        const { host: hostname, tcpPort: port } = h.server;
        const conn = await h.timed(
          () => Deno.connect({ hostname, port }),
          { target: `${hostname}:${port}` },
        );
        conn.close();
      },
    },
    {
      api: "Deno.connectTls",
      async run(h) {
        const { host: hostname, tlsPort: port } = h.server;
        const conn = await h.timed(() => Deno.connectTls({ hostname, port }));
        conn.close();
      },
    },
    {
      api: "Deno.startTls",
      untested: "needs a server whose certificate is known",
    },
    {
      api: "Deno.Conn.read",
      async run(h) {
        const { host: hostname, tcpPort: port } = h.server;
        const conn = await Deno.connect({ hostname, port });
        await conn.write(new TextEncoder().encode("hello"));
        await h.timed(() => conn.read(new Uint8Array(8)));
        conn.close();
      },
    },
    {
      api: "Deno.Conn.write",
      async run(h) {
        const { host: hostname, lazyPort: port } = h.server;
        const conn = await Deno.connect({ hostname, port });
        const much = new Uint8Array(10_000_000);
        // As much as the system takes at once.
        await conn.write(much);
        await h.timed(() => conn.write(much));
        conn.close();
      },
    },
    ...["accept", "next"].map((method) => ({
      api: `Deno.Listener.${method}`,
      async run(h) {
        const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const { port } = listener.addr;
        await h.server.later("tcp", 20, { port, hold: 20 });
        const target = `127.0.0.1:${port}`;
        const given = await h.timed(() => listener[method](), { target });
        (given.value ?? given).close();
        listener.close();
      },
    })),
    ...["receive", "next", "send"].map((method) => ({
      api: `Deno.DatagramConn.${method}`,
      untested: "unstable",
    })),
  ].map((snippet) => ({ runtimes: ["deno"], ...snippet }));
}

function bunSnippets() {
  return [
    {
      api: "Bun.connect",
      async run(h) {
        const { host: hostname, tcpPort: port } = h.server;
        const { promise, resolve } = withResolvers();
        const heard = () => {
          h.burn(0.2);
          resolve();
        };
        const connect = () =>
          Bun.connect({ hostname, port, socket: { data: heard } });
        const target = `${hostname}:${port}`;
        const socket = await h.timed(connect, { target });
        socket.write("hello");
        await promise;
        socket.end();
        h.goroutine("socket data");
      },
    },
    {
      api: "Bun.udpSocket",
      async run(h) {
        const { promise, resolve } = withResolvers();
        const heard = () => {
          h.burn(0.2);
          resolve();
        };
        const socket = await Bun.udpSocket({ socket: { data: heard } });
        socket.send("hello", h.server.udpPort, h.server.host);
        await promise;
        socket.close();
        h.goroutine("socket data");
      },
    },
    {
      api: "Bun.listen",
      async run(h) {
        const { promise, resolve } = withResolvers();
        const listener = Bun.listen({
          hostname: "127.0.0.1",
          port: 0,
          socket: {
            open: () => h.burn(0.2),
            data: () => h.burn(0.2),
            close: resolve,
          },
        });
        await h.server.later("tcp", 10, { port: listener.port });
        await promise;
        listener.stop();
        h.goroutine("socket open");
        h.goroutine("socket data");
      },
    },
  ].map((snippet) => ({ runtimes: ["bun"], ...snippet }));
}

function withResolvers() {
  let resolve;
  const promise = new Promise((one) => resolve = one);
  return { promise, resolve };
}
