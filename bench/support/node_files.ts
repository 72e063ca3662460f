/** What Node runs in the benches: our TypeScript as plain JavaScript, one file for each entry point. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "../../tests/support/processes.ts";

const ROOT = new URL("../../", import.meta.url);

/** Made once by {@linkcode buildNodeFiles}. */
export interface NodeFiles {
  /** URL of `mod.ts` as JavaScript. */
  readonly library: string;
  /** Path of `bench/app/serve_node.ts` as JavaScript, with the packages that it imports. */
  readonly app: string;
  /** Deletes them. */
  remove(): Promise<void>;
}

/** @throws {Error} When one of them cannot be bundled. */
export async function buildNodeFiles(): Promise<NodeFiles> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-bench-"));
  // The library takes the folder above its own for the tracer's: nothing of the app may lie there.
  const library = join(folder, "library/dist/mod.mjs");
  const app = join(folder, "app/serve_node.mjs");
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true });
  try {
    await bundle("mod.ts", library);
    await bundle("bench/app/serve_node.ts", app);
  } catch (error) {
    await remove();
    throw error;
  }
  return { library: pathToFileURL(library).href, app, remove };
}

async function bundle(entry: string, output: string): Promise<void> {
  const { code, stderr } = await run(
    process.execPath,
    ["bundle", "--quiet", entry, "-o", output],
    { cwd: fileURLToPath(ROOT) },
  );
  if (code !== 0) throw new Error(`Cannot bundle ${entry}: ${stderr}`);
}
