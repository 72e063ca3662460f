/**
 * A small Hono app on Deno that can be traced while it runs.
 *
 *     deno run --allow-net --allow-read examples/hono_server.ts
 *     curl 'http://127.0.0.1:8000/debug/trace?seconds=5' > trace.out
 *     go tool trace trace.out
 *
 * `--port=8080`, or PORT where --allow-env is given, says where to listen.
 */

import { createApp } from "./hono_app.ts";
import { portFrom } from "./port.ts";

const app = createApp({
  // Looked up when it is called: what was taken earlier is not the wrapped one.
  readText: (file) => Deno.readTextFile(file),
});

Deno.serve({
  hostname: "127.0.0.1",
  port: portFrom(Deno.args, portVariable()),
  onListen({ hostname, port }) {
    const base = `http://${hostname}:${port}`;
    console.log(`Listening on ${base}/`);
    console.log(`Trace it: curl '${base}/debug/trace?seconds=5' > trace.out`);
  },
}, app.fetch);

function portVariable(): string | undefined {
  // Asked first: reading without permission would stop and prompt.
  const env = { name: "env", variable: "PORT" } as const;
  return Deno.permissions.querySync(env).state === "granted"
    ? Deno.env.get("PORT")
    : undefined;
}
