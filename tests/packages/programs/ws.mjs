/** ws: a server and three clients that talk, ping, join a broadcast and leave. */
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";

export default async function main(say) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const left = [];
  server.on("connection", (socket, request) => {
    const name = new URL(request.url, "http://localhost").searchParams.get("n");
    socket.on("message", (data, isBinary) => {
      if (String(data) !== "all") {
        socket.send(isBinary ? data : `${name}: ${String(data).toUpperCase()}`);
        return;
      }
      for (const other of server.clients) other.send(`${name} to all`);
    });
    socket.on(
      "close",
      (code, reason) => left.push(`${name} ${code} ${reason}`),
    );
  });

  const url = `ws://127.0.0.1:${server.address().port}`;
  const logs = await Promise.all(
    ["a", "b", "c"].map((name) => client(url, name)),
  );
  for (const line of logs.flat()) say(line);

  const [speaker, listener] = [
    await connect(url, "speaker"),
    await connect(url, "listener"),
  ];
  const heard = [nextMessage(speaker), nextMessage(listener)];
  speaker.send("all");
  say(`heard: ${(await Promise.all(heard)).join(", ")}`);
  for (const socket of [speaker, listener]) await leave(socket, 1000, "done");

  await new Promise((resolve) => server.close(resolve));
  for (const line of left.sort()) say(`left: ${line}`);
  const refused = await connect(url, "late").catch((error) =>
    error.code ?? "refused"
  );
  say(`after close: ${refused === "ECONNREFUSED" ? "refused" : refused}`);
}

async function client(url, name) {
  const log = [];
  const socket = await connect(url, name);
  for (let i = 0; i < 5; i++) {
    const answer = nextMessage(socket);
    socket.send(`message ${i}`);
    log.push(await answer);
  }
  const bytes = nextMessage(socket);
  socket.send(new Uint8Array([1, 2, 3]));
  log.push(`${name}: ${(await bytes).length} characters of binary`);
  const pong = once(socket, "pong");
  socket.ping();
  await pong;
  log.push(`${name}: pong`);
  await leave(socket, 4000, `${name} leaves`);
  log.push(`${name}: state ${socket.readyState}`);
  return log;
}

async function connect(url, name) {
  const socket = new WebSocket(`${url}/?n=${name}`);
  await once(socket, "open");
  return socket;
}

async function nextMessage(socket) {
  const [data] = await once(socket, "message");
  return String(data);
}

async function leave(socket, code, reason) {
  const closed = once(socket, "close");
  socket.close(code, reason);
  await closed;
}
