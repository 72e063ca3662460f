/** Requests of a Hono app, named by their routes. */

import { test } from "node:test";
import { Hono } from "hono";
import { start, stop } from "../../mod.ts";
import { traceRoutes } from "../../src/http/hono.ts";
import { EventType } from "../../src/format/event_catalogue.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assertEquals } from "../support/assert.ts";
import { concat } from "../support/raw_records.ts";
import { judgeTrace } from "../support/trace_judge.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An app with routes of all kinds. */
function makeApp(before?: () => Promise<unknown>): Hono {
  const app = new Hono();
  if (before !== undefined) {
    app.use(async (_, next) => {
      await before();
      await next();
    });
  }
  app.use(traceRoutes());
  app.use("/users/*", async (_, next) => await next());
  const users = new Hono();
  users.get("/:id", (c) => c.text(`user ${c.req.param("id")}`));
  users.get("/:id/posts/:post{[0-9]+}", async (c) => {
    await sleep(2);
    return c.text("post");
  });
  app.route("/users", users);
  app.all("/any/*", (c) => c.text("any"));
  app.get("/files/*", (c) => c.text("file"));
  return app;
}

/** What a recording of `paths`, asked of a server of `app`, tells. */
async function record(app: Hono, paths: readonly string[]): Promise<Trace> {
  const server = Deno.serve({ port: 0, onListen() {} }, app.fetch);
  const chunks: Uint8Array[] = [];
  try {
    const { port } = server.addr;
    start({ write: (bytes) => void chunks.push(bytes) });
    for (const path of paths) {
      const [method, url] = path.split(" ");
      const response = await fetch(`http://localhost:${port}${url}`, {
        method,
      });
      await response.body?.cancel();
    }
  } finally {
    await stop();
    await server.shutdown();
  }
  return judgeTrace(concat(chunks), "the trace");
}

/** Names of the user tasks, and messages of logs. */
function annotations(trace: Trace): { tasks: string[]; logs: string[] } {
  const tasks: string[] = [];
  const logs: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.type === EventType.UserTaskCreate) tasks.push(e.label);
    if (e.type === EventType.UserLog && e.label === "route") {
      logs.push(`${tasks.length} ${e.message}`);
    }
  }
  return { tasks, logs };
}

// `Deno.serve` is wrapped when something is armed: here by a start that is over at once.
const isDeno = "Deno" in globalThis;
if (isDeno) {
  start({ write() {} });
  await stop();
}

test("traceRoutes() names requests by the pattern of their route", {
  skip: !isDeno,
}, async () => {
  const trace = await record(makeApp(), [
    "GET /users/alice",
    "GET /users/bob/posts/17",
    "POST /any/thing",
    "GET /files/a/b.txt",
    "HEAD /users/carol",
    "GET /nowhere/17",
  ]);
  assertEquals(annotations(trace), {
    tasks: [
      "GET /users/:id",
      "GET /users/:id/posts/:post{[0-9]+}",
      "POST /any/*",
      "GET /files/*",
      "HEAD /users/:id",
      "GET /nowhere/:id",
    ],
    logs: [],
  });
});

test(
  "traceRoutes() names a request after middleware that waits, or logs its route",
  {
    skip: !isDeno,
  },
  async () => {
    const app = makeApp(() => Promise.resolve());
    const paths = ["GET /users/alice", "GET /users/bob", "GET /users/carol"];
    const found = annotations(await record(app, paths));
    // From the first one on requests are noted.
    assertEquals(found, {
      tasks: ["GET /users/alice", "GET /users/:id", "GET /users/:id"],
      logs: ["1 GET /users/:id"],
    });
  },
);

test("traceRoutes() logs the route if the name is written already", {
  skip: !isDeno,
}, async () => {
  // Batches go out every 250 ms.
  const app = makeApp(() => sleep(600));
  const found = annotations(await record(app, ["GET /any/1", "GET /any/2"]));
  assertEquals(found, {
    tasks: ["GET /any/:id", "GET /any/:id"],
    logs: ["1 GET /any/*", "2 GET /any/*"],
  });
});

test("traceRoutes() passes requests through while nothing records", async () => {
  const app = makeApp();
  const response = await app.request("/users/alice");
  assertEquals(await response.text(), "user alice");
});
