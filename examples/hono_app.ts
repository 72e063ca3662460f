/**
 * The app that the Hono examples serve: one route for each kind of wait.
 *
 * It names no runtime: `hono_server.ts` serves it on Deno, `bun_server.ts` on Bun.
 */

import { log, withRegion } from "@looptrace/looptrace";
import { debugTrace, traceRoutes } from "@looptrace/looptrace/hono";
import { type Context, Hono } from "hono";

export interface AppOptions {
  /** The runtime's own way to read a file. */
  readonly readText: (file: URL) => Promise<string>;
}

/** Requests answered so far, and how many there are in a second now. */
let answered = 0;
let perSecond = 0;

/** The routes. Call it before the server is started. */
export function createApp({ readText }: AppOptions): Hono {
  const app = new Hono();
  // This arms the wrapper that names requests.
  // Nothing is recorded, and nothing slowed down, until a trace is asked for.
  app.route("/debug", debugTrace());

  // Requests are called by the patterns of their routes.
  app.use(traceRoutes());
  app.use(countRequest);
  app.get("/", showRoutes);
  app.get("/json", showUser);
  app.get("/users/:id", showUser);
  app.get("/sleep", waitForReport);
  app.get("/file", readSource);
  app.get("/fetch", askOtherRoute);
  app.get("/dashboard", showDashboard);
  app.get("/primes", findPrimes);

  setInterval(collectMetrics, 100);
  return app;

  function showRoutes(c: Context) {
    const routes = app.routes.map((route) => `${route.method} ${route.path}`);
    return c.json({ routes, answered, perSecond });
  }

  /** Waits for a file. */
  async function readSource(c: Context) {
    return c.text(await readText(new URL(import.meta.url)));
  }
}

/** Middleware, for the routes that are mounted after it. */
async function countRequest(_c: Context, next: () => Promise<void>) {
  await next();
  answered++;
}

function showUser(c: Context) {
  const id = Number(c.req.param("id") ?? 1);
  return c.json({ id, name: "Ada", tags: ["loop", "trace"] });
}

/** Waits for a timer. */
async function waitForReport(c: Context) {
  await sleep(20);
  return c.json({ report: "ready" });
}

/** Waits for the network: for another route of this very server. */
async function askOtherRoute(c: Context) {
  const response = await fetch(new URL("/sleep", c.req.url));
  return c.json({ answer: await response.json() });
}

/** Waits for several tasks that go on beside each other. */
async function showDashboard(c: Context) {
  const [profile, orders, advice] = await Promise.all([
    loadProfile(),
    loadOrders(),
    loadAdvice(),
  ]);
  log("orders", `${orders.length} open`);
  return c.json({ profile, orders, advice });
}

async function loadProfile() {
  await sleep(5);
  return { name: "Ada" };
}

async function loadOrders() {
  const orders: number[] = [];
  for (let page = 0; page < 3; page++) {
    await sleep(3);
    orders.push(page);
  }
  return orders;
}

async function loadAdvice() {
  await sleep(2);
  const primes = withRegion("count primes", () => countPrimes(20_000));
  return { primes };
}

/** Keeps the loop busy: everything else waits for it to end. */
function findPrimes(c: Context) {
  return c.json({ primes: countPrimes(200_000) });
}

function countPrimes(limit: number): number {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let n = 2; n < limit; n++) {
    if (composite[n]) continue;
    count++;
    for (let multiple = n * n; multiple < limit; multiple += n) {
      composite[multiple] = 1;
    }
  }
  return count;
}

/** The background interval. */
async function collectMetrics() {
  const before = answered;
  await sleep(50);
  perSecond = (answered - before) * 20;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
