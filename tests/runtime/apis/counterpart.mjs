/**
 * What the snippets talk to: a process of its own with real servers that answer late, and a client for the program's
 * own servers. Plain Node; prints its addresses as one line of JSON and lives until it is stopped.
 *
 * - `http`: `/slow?ms=20` answers late, `/stream?chunks=3&ms=5` a piece at a time, `/body?ms=5&body=x&type=text/plain` has
 *   its headers there before its body, `/echo?ms=5` gives the body back,
 *   `/status/404`, and `/later?...` makes this process act as a client, see {@link ACTIONS}. `https`: the same.
 * - `ws://.../?ms=20`, on the port of `http`: sends `hello` after that time, gives each message back after it, and ends
 *   with the client.
 * - `tcp` and `tls`: give back what comes after 10 ms; `greeter` sends `hello` 20 ms after a connection and ends it; `lazy`
 *   reads nothing for 40 ms, so that who writes much to it waits.
 * - `udp`: gives each datagram back after 10 ms.
 * - `dns`: answers every question after 10 ms; A with 127.0.0.1.
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import process from "node:process";
import tls from "node:tls";
import { dnsAnswer } from "./counterpart/dns_answer.mjs";
import {
  acceptWebSocket,
  connectWebSocket,
} from "./counterpart/web_socket.mjs";

const HOST = "127.0.0.1";
const ECHO_MS = 10;
const GREETING_MS = 20;
const LAZY_MS = 40;

/** Self-signed, for this test alone. */
const TLS_OPTIONS = {
  key: readFileSync(new URL("counterpart/key.pem", import.meta.url)),
  cert: readFileSync(new URL("counterpart/cert.pem", import.meta.url)),
};

/** What `/later?action=NAME&ms=20&...` does after that time, as a client. */
const ACTIONS = {
  /** Connects to `port`, sends `text` and leaves after `hold` ms more. */
  tcp({ port, text = "hello", hold = "0" }) {
    const socket = net.connect(Number(port), HOST, () => {
      socket.write(text);
      setTimeout(() => socket.end(), Number(hold));
    });
    dropData(socket);
  },
  tls({ port, text = "hello", hold = "0" }) {
    const options = { port: Number(port), host: HOST };
    const socket = tls.connect(
      { ...options, rejectUnauthorized: false },
      () => {
        socket.write(text);
        setTimeout(() => socket.end(), Number(hold));
      },
    );
    dropData(socket);
  },
  /** Sends one datagram with `text` to `port`. */
  udp({ port, text = "hello" }) {
    const socket = createSocket("udp4");
    socket.send(text, Number(port), HOST, () => socket.close());
  },
  /** Asks for `url`, with `body` as a POST. */
  http({ url, body }) {
    const { request: ask } = url.startsWith("https:") ? https : http;
    const request = ask(url, {
      method: body === undefined ? "GET" : "POST",
      agent: false,
      rejectUnauthorized: false,
    }, dropData);
    request.on("error", () => {});
    request.end(body);
  },
  /** Opens `url` (ws://), sends `text` and leaves after `hold` ms more. */
  ws({ url, text = "hello", hold = "0" }) {
    connectWebSocket(new URL(url), (peer) => {
      peer.send(text);
      setTimeout(() => peer.close(), Number(hold));
    });
  },
  /** Sends process `pid` a `signal`. */
  signal({ pid, signal }) {
    process.kill(Number(pid), signal);
  },
};

/** Nobody wants what comes, and a peer that is gone is no error here. */
function dropData(stream) {
  stream.resume();
  stream.on("error", () => {});
}

function answer(request, response) {
  const url = new URL(request.url, `http://${HOST}`);
  const { ms = "0", ...rest } = Object.fromEntries(url.searchParams);
  const late = (fn) => setTimeout(fn, Number(ms));
  switch (url.pathname) {
    case "/slow":
      late(() => response.end("slow"));
      break;
    case "/stream":
      response.write("chunk");
      sendChunks(response, Number(rest.chunks ?? 3), Number(ms));
      break;
    case "/body":
      response.writeHead(200, { "content-type": rest.type ?? "text/plain" });
      response.flushHeaders();
      late(() => response.end(rest.body));
      break;
    case "/echo":
      late(() => request.pipe(response));
      break;
    case "/later":
      late(() => ACTIONS[rest.action](rest));
      response.end();
      break;
    default:
      response.statusCode = 404;
      late(() => response.end("not found"));
  }
}

function sendChunks(response, left, ms) {
  if (left <= 1) return void response.end();
  setTimeout(() => {
    response.write("chunk");
    sendChunks(response, left - 1, ms);
  }, ms);
}

function upgrade(request, socket) {
  const ms = Number(
    new URL(request.url, `http://${HOST}`).searchParams.get("ms"),
  );
  acceptWebSocket(request, socket, {
    open: (peer) => setTimeout(() => peer.send("hello"), ms),
    message: (peer, data) => setTimeout(() => peer.send(data), ms),
  });
}

function echo(socket) {
  socket.on("error", () => {});
  socket.on("data", (data) => {
    setTimeout(() => socket.writable && socket.write(data), ECHO_MS);
  });
}

function greet(socket) {
  dropData(socket);
  setTimeout(() => socket.end("hello"), GREETING_MS);
}

function idle(socket) {
  socket.pause();
  socket.on("error", () => {});
  setTimeout(() => socket.resume(), LAZY_MS);
}

function listen(server) {
  return new Promise((resolve) => {
    server.listen(0, HOST, () => resolve(server.address().port));
  });
}

function bind(onMessage) {
  const socket = createSocket("udp4");
  socket.on("message", (data, { port, address }) => {
    setTimeout(() => socket.send(onMessage(data), port, address), ECHO_MS);
  });
  return new Promise((resolve) => {
    socket.bind(0, HOST, () => resolve(socket.address().port));
  });
}

const httpServer = http.createServer(answer).on("upgrade", upgrade);
const httpsServer = https.createServer(TLS_OPTIONS, answer).on(
  "upgrade",
  upgrade,
);
const httpPort = await listen(httpServer);
const addresses = {
  host: HOST,
  http: `http://${HOST}:${httpPort}`,
  https: `https://${HOST}:${await listen(httpsServer)}`,
  ws: `ws://${HOST}:${httpPort}`,
  httpPort,
  tcpPort: await listen(net.createServer(echo)),
  greeterPort: await listen(net.createServer(greet)),
  lazyPort: await listen(net.createServer({ pauseOnConnect: true }, idle)),
  tlsPort: await listen(tls.createServer(TLS_OPTIONS, echo)),
  udpPort: await bind((data) => data),
  dnsPort: await bind(dnsAnswer),
};
console.log(`${JSON.stringify(addresses)} http://${HOST}:${httpPort}`);
