import { test } from "node:test";
import { Hono } from "hono";
import { assertEquals } from "../support/assert.ts";
import { debugTrace, traceApp } from "../../src/http/hono.ts";

/** An app with the endpoint at `mount`, and what its handler was asked. */
function appWith(mount: string): { app: Hono; asked: string[] } {
  const asked: string[] = [];
  const app = new Hono();
  app.route(
    mount,
    traceApp((request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return Promise.resolve(new Response("trace"));
    }),
  );
  app.get("/debug/other", (c) => c.text("other"));
  return { app, asked };
}

test("traceApp() hands every method and path of the endpoint on", async () => {
  const { app, asked } = appWith("/debug");
  for (const method of ["GET", "HEAD", "POST", "OPTIONS", "DELETE"]) {
    const response = await app.request("/debug/trace?seconds=1", { method });
    assertEquals(response.status, 200, method);
  }
  await app.request("/debug/trace/");
  await app.request("/debug/trace/snapshot");
  assertEquals(asked, [
    "GET /debug/trace",
    "HEAD /debug/trace",
    "POST /debug/trace",
    "OPTIONS /debug/trace",
    "DELETE /debug/trace",
    "GET /debug/trace/",
    "GET /debug/trace/snapshot",
  ]);
});

test("traceApp() leaves other paths to the app", async () => {
  const { app, asked } = appWith("/debug");
  assertEquals(await (await app.request("/debug/other")).text(), "other");
  for (const path of ["/debug", "/debug/", "/debug/traces", "/trace"]) {
    assertEquals((await app.request(path)).status, 404, path);
  }
  assertEquals(asked, []);
});

test("traceApp() works below any prefix", async () => {
  const { app, asked } = appWith("/a/b");
  assertEquals((await app.request("/a/b/trace")).status, 200);
  assertEquals(asked, ["GET /a/b/trace"]);
});

test("debugTrace() answers wrong requests with a sentence", async () => {
  const app = new Hono().route("/debug", debugTrace({ maxSeconds: 10 }));
  const wrong = await app.request("/debug/trace?seconds=11");
  assertEquals(wrong.status, 400);
  assertEquals(
    await wrong.text(),
    'Cannot record: seconds is "11", must be a number above 0 and at most 10\n',
  );
  const post = await app.request("/debug/trace", { method: "POST" });
  assertEquals(post.status, 405);
  assertEquals(post.headers.get("allow"), "GET, HEAD");
  await post.body?.cancel();
});
