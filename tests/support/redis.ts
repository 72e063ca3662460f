/** A Redis server of a test's own, where one is installed. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "./processes.ts";

const COMMANDS = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"];

/** A server and how to end it. */
export interface Redis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one on a free port, in a folder of its own; undefined where it is not installed. */
export async function startRedis(): Promise<Redis | undefined> {
  const command = COMMANDS.find((path) => existsSync(path));
  if (command === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "looptrace-redis-"));
  const port = await freePort();
  const args = ["--port", `${port}`, "--save", "", "--bind", "127.0.0.1"];
  const server = await startServer(command, args, {
    cwd: folder,
    ready: /Ready to accept connections/,
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Redis takes no port of the system's choice. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? address?.port ?? 0 : 0;
      server.close(() => resolve(port));
    });
  });
}
