/** What the command line reads from and writes to, so that tests can stand in for a terminal. */

import { once } from "node:events";
import { open } from "node:fs/promises";
import process from "node:process";

/** Bytes asked for at once from a file. */
const READ_BYTES = 1 << 18;

/** Bytes to read and, where it is known, how many there are. */
export interface Input {
  readonly stream: ReadableStream<Uint8Array>;
  /** 0 if not known. */
  readonly size: number;
}

/** The world around a command. */
export interface Io {
  /** Resolves when more may be written; rejects with {@linkcode OutputClosedError} when no one reads on. */
  writeOut(bytes: Uint8Array): Promise<void>;
  writeError(text: string): void;
  /** True if progress may be shown on stderr. */
  readonly isErrorTerminal: boolean;
  /** Opens a file, `-` for the standard input, or an http URL. */
  open(name: string): Promise<Input>;
}

/** The reader of our output has gone, as `head` does. */
export class OutputClosedError extends Error {
  constructor() {
    super("Cannot write the output: no one reads it any more");
    this.name = "OutputClosedError";
  }
}

/** The process's own streams and files. */
export function processIo(): Io {
  const { stdout, stderr, stdin } = process;
  let isClosed = false;
  stdout.on("error", () => isClosed = true);
  return {
    async writeOut(bytes) {
      if (isClosed) throw new OutputClosedError();
      // Both ends of the wait: `once` rejects when the stream fails.
      if (!stdout.write(bytes)) {
        await once(stdout, "drain").catch(() => {
          throw new OutputClosedError();
        });
      }
    },
    writeError: (text) => void stderr.write(text),
    isErrorTerminal: stderr.isTTY === true,
    async open(name) {
      if (name === "-") return { stream: streamOf(stdin), size: 0 };
      return /^https?:\/\//.test(name) ? await openUrl(name) : openFile(name);
    },
  };
}

async function openUrl(url: string): Promise<Input> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(
      `Cannot fetch ${url}: status is ${response.status}, wanted 200`,
    );
  }
  const size = Number(response.headers.get("content-length") ?? 0);
  // A packed body is longer than what it says.
  const isPacked = response.headers.has("content-encoding");
  return { stream: response.body, size: isPacked ? 0 : size };
}

async function openFile(path: string): Promise<Input> {
  const file = await open(path).catch((error: unknown) => {
    throw new Error(`Cannot open ${path}: ${reason(error)}`);
  });
  const { size } = await file.stat();
  const stream = new ReadableStream<Uint8Array>({
    type: "bytes",
    autoAllocateChunkSize: READ_BYTES,
    async pull(controller): Promise<void> {
      const request = (controller as ReadableByteStreamController).byobRequest;
      const view = request?.view;
      // There always is one, because of the size above.
      if (!request || !view) throw new Error("Internal error: no room to read");
      const { buffer, byteOffset, byteLength } = view;
      try {
        const room = new Uint8Array(buffer, byteOffset, byteLength);
        const { bytesRead } = await file.read(room, 0, byteLength);
        if (bytesRead > 0) return request.respond(bytesRead);
      } catch (error) {
        await file.close();
        throw new Error(`Cannot read ${path}: ${reason(error)}`);
      }
      await file.close();
      controller.close();
      // A pending read ends only when it is answered.
      request.respond(0);
    },
    cancel: () => file.close(),
  });
  return { stream, size };
}

function streamOf(
  source: AsyncIterable<unknown>,
): ReadableStream<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array);
    },
    cancel: async () => void await pieces.return?.(),
  }, { highWaterMark: 1 });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
