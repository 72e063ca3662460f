/**
 * A small Hono app on Bun that can be traced while it runs.
 *
 *     bun run examples/bun_server.ts
 *     curl 'http://127.0.0.1:8000/debug/trace?seconds=5' > trace.out
 *     go tool trace trace.out
 *
 * Bun serves what the entry file exports as default. `--port=8080`, or PORT, says where to listen.
 */

import process from "node:process";
import { createApp } from "./hono_app.ts";
import { portFrom } from "./port.ts";

/** What is used of Bun, whose types are not installed. */
declare const Bun: { file(path: URL): { text(): Promise<string> } };

const app = createApp({ readText: (file) => Bun.file(file).text() });

export default {
  hostname: "127.0.0.1",
  port: portFrom(process.argv, process.env.PORT),
  fetch: app.fetch,
};
