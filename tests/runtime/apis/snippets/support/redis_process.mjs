/** A Redis server for one snippet, where one is installed. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";

const COMMANDS = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"];

/** Starts one on a free port; skips the snippet where there is none. */
export async function startRedis(h) {
  const command = COMMANDS.find((path) => existsSync(path));
  if (command === undefined) h.skip("no redis-server");
  const port = await freePort();
  const options = ["--port", `${port}`, "--save", "", "--bind", "127.0.0.1"];
  const server = spawn(command, options, { cwd: h.folder, stdio: "ignore" });
  while (!await answers(port)) await h.sleep(10);
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill() };
}

/** Redis takes no port of the system's choice. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
