/** The endpoint of the running Hono example: what the README promises, over real connections. */

import { test } from "node:test";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { findGoTools, goPages, judge } from "../support/go_tools.ts";
import { type ServerProcess, startRuntime } from "../support/processes.ts";
import { summarize } from "../../src/analysis/summary.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";
import { withFile } from "../support/temp_file.ts";

const EXAMPLE = fileURLToPath(
  new URL("../../examples/hono_server.ts", import.meta.url),
);

const ROUTES = [
  "/json",
  "/users/17",
  "/sleep",
  "/file",
  "/fetch",
  "/dashboard",
  "/primes",
];

/** Starts the example with the permissions that the README gives it. */
async function withExample(
  use: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  const server = await startRuntime("deno", EXAMPLE, {
    flags: ["--allow-net", "--allow-read"],
    args: ["--port=0"],
  });
  try {
    await use(server);
    const { code } = await isAlive(server);
    assertEquals(code, 200, "the server goes on");
    assertEquals(server.stderr(), "");
  } finally {
    await server.stop();
  }
}

async function isAlive(server: ServerProcess): Promise<{ code: number }> {
  const response = await fetch(`${server.url}/json`);
  await response.body?.cancel();
  return { code: response.status };
}

/** Asks for every route in turn, from `clients` sides, while `use` runs. */
async function underLoad<T>(
  server: ServerProcess,
  clients: number,
  use: () => Promise<T>,
): Promise<T> {
  let over = false;
  const client = async (offset: number): Promise<void> => {
    for (let i = offset; !over; i++) {
      const response = await fetch(server.url + ROUTES[i % ROUTES.length]);
      await response.arrayBuffer();
    }
  };
  const load = Array.from({ length: clients }, (_, i) => client(i));
  try {
    return await use();
  } finally {
    over = true;
    await Promise.all(load);
  }
}

/** A trace read to its end, and when its pieces came, in ms. */
interface Recording {
  readonly response: Response;
  readonly bytes: Uint8Array;
  /** From the request to each piece of the body. */
  readonly arrivals: readonly number[];
}

async function record(
  server: ServerProcess,
  seconds: number,
): Promise<Recording> {
  const asked = performance.now();
  const url = `${server.url}/debug/trace?seconds=${seconds}`;
  const response = await fetch(url);
  const pieces: Uint8Array[] = [];
  const arrivals: number[] = [];
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    arrivals.push(performance.now() - asked);
  }
  const bytes = new Uint8Array(
    await new Blob(pieces as BlobPart[]).arrayBuffer(),
  );
  return { response, bytes, arrivals };
}

/** Asserts that our reader, and Go where it is installed, take `bytes`. */
async function assertGood(bytes: Uint8Array): Promise<void> {
  assert(parseTrace(bytes, { strict: true }).events.length > 0, "no events");
  await withFile(bytes, async (file) => {
    for (const tool of Object.values(await findGoTools())) {
      const { ok, text } = await judge(tool, file);
      assert(ok, `${tool.version}: ${text}`);
    }
  });
}

test("GET /debug/trace streams a good trace of the loaded example", async () => {
  await withExample(async (server) => {
    const { response, bytes, arrivals } = await underLoad(
      server,
      8,
      () => record(server, 2),
    );
    assertEquals(response.status, 200);
    assertEquals(
      response.headers.get("content-type"),
      "application/octet-stream",
    );
    assertEquals(
      response.headers.get("content-disposition"),
      'attachment; filename="trace"',
    );
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
    assertEquals(response.headers.get("cache-control"), "no-store");

    const took = arrivals.at(-1) ?? 0;
    assert(took >= 1900 && took < 4000, `took ${took} ms, wanted about 2000`);
    const gaps = arrivals.map((at, i) => at - (arrivals[i - 1] ?? 0));
    assert(Math.max(...gaps) < 1000, `silent for ${Math.max(...gaps)} ms`);
    await assertGood(bytes);
  });
});

test("GET /debug/trace sends its first byte at once, under load", async () => {
  await withExample(async (server) => {
    const first: number[] = [];
    await underLoad(server, 8, async () => {
      for (let i = 0; i < 7; i++) {
        first.push((await record(server, 0.3)).arrivals[0]);
      }
    });
    first.sort((a, b) => a - b);
    // Batches are sent when 250 ms old: the first must not wait for that.
    assert(first[3] < 150, `median of first bytes after ${first} ms`);
  });
});

test("GET /debug/trace answers wrong requests with a sentence each", async () => {
  await withExample(async (server) => {
    await underLoad(server, 2, async () => {
      for (const seconds of ["abc", "0", "1e9"]) {
        const response = await fetch(
          `${server.url}/debug/trace?seconds=${seconds}`,
        );
        const sentence = await response.text();
        assertEquals(response.status, 400, sentence);
        assertEquals(
          sentence,
          `Cannot record: seconds is "${seconds}", ` +
            "must be a number above 0 and at most 300\n",
        );
      }
      const url = `${server.url}/debug/trace`;
      const post = await fetch(url, { method: "POST", body: "x" });
      assertEquals(post.status, 405, await post.text());
      assertEquals(post.headers.get("allow"), "GET, HEAD");
      const head = await fetch(url, { method: "HEAD" });
      assertEquals(head.status, 200);
      for (const resource of ["/snapshot", "/"]) {
        const missing = await fetch(url + resource);
        assertStringIncludes(await missing.text(), "Not found");
        assertEquals(missing.status, 404);
      }
    });
  });
});

