/** Both ends of a WebSocket, as far as the snippets need it: whole messages below 64 KiB (RFC 6455). Node 20 has none. */
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import http from "node:http";

const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Answers an upgrade; `open(peer)` and `message(peer, data)` are called, text as a string. */
export function acceptWebSocket(request, socket, { open, message }) {
  const key = request.headers["sec-websocket-key"];
  const accept = createHash("sha1").update(key + MAGIC).digest("base64");
  const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0];
  socket.write([
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`],
    "\r\n",
  ].join("\r\n"));
  const peer = new Peer(socket, { masks: false, message });
  open(peer);
}

/** Connects to `url` as a client. */
export function connectWebSocket(url, open) {
  const request = http.request(
    `http://${url.host}${url.pathname}${url.search}`,
    {
      headers: {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
      },
    },
  );
  request.on("upgrade", (_, socket) => {
    open(new Peer(socket, { masks: true, message() {} }));
  });
  request.on("error", () => {});
  request.end();
}

class Peer {
  #socket;
  #masks;
  #message;
  #rest = Buffer.alloc(0);

  constructor(socket, { masks, message }) {
    this.#socket = socket;
    this.#masks = masks;
    this.#message = message;
    socket.on("error", () => {});
    socket.on("data", (data) => this.#read(data));
  }

  send(data) {
    if (typeof data === "string") this.#write(TEXT, Buffer.from(data));
    else this.#write(BINARY, data);
  }

  close() {
    this.#write(CLOSE, Buffer.from([1000 >> 8, 1000 & 255]));
  }

  #write(opcode, payload) {
    if (!this.#socket.writable) return;
    const { length } = payload;
    const mask = this.#masks ? 0x80 : 0;
    const head = [0x80 | opcode];
    if (length < 126) head.push(mask | length);
    else head.push(mask | 126, length >> 8, length & 255);
    // A mask of zeroes is one, too.
    if (mask !== 0) head.push(0, 0, 0, 0);
    this.#socket.write(Buffer.concat([Buffer.from(head), payload]));
  }

  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (let frame; (frame = this.#frame()) !== undefined;) {
      const { opcode, payload } = frame;
      if (opcode === TEXT) this.#message(this, payload.toString());
      else if (opcode === BINARY) this.#message(this, payload);
      else if (opcode === PING) this.#write(PONG, payload);
      else if (opcode === CLOSE) {
        this.#write(CLOSE, payload);
        this.#socket.end();
      }
    }
  }

  /** The next whole frame, taken off what has come. */
  #frame() {
    const bytes = this.#rest;
    if (bytes.length < 2) return undefined;
    let length = bytes[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return undefined;
      length = bytes.readUInt16BE(2);
      at = 4;
    }
    const isMasked = (bytes[1] & 0x80) !== 0;
    const from = at + (isMasked ? 4 : 0);
    if (bytes.length < from + length) return undefined;
    const payload = Buffer.from(bytes.subarray(from, from + length));
    if (isMasked) {
      for (let i = 0; i < length; i++) payload[i] ^= bytes[at + i % 4];
    }
    this.#rest = bytes.subarray(from + length);
    return { opcode: bytes[0] & 15, payload };
  }
}
