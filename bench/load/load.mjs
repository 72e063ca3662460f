/**
 * A load generator: keep-alive connections that each send the next request when the last is answered.
 *
 * Plain JavaScript, so that Node 20 runs it as well as Deno and Bun; `load.ts` starts it from TypeScript. Requests are
 * bytes made once, responses are counted by status line and length or chunks, bodies are skipped: the generator must
 * stay far cheaper than the server it measures.
 *
 *     node load.mjs http://127.0.0.1:8000 --path=/a --path=/b [--connections=32]
 *         (--seconds=5 | --requests=100000) [--warmup=1]
 *
 * Prints one JSON object: `{ requests, seconds, errors, perPath: { "/a": { requests, statuses: { "200": 1 } } } }`.
 * Counted are responses that ended after the warm-up and before the end. An error is a connection that failed or broke
 * inside a response, or bytes that are no response; an answer of 500 is an answer.
 */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";

const USAGE =
  "Usage: load.mjs URL --path=/... (--seconds=N | --requests=N) [--connections=N] [--warmup=SECONDS]";

/** After so many errors without an answer between them the server is gone and waiting makes no sense. */
const GIVE_UP_ERRORS = 200;

/** Longest head of a response and longest chunk-size line that is waited for. */
const MAX_HEAD_BYTES = 65_536;

const HEAD = 0;
const BODY = 1;
const CHUNK_SIZE = 2;
const CHUNK = 3;
const TRAILER = 4;

