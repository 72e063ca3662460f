/** `examples/heavy` at work: its backend, the server on one front end, and a trace of it under load. */
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FrontEnd } from "./front_ends.ts";
import {
  findRuntime,
  run,
  type ServerProcess,
  startServer,
} from "./processes.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = fileURLToPath(new URL("examples/heavy", ROOT));

/** The load goes on for so long before the trace and behind it. */
const WARM_SECONDS = 0.7;

/**
 * The trace of the server under load, of so many seconds.
 *
 * @throws {Error} When something cannot be started or a request is not answered.
 */
export async function recordHeavyExample(
  frontEnd: FrontEnd,
  seconds: number,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-heavy-test-"));
  const node = await findRuntime("node") ?? "node";
  const started: ServerProcess[] = [];
  const start = async (command: string, args: readonly string[]) => {
    const server = await startServer(command, args);
    started.push(server);
    return server;
  };
  try {
    const example = await installExample(frontEnd, folder);
    const backend = await start(node, [join(example, "backend.mjs")]);
    const addresses = backend.stdout().trim().split(" ");
    const { url } = await start(frontEnd.command, [
      ...frontEnd.args,
      join(example, "server.mjs"),
      "--port=0",
      ...addresses,
    ]);
    const loaded = run(node, [
      join(example, "load.mjs"),
      url,
      String(seconds + 2 * WARM_SECONDS),
    ]);
    await new Promise((resolve) => setTimeout(resolve, WARM_SECONDS * 1000));
    const response = await fetch(`${url}/debug/trace?seconds=${seconds}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const { code, stderr } = await loaded;
    if (code !== 0 || !response.ok) {
      throw new Error(
        `Cannot load the example: ${response.status}, load says ${stderr}\n` +
          started.map((server) => server.stderr()).join("\n"),
      );
    }
    return bytes;
  } finally {
    for (const server of started) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Node has no map of imports: there the example lies beside an installed package. */
async function installExample(
  { runtime, library }: FrontEnd,
  folder: string,
): Promise<string> {
  if (runtime !== "node") return EXAMPLE;
  await cp(EXAMPLE, join(folder, "heavy"), { recursive: true });
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
  return join(folder, "heavy");
}
