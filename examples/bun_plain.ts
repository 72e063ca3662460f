/**
 * The endpoint on Bun without a framework: a handler takes a Request and gives a Response, so it can be a route of
 * `Bun.serve`.
 *
 *     bun run examples/bun_plain.ts
 *     curl 'http://127.0.0.1:8000/debug/trace?seconds=5' > trace.out
 */

import process from "node:process";
import { handler } from "@looptrace/looptrace";
import { portFrom } from "./port.ts";

/** What is used of Bun here. With `@types/bun` installed this goes. */
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    routes: Record<string, (request: Request) => Promise<Response>>;
  }): { readonly url: URL };
};

// Made before Bun.serve is called: this arms the wrapper that names requests.
const debugTrace = handler({ maxSeconds: 60 });

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: portFrom(process.argv, process.env.PORT),
  routes: {
    "/": greet,
    "/users/:id": greet,
    "/debug/trace": debugTrace,
  },
});
console.log(`Listening on ${server.url}`);

async function greet(request: Request): Promise<Response> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return new Response(`Hello, ${new URL(request.url).pathname}\n`);
}
