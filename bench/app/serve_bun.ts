/** Serves the app of the benches with `Bun.serve`, on a port of the system's choice. */
import { createApp } from "./hono_route.ts";

/** What is used of Bun, whose types are not installed. */
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    fetch(request: Request): Response | Promise<Response>;
  }): { readonly port: number };
};

const app = await createApp();
const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: app.fetch,
});
console.log(`http://127.0.0.1:${port}`);
