/** The examples that serve, each at work on one front end: a trace of it under load. */
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "../../bench/load/load.ts";
import type { FrontEnd } from "./front_ends.ts";
import {
  findRuntime,
  run,
  type ServerProcess,
  startServer,
} from "./processes.ts";

const ROOT = new URL("../../", import.meta.url);

/** The load goes on for so long before the traces and behind them. */
const WARM_SECONDS = 0.7;

/** The first recording of a process goes on while built-in modules are still being wrapped: another one is judged. */
const FIRST_SECONDS = 1;

/** Every kind of wait that the Hono example has. */
const HONO_PATHS = [
  "/json",
  "/users/17",
  "/sleep",
  "/file",
  "/fetch",
  "/dashboard",
  "/primes",
];

const HONO_SCRIPTS = {
  deno: "hono_server.ts",
  bun: "bun_server.ts",
  node: "node_server.ts",
} as const;

/**
 * A trace of `examples/heavy` under load, of so many seconds.
 *
 * @throws {Error} When something cannot be started or a request is not answered.
 */
export function recordHeavyExample(
  frontEnd: FrontEnd,
  seconds: number,
): Promise<Uint8Array> {
  return inFolder(frontEnd, async (folder, start) => {
    const example = await installHeavy(frontEnd, folder);
    const node = await findRuntime("node") ?? "node";
    const backend = await start(node, [join(example, "backend.mjs")]);
    const addresses = backend.stdout().trim().split(" ");
    const server = await start(frontEnd.command, [
      ...frontEnd.args,
      join(example, "server.mjs"),
      "--port=0",
      // The budget is a share of the time: on a machine with other work to do it is soon spent.
      "--stacks=all",
      ...addresses,
    ]);
    return await underLoad(server, seconds, async (loadSeconds) => {
      const args = [join(example, "load.mjs"), server.url, `${loadSeconds}`];
      const { code, stderr } = await run(node, args);
      return code === 0 ? "" : stderr;
    });
  });
}

/**
 * A trace of the Hono example under load, of so many seconds.
 *
 * @throws {Error} When something cannot be started or a request is not answered.
 */
export function recordHonoExample(
  frontEnd: FrontEnd,
  seconds: number,
): Promise<Uint8Array> {
  return inFolder(frontEnd, async (folder, start) => {
    const script = await installHono(frontEnd, folder);
    const args = [...frontEnd.args, script, "--port=0"];
    const server = await start(frontEnd.command, args);
    return await underLoad(server, seconds, async (loadSeconds) => {
      const { errors, requests, perPath } = await load(server.url, {
        paths: HONO_PATHS,
        connections: 8,
        seconds: loadSeconds,
      });
      const good = Object.values(perPath).reduce(
        (sum, { statuses }) => sum + (statuses["200"] ?? 0),
        0,
      );
      return errors === 0 && good === requests ? "" : JSON.stringify(perPath);
    });
  });
}

type Start = (
  command: string,
  args: readonly string[],
) => Promise<ServerProcess>;

/** Gives `record` an empty folder and what starts servers; both are gone afterwards. */
async function inFolder(
  { runtime, library }: FrontEnd,
  record: (folder: string, start: Start) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-example-"));
  const started: ServerProcess[] = [];
  try {
    if (runtime === "node") await installModules(folder, library);
    return await record(folder, async (command, args) => {
      const server = await startServer(command, args);
      started.push(server);
      return server;
    });
  } finally {
    for (const server of started) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `loadFor` resolves with what was wrong, or nothing. */
async function underLoad(
  server: ServerProcess,
  seconds: number,
  loadFor: (seconds: number) => Promise<string>,
): Promise<Uint8Array> {
  const record = (length: number) =>
    fetch(`${server.url}/debug/trace?seconds=${length}`);
  const loaded = loadFor(seconds + FIRST_SECONDS + 2 * WARM_SECONDS);
  await new Promise((resolve) => setTimeout(resolve, WARM_SECONDS * 1000));
  await (await record(FIRST_SECONDS)).arrayBuffer();
  const response = await record(seconds);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const trouble = await loaded;
  if (trouble !== "" || !response.ok) {
    throw new Error(
      `Cannot load the example: the trace has ${response.status}, the load says ${trouble}\n${server.stderr()}`,
    );
  }
  return bytes;
}

/** Node has no map of imports: there an example lies beside installed packages, and is JavaScript. */
async function installModules(folder: string, library: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@looptrace"), { recursive: true });
  await symlink(
    fileURLToPath(new URL(".", library)),
    join(modules, "@looptrace/looptrace"),
  );
  for (const name of ["hono", "@hono"]) {
    await symlink(
      fileURLToPath(new URL(`node_modules/${name}`, ROOT)),
      join(modules, name),
    );
  }
}

async function installHeavy(
  { runtime }: FrontEnd,
  folder: string,
): Promise<string> {
  const example = fileURLToPath(new URL("examples/heavy", ROOT));
  if (runtime !== "node") return example;
  await cp(example, join(folder, "heavy"), { recursive: true });
  return join(folder, "heavy");
}

async function installHono(
  { runtime }: FrontEnd,
  folder: string,
): Promise<string> {
  const script = fileURLToPath(
    new URL(`examples/${HONO_SCRIPTS[runtime]}`, ROOT),
  );
  if (runtime !== "node") return script;
  const deno = await findRuntime("deno");
  if (deno === undefined) throw new Error("Cannot bundle: found no deno");
  const bundle = join(folder, "node_server.mjs");
  const packages = ["@looptrace/looptrace/hono", "hono", "@hono/node-server"];
  const { code, stderr } = await run(deno, [
    "bundle",
    "--quiet",
    ...packages.map((name) => `--external=${name}`),
    script,
    "-o",
    bundle,
  ], { cwd: fileURLToPath(ROOT) });
  if (code !== 0) throw new Error(`Cannot bundle ${script}: ${stderr}`);
  return bundle;
}
