/** Serves the app of the benches with `Deno.serve`, on a port of the system's choice. */
import { createApp } from "./hono_route.ts";

const app = await createApp();
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
}, app.fetch);
