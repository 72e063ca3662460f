/** Serves the app of the benches with Hono's server for Node, on a port of the system's choice. */
import { serve } from "@hono/node-server";
import { createApp } from "./hono_route.ts";

const app = await createApp();
serve(
  { fetch: app.fetch, hostname: "127.0.0.1", port: 0 },
  ({ port }) => console.log(`http://127.0.0.1:${port}`),
);
