/**
 * The endpoint without a framework: a handler takes a Request and gives a
 * Response, so `Deno.serve` can call it.
 *
 *     deno run --allow-net examples/plain_deno.ts
 *     curl 'http://127.0.0.1:8000/debug/trace?seconds=5' > trace.out
 */

import { handler } from "@looptrace/looptrace";

// Made before Deno.serve is called: this arms the wrapper that names requests.
const debugTrace = handler({
  maxSeconds: 60,
  // Whoever can reach the path can read function names and routes.
  authorize: (request) => request.headers.get("origin") === null,
});

const port = Number(Deno.args[0] ?? 8000);
Deno.serve({ hostname: "127.0.0.1", port }, answer);

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/debug/trace") return await debugTrace(request);
  if (pathname !== "/") return new Response("Not found\n", { status: 404 });
  return new Response(await greeting());
}

async function greeting(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return "Hello\n";
}
