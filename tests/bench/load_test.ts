import { test } from "node:test";
import { createServer, type Socket } from "node:net";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { findRuntime, type RuntimeName } from "../support/processes.ts";
import { load } from "../../bench/load/load.ts";

/** Answers by path, as the bytes that are written one piece after the other. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  "/length": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
  "/empty": ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
  "/none": ["HTTP/1.1 204 No Content\r\n\r\n"],
  "/wrong": [
    "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno",
  ],
  "/chunks": [
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n10;x=1\r\n0123456789abcdef\r\n0\r\nx: y\r\n\r\n",
  ],
  "/pieces": [
    "HTTP/1.1 200",
    " OK\r\nTransfer-Encoding: chunked\r",
    "\n\r\n1",
    "0\r\n01234567",
    "89abcdef\r",
    "\n0\r\n",
    "\r\n",
  ],
  "/halves": ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234", "56789"],
  "/close": [
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
  ],
  "/garbage": ["this is no answer\r\n\r\n"],
  "/too-much": ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more"],
};

async function withServer(
  use: (url: string, requests: () => number) => Promise<void>,
): Promise<void> {
  const open = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {}); // the generator leaves in the middle of an answer
    socket.on("close", () => open.delete(socket));
    socket.on("data", async (bytes) => {
      requests++;
      const path = /^GET (\S+) HTTP\/1\.1\r\n/.exec(bytes.toString())?.[1] ??
        "";
      if (path === "/break") return socket.destroy();
      for (const piece of ANSWERS[path] ?? []) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (path === "/close") socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await use(
      `http://127.0.0.1:${(address as { port: number }).port}`,
      () => requests,
    );
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

for (const runtime of ["node", "deno"] as RuntimeName[]) {
  const skip = await findRuntime(runtime) === undefined &&
    `${runtime} is not installed`;

  test(
    `load() under ${runtime} counts every kind of answer once`,
    { skip },
    async () => {
      await withServer(async (url, requests) => {
        const paths = [
          "/length",
          "/empty",
          "/none",
          "/wrong",
          "/chunks",
          "/pieces",
          "/halves",
          "/close",
        ];
        const result = await load(url, {
          runtime,
          paths,
          connections: 3,
          requests: 10 * paths.length,
        });
        assertEquals([result.requests, result.errors, requests()], [80, 0, 80]);
        for (const path of paths) {
          const status = path === "/wrong"
            ? "500"
            : path === "/none"
            ? "204"
            : "200";
          assertEquals(result.perPath[path], {
            requests: 10,
            statuses: { [status]: 10 },
          }, path);
        }
      });
    },
  );

  test(
    `load() under ${runtime} counts what is no answer as an error`,
    { skip },
    async () => {
      await withServer(async (url) => {
        const paths = ["/length", "/garbage", "/too-much", "/break"];
        const result = await load(url, {
          runtime,
          paths,
          connections: 2,
          requests: 12,
        });
        assertEquals([result.requests, result.errors], [3, 9]);
        assertEquals(result.perPath["/length"].requests, 3);
      });
    },
  );

  test(`load() under ${runtime} stops after its time`, { skip }, async () => {
    await withServer(async (url, requests) => {
      const { requests: counted, seconds, errors } = await load(url, {
        runtime,
        paths: ["/length"],
        connections: 4,
        seconds: 0.3,
        warmup: 0.2,
      });
      assertEquals(errors, 0);
      assert(seconds >= 0.29 && seconds < 0.6, `${seconds} s`);
      assert(
        counted > 0 && counted < requests(),
        `${counted} of ${requests()}: the warm-up is not counted`,
      );
    });
  });
}

test("load() gives up on a server that is not there, long before its time", async () => {
  const begin = performance.now();
  await assertRejects(
    () => load("http://127.0.0.1:9", { connections: 50, seconds: 20 }),
    Error,
    "Cannot load http://127.0.0.1:9",
  );
  assert(performance.now() - begin < 10_000, "it did not wait for its 20 s");
});
