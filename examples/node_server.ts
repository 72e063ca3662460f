/**
 * The Hono app of the examples on Node. In a project that has Looptrace as a package, with Node 22.18 or later:
 *
 *     node node_server.ts
 *     node --import @looptrace/looptrace/preload node_server.ts
 *     curl 'http://127.0.0.1:8000/debug/trace?seconds=5' > trace.out
 */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { serve } from "@hono/node-server";
import { createApp } from "./hono_app.ts";
import { portFrom } from "./port.ts";

const app = createApp({ readText: (file) => readFile(file, "utf8") });

serve({
  fetch: app.fetch,
  hostname: "127.0.0.1",
  port: portFrom(process.argv.slice(2), process.env.PORT),
}, ({ port }) => {
  const base = `http://127.0.0.1:${port}`;
  console.log(`Listening on ${base}/`);
  console.log(`Trace it: curl '${base}/debug/trace?seconds=5' > trace.out`);
});