function main() {
  const options = readArguments();
  const load = new Load(options);
  load.start((result) => {
    console.log(JSON.stringify(result));
    // Connections are closed by now; one that hangs must not hold the process.
    process.exit(result.requests > 0 ? 0 : 1);
  });
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        path: { type: "string", multiple: true, default: ["/"] },
        connections: { type: "string", default: "32" },
        seconds: { type: "string" },
        requests: { type: "string" },
        warmup: { type: "string", default: "0" },
      },
    });
    if (positionals.length !== 1) {
      throw new Error(`found ${positionals.length} addresses, wanted one`);
    }
    const url = new URL(positionals[0]);
    if (url.protocol !== "http:") throw new Error(`${url} is not http`);
    if ((values.seconds === undefined) === (values.requests === undefined)) {
      throw new Error("wanted either --seconds or --requests");
    }
    return {
      host: url.hostname,
      port: Number(url.port || 80),
      paths: values.path,
      connections: positive("connections", values.connections),
      seconds: values.seconds === undefined
        ? undefined
        : positive("seconds", values.seconds),
      requests: values.requests === undefined
        ? undefined
        : positive("requests", values.requests),
      warmup: Number(values.warmup),
    };
  } catch (error) {
    console.error(`Cannot start the load: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Error(`--${name} is ${text}, must be a positive number`);
  }
  return value;
}

/** All connections of one run and what they count. */
class Load {
  #options;
  #paths;
  /** Requests handed out; the next one has the path at this number modulo the number of paths. */
  #sent = 0;
  #errorsInARow = 0;
  #errors = 0;
  #counting = false;
  #over = false;
  #begin = 0;
  #answers = 0;
  #connections = [];
  #finish;

  constructor(options) {
    this.#options = options;
    this.#paths = options.paths.map((path) => ({
      path,
      bytes: Buffer.from(
        `GET ${path} HTTP/1.1\r\nHost: ${options.host}:${options.port}\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n`,
      ),
      requests: 0,
      statuses: {},
    }));
  }

  start(finish) {
    this.#finish = finish;
    const { connections, seconds, warmup } = this.#options;
    for (let i = 0; i < connections; i++) {
      this.#connections.push(new Connection(this, this.#options));
    }
    setTimeout(() => {
      this.#begin = performance.now();
      this.#counting = true;
      if (seconds !== undefined) setTimeout(() => this.#end(), seconds * 1000);
    }, warmup * 1000);
    // With a fixed number and no warm-up, counting must begin before the first answer.
    if (warmup === 0) {
      this.#begin = performance.now();
      this.#counting = true;
    }
    for (const connection of this.#connections) connection.open();
  }

  /** The next request, or `undefined` when all were sent. */
  next() {
    if (this.#over) return undefined;
    const { requests } = this.#options;
    if (this.#counting && requests !== undefined && this.#sent >= requests) {
      return undefined;
    }
    const path = this.#paths[this.#sent % this.#paths.length];
    // The warm-up's requests are not of the fixed number.
    if (this.#counting || requests === undefined) this.#sent++;
    return path;
  }

  answered(path, status) {
    this.#errorsInARow = 0;
    if (!this.#counting || this.#over) return;
    this.#answers++;
    path.requests++;
    path.statuses[status] = (path.statuses[status] ?? 0) + 1;
    this.#endIfDone();
  }

  /** A request that got no answer. It counts as one of the fixed number, so that such a run ends too. */
  failed() {
    if (this.#over) return;
    if (this.#counting) this.#errors++;
    if (++this.#errorsInARow >= GIVE_UP_ERRORS) this.#end();
    else this.#endIfDone();
  }

  #endIfDone() {
    const { requests } = this.#options;
    if (requests !== undefined && this.#answers + this.#errors >= requests) {
      this.#end();
    }
  }

  #end() {
    if (this.#over) return;
    this.#over = true;
    const seconds = (performance.now() - this.#begin) / 1000;
    for (const connection of this.#connections) connection.close();
    const perPath = {};
    for (const { path, requests, statuses } of this.#paths) {
      perPath[path] = { requests, statuses };
    }
    this.#finish({
      requests: this.#answers,
      seconds,
      errors: this.#errors,
      perPath,
    });
  }

  get over() {
    return this.#over;
  }
}

/** One connection with at most one request under way. */
class Connection {
  #load;
  #options;
  #socket;
  #state = HEAD;
  /** Bytes of a head or line that has not ended yet. */
  #rest;
  /** Bytes of body or chunk still to skip. */
  #left = 0;
  #status = 0;
  #path;
  #keepAlive = true;
  #connected = false;

  constructor(load, options) {
    this.#load = load;
    this.#options = options;
  }

  open() {
    const socket = connect({
      host: this.#options.host,
      port: this.#options.port,
      noDelay: true,
    });
    this.#socket = socket;
    this.#state = HEAD;
    this.#rest = undefined;
    this.#keepAlive = true;
    this.#connected = false;
    socket.on("connect", () => {
      this.#connected = true;
      this.#send();
    });
    socket.on("data", (bytes) => {
      if (socket === this.#socket) this.#read(bytes);
    });
    socket.on("error", () => {
      // "close" follows and counts it.
    });
    socket.on("close", () => {
      if (socket === this.#socket) this.#lost();
    });
  }

  close() {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #send() {
    this.#path = this.#load.next();
    if (this.#path !== undefined) this.#socket.write(this.#path.bytes);
  }

  /** The server closed: between two requests that is its right, before the first or inside an answer it is an error. */
  #lost() {
    this.#socket = undefined;
    const idle = this.#connected && this.#path === undefined;
    this.#path = undefined;
    if (!idle) this.#load.failed();
    if (this.#load.over) return;
    // A moment's wait, so that a server that is gone is not asked in a tight loop.
    setTimeout(() => {
      if (!this.#load.over) this.open();
    }, idle ? 0 : 10);
  }

  #read(chunk) {
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let pos = 0;
    while (pos < bytes.length) {
      if (this.#state === BODY || this.#state === CHUNK) {
        const taken = Math.min(this.#left, bytes.length - pos);
        this.#left -= taken;
        pos += taken;
        if (this.#left > 0) return;
        if (this.#state === CHUNK) this.#state = CHUNK_SIZE;
        else if (!this.#done(pos === bytes.length)) return;
        continue;
      }
      const mark = this.#state === HEAD ? "\r\n\r\n" : "\r\n";
      const end = bytes.indexOf(mark, pos, "latin1");
      if (end === -1) {
        if (bytes.length - pos > MAX_HEAD_BYTES) return this.#broken();
        this.#rest = bytes.subarray(pos);
        return;
      }
      const text = bytes.latin1Slice(pos, end);
      pos = end + mark.length;
      if (this.#state === HEAD) {
        if (!this.#head(text)) return this.#broken();
        if (this.#state === HEAD && !this.#done(pos === bytes.length)) return;
      } else if (this.#state === CHUNK_SIZE) {
        if (!/^[0-9a-f]+/i.test(text)) return this.#broken();
        const size = parseInt(text, 16);
        this.#left = size + 2; // the line end after the chunk
        this.#state = size === 0 ? TRAILER : CHUNK;
      } else if (text === "" && !this.#done(pos === bytes.length)) return;
    }
  }

  /** Sets the state for what follows the head: stays HEAD when nothing does. */
  #head(text) {
    if (this.#path === undefined || !text.startsWith("HTTP/1.")) return false;
    this.#status = Number(text.slice(9, 12));
    if (!(this.#status >= 200 && this.#status <= 599)) return false;
    this.#keepAlive = !/^connection: *close/im.test(text);
    if (this.#status === 204 || this.#status === 304) return true;
    const length = /^content-length: *(\d+)/im.exec(text);
    if (length !== null) {
      this.#left = Number(length[1]);
      this.#state = this.#left === 0 ? HEAD : BODY;
      return true;
    }
    this.#state = CHUNK_SIZE;
    return /^transfer-encoding: *chunked/im.test(text);
  }

  /** The answer has ended. False when this connection takes no more. */
  #done(atEnd) {
    const path = this.#path;
    this.#path = undefined;
    this.#state = HEAD;
    // Bytes after an answer that nobody asked for.
    if (!atEnd) {
      this.#path = path;
      this.#broken();
      return false;
    }
    this.#load.answered(path, this.#status);
    if (this.#socket === undefined) return false;
    if (this.#keepAlive) {
      this.#send();
      return true;
    }
    this.#socket.destroy();
    return false;
  }

  #broken() {
    this.#socket?.destroy();
  }
}

main();
