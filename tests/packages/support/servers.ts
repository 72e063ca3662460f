/** Real servers for programs to talk to, where they are installed: each a child process with a folder of its own. */
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import {
  run,
  type ServerProcess,
  startServer,
} from "../../support/processes.ts";

/** A server that listens on 127.0.0.1. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
}

/** How often another port is tried when somebody took the free one first. */
const PORT_TRIES = 3;

/** Path of redis-server; undefined when it is not installed. */
export function findRedis(): string | undefined {
  return onPath("redis-server");
}

/** Starts Redis, which keeps nothing. */
export async function startRedis(command: string): Promise<TestServer> {
  return await withFolder(
    "redis",
    (folder) =>
      onFreePort((port) =>
        startServer(command, [
          ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
          ...["--save", "", "--appendonly", "no"],
        ], { ready: /Ready to accept connections()/ })
      ),
  );
}

/** The folder of PostgreSQL's programs; undefined when they are not installed. Debian puts them beside PATH. */
export async function findPostgres(): Promise<string | undefined> {
  const debian = "/usr/lib/postgresql";
  const versions = await readdir(debian).catch(() => []);
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((name) =>
    join(debian, name, "bin")
  );
  return [...pathFolders(), ...folders].find((folder) =>
    existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))
  );
}

/** Starts a PostgreSQL of its own: the user is "looptrace", the database "postgres", and there is no password. */
export async function startPostgres(programs: string): Promise<TestServer> {
  const user = await unprivileged();
  return await withFolder("postgres", async (folder) => {
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    const as = (program: string, args: string[]): [string, string[]] => {
      const path = join(programs, program);
      if (user === undefined) return [path, args];
      const { uid, gid } = user;
      // It becomes the program: the process that we started is the one to stop.
      const become = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
      return ["setpriv", [...become, path, ...args]];
    };
    const options = { cwd: folder };
    const { code, stderr } = await run(
      ...as("initdb", [
        ...["-D", folder, "-U", "looptrace", "-A", "trust"],
        ...["--no-sync", "--locale=C", "--encoding=UTF8"],
      ]),
      options,
    );
    if (code !== 0) {
      throw new Error(`Cannot start PostgreSQL: initdb says\n${stderr}`);
    }
    return await onFreePort((port) =>
      startServer(
        ...as("postgres", [
          ...["-D", folder, "-p", `${port}`, "-k", ""],
          ...["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
        ]),
        { ...options, ready: /ready to accept connections()/ },
      )
    );
  });
}

/** PostgreSQL refuses to run as root; Debian has a user for it. */
async function unprivileged(): Promise<
  { uid: number; gid: number } | undefined
> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => {
    const { code, stdout, stderr } = await run("id", [flag, "postgres"]);
    if (code !== 0) {
      throw new Error(`Cannot start PostgreSQL as root: id says ${stderr}`);
    }
    return Number(new TextDecoder().decode(stdout));
  }));
  return { uid, gid };
}

async function withFolder(
  name: string,
  start: (folder: string) => Promise<TestServer>,
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), `looptrace-${name}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await start(folder);
    return {
      port: server.port,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Neither server takes port 0, so one that was free a moment ago is tried. */
async function onFreePort(
  start: (port: number) => Promise<ServerProcess>,
): Promise<TestServer> {
  for (let tries = 1;; tries++) {
    const port = await freePort();
    try {
      const server = await start(port);
      return {
        port,
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    } catch (error) {
      const isTaken = /address already in use/i.test(String(error));
      if (!isTaken || tries === PORT_TRIES) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? address?.port ?? 0 : 0;
      server.close(() => resolve(port));
    });
  });
}

function onPath(command: string): string | undefined {
  return pathFolders().map((folder) => join(folder, command)).find((path) =>
    existsSync(path)
  );
}

function pathFolders(): string[] {
  return (process.env.PATH ?? "").split(delimiter).filter((name) => name);
}
