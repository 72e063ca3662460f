/**
 * A server that does much of what servers do: reads and writes files, asks a backend over HTTP and TCP, hashes,
 * compresses, queries a database, streams. The same on Deno, Bun and Node; plain JavaScript, so that Node 20 runs it.
 *
 *     node examples/heavy/backend.mjs                                # prints the addresses that the server needs
 *     deno run -A examples/heavy/server.mjs --backend=http://127.0.0.1:9001 --tcp=9002
 *     node examples/heavy/load.mjs http://127.0.0.1:8000 10 &
 *     curl 'http://127.0.0.1:8000/debug/trace?seconds=5' > trace.out
 *     go tool trace -pprof=net trace.out > net.pprof && go tool pprof -top net.pprof
 *
 * `npx -y bun@1.4.5 run` and, where Looptrace is installed as a package, `node` take the place of `deno run -A`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { createApp } from "./app.mjs";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    port: { type: "string", default: "8000" },
    backend: { type: "string" },
    tcp: { type: "string" },
    // Of which awaits the call sites are recorded: "budget" or "all".
    stacks: { type: "string" },
  },
});
if (values.backend === undefined || values.tcp === undefined) {
  console.error("Cannot start: wanted --backend=URL and --tcp=PORT");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "looptrace-heavy-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(0));
}

const app = await createApp({
  folder,
  backend: values.backend,
  tcpPort: Number(values.tcp),
  stacks: values.stacks,
});
await serve(app.fetch, Number(values.port));

async function serve(fetch, port) {
  const hostname = "127.0.0.1";
  const say = (port) => console.log(`Listening on http://${hostname}:${port}/`);
  if (globalThis.Deno !== undefined) {
    Deno.serve({ hostname, port, onListen: (at) => say(at.port) }, fetch);
  } else if (globalThis.Bun !== undefined) {
    say(Bun.serve({ hostname, port, fetch }).port);
  } else {
    const { serve } = await import("@hono/node-server");
    serve({ fetch, hostname, port }, (at) => say(at.port));
  }
}
