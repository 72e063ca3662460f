/**
 * The Hono app that the benches load: a route with three async middlewares, eight async functions and a `Promise.all`,
 * once as it is and once with some CPU work on top.
 *
 * - `GET /api`: the route. All its promises are settled by microtasks, so that a request costs little and what the
 *   recorder adds shows.
 * - `GET /api/work`: the same after so much CPU work as an argument says.
 * - `GET /status`: what the process has used and whether it is recorded, for the bench.
 * - `GET /debug/trace`: the trace, unless the library is left out.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { type Context, Hono } from "hono";
import type * as Looptrace from "../../mod.ts";
import { burn } from "./burn.ts";

/** What `GET /status` answers. */
export interface AppStatus {
  /** User and system time of the process since its start, in microseconds. */
  readonly cpuMicros: number;
  readonly isRecording: boolean;
  readonly statistics: Looptrace.Statistics | undefined;
}

/** The app as the arguments of the process want it. */
export async function createApp(): Promise<Hono> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      // A URL; left out for a server that has never heard of tracing.
      library: { type: "string" },
      stacks: { type: "string", default: "budget" },
      // Left out for what the library takes by itself.
      hooks: { type: "string" },
      // Microseconds.
      work: { type: "string", default: "0" },
    },
  });
  const app = new Hono();
  // Not a static import: what is measured is the library of the bench's choice, in a file of its own.
  const library: typeof Looptrace | undefined = values.library === undefined
    ? undefined
    : await import(values.library);
  if (library !== undefined) {
    const trace = library.handler({
      stream: {
        stacks: values.stacks as Looptrace.StackMode,
        hooks: values.hooks as Looptrace.HookKind | undefined,
      },
    });
    app.all("/debug/trace/*", (c) => trace(c.req.raw));
  }
  app.get("/status", (c) => {
    const { user, system } = process.cpuUsage();
    const status: AppStatus = {
      cpuMicros: user + system,
      isRecording: library?.isEnabled() ?? false,
      statistics: library?.statistics(),
    };
    return c.json(status);
  });

  const workMicros = Number(values.work);
  app.use("/api/*", measureTime, findSession, addHeaders);
  app.get("/api", showPage);
  app.get("/api/work", (c) => {
    burn(workMicros);
    return showPage(c);
  });
  return app;
}

async function measureTime(c: Context, next: () => Promise<void>) {
  const began = performance.now();
  await next();
  c.header(
    "server-timing",
    `app;dur=${(performance.now() - began).toFixed(1)}`,
  );
}

async function findSession(c: Context, next: () => Promise<void>) {
  c.set("session", { user: 17 });
  await next();
}

async function addHeaders(c: Context, next: () => Promise<void>) {
  await next();
  c.header("x-content-type-options", "nosniff");
}

async function showPage(c: Context) {
  const { user } = c.get("session") as { user: number };
  const [profile, orders] = await Promise.all([
    loadProfile(user),
    loadOrders(user),
  ]);
  return c.json(await renderPage(profile, orders));
}

async function loadProfile(user: number) {
  const row = await findUser(user);
  return { id: row.id, name: row.name };
}

async function findUser(user: number) {
  return await readRow(user);
}

async function readRow(id: number) {
  await cache;
  return { id, name: "Ada", tags: ["loop", "trace"] };
}

async function loadOrders(user: number) {
  const rows = await listOrders(user);
  return rows.map(({ id }) => id);
}

async function listOrders(user: number) {
  return await readRows(user);
}

async function readRows(user: number) {
  await cache;
  return [{ id: user * 10 + 1 }, { id: user * 10 + 2 }];
}

async function renderPage(profile: object, orders: number[]) {
  await cache;
  return { profile, orders };
}

/** Stands for a database that answers at once. */
const cache = Promise.resolve();