test("GET /debug/trace refuses the fifth of five at once with 409", async () => {
  await withExample(async (server) => {
    const five = await underLoad(
      server,
      2,
      () =>
        Promise.all(
          Array.from({ length: 5 }, () => record(server, 1)),
        ),
    );
    const statuses = five.map(({ response }) => response.status).sort();
    assertEquals(statuses, [200, 200, 200, 200, 409]);
    for (const { response, bytes } of five) {
      if (response.status === 200) await assertGood(bytes);
      else assert(new TextDecoder().decode(bytes).length > 10, "no sentence");
    }
  });
});

/** Asks for a long trace and breaks the connection at the first bytes. */
function leaveHalfWay(server: ServerProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(
        "GET /debug/trace?seconds=100 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      );
    });
    socket.once("data", (head) => {
      socket.destroy();
      resolve(new TextDecoder().decode(head).split("\r\n")[0]);
    });
    socket.once("error", reject);
  });
}

/** Open files of a process, where the system tells; else 0. */
async function openFiles(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? (await readdir(folder)).length : 0;
}

/** Memory of a process in MiB, where the system tells; else 0. */
async function residentMiB(pid: number): Promise<number> {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  const line = /VmRSS:\s*(\d+) kB/.exec(await readFile(file, "utf8"));
  return Number(line?.[1] ?? 0) / 1024;
}

test("a hundred clients that leave half-way leave nothing behind", async () => {
  await withExample(async (server) => {
    const leave = async (times: number): Promise<void> => {
      for (let left = 0; left < times;) {
        const statusLine = await leaveHalfWay(server);
        if (statusLine === "HTTP/1.1 200 OK") left++;
        // The server may not have noticed yet that an earlier one is gone.
        else assertStringIncludes(statusLine, "409");
      }
    };
    await underLoad(server, 2, () => leave(20));
    const files = await openFiles(server.pid);
    const memory = await residentMiB(server.pid);
    await underLoad(server, 2, () => leave(100));

    // All four places are free again, and the traces are as good as ever.
    const four = await Promise.all(
      Array.from({ length: 4 }, () => record(server, 0.5)),
    );
    for (const { response, bytes } of four) {
      assertEquals(response.status, 200);
      await assertGood(bytes);
    }
    const filesAfter = await openFiles(server.pid);
    assert(filesAfter <= files + 4, `${files} files, then ${filesAfter}`);
    const memoryAfter = await residentMiB(server.pid);
    assert(
      memoryAfter < memory + 64,
      `${memory} MiB, then ${memoryAfter} MiB`,
    );
  });
});

test("a trace of the example names its routes and functions, and what they wait for", async () => {
  await withExample(async (server) => {
    const { bytes } = await underLoad(server, 4, () => record(server, 2));
    const trace = parseTrace(bytes, { strict: true });
    const { entries } = summarize(trace);
    for (
      const [name, reason] of [
        ["GET /sleep", "sleep"],
        ["GET /fetch", "network"],
        ["GET /dashboard", "sync"],
        ["GET /file", "sync"],
        ["loadProfile", "sleep"],
        ["loadOrders", "sleep"],
        ["loadAdvice", "sleep"],
        ["collectMetrics", "sleep"],
      ] as const
    ) {
      const entry = entries.find((entry) => entry.name === name);
      assert(entry !== undefined, `${name} is missing`);
      const { blocked, blockedBy } = entry;
      const share = (blockedBy[reason] ?? 0) / blocked;
      // Reading a file takes Deno several steps, not all of which are known.
      const least = name === "GET /file" ? 0.5 : 0.9;
      assert(share > least, `${name}: ${JSON.stringify(blockedBy)}`);
    }
    const waiting = new Set<string>();
    for (const event = trace.cursor(); event.next();) {
      for (const { fn } of event.frames) waiting.add(fn);
    }
    for (const handler of ["waitForReport", "askOtherRoute", "readSource"]) {
      assert(waiting.has(handler), `${handler} is on no stack`);
    }

    const { go126 } = await findGoTools();
    if (go126 === undefined) return;
    await withFile(bytes, async (file) => {
      const details = {
        "/goroutine?name=GET%20%2fsleep": "Block time (sleep)",
        "/goroutine?name=GET%20%2ffetch": "Block time (network)",
        "/goroutine?name=collectMetrics": "Block time (sleep)",
        "/goroutine?name=loadOrders": "Block time (sleep)",
      };
      const pages = await goPages(go126, file, [
        "/goroutines",
        ...Object.keys(details),
      ]);
      const { status, body } = pages.get("/goroutines")!;
      assertEquals(status, 200, body);
      for (const { name } of entries) assertStringIncludes(body, name);
      for (const [page, column] of Object.entries(details)) {
        const detail = pages.get(page)!;
        assertEquals(detail.status, 200, detail.body);
        assertStringIncludes(detail.body, column, page);
      }
    });
  });
});
