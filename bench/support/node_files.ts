/** What Node runs in the benches: the package as it is published, and the app as one file of plain JavaScript. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "../../tests/support/processes.ts";
import type { RuntimeFiles } from "./front_ends.ts";

const ROOT = new URL("../../", import.meta.url);

/**
 * The package and `bench/app/serve_node.ts` as JavaScript, the packages that the app imports in the same file. `root` is
 * the checkout whose package it is; the app is always this one's.
 *
 * @throws {Error} When one of them cannot be bundled.
 */
export async function buildNodeFiles(
  root: URL = ROOT,
): Promise<RuntimeFiles> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-bench-"));
  const app = join(folder, "app/serve_node.mjs");
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true });
  try {
    await unpackLibrary(root, folder);
    // The preload's parser: what `npm ci` has put into the checkout.
    await symlink(
      fileURLToPath(new URL("node_modules", ROOT)),
      join(folder, "node_modules"),
    );
    const source = "bench/app/serve_node.ts";
    await build(ROOT, "bundle", "--quiet", source, "-o", app);
  } catch (error) {
    await remove();
    throw error;
  }
  const library = pathToFileURL(join(folder, "package/mod.js")).href;
  const preload = join(folder, "package/src/preload.js");
  return { library, preload, app, remove };
}

/**
 * Not a bundle: in one of those the recorder cannot tell its own frames from the program's. The entry points used here
 * import no package, so nothing is installed.
 */
async function unpackLibrary(root: URL, folder: string): Promise<void> {
  const tarball = join(folder, "looptrace.tgz");
  await build(root, "pack", "--quiet", "--allow-dirty", `--output=${tarball}`);
  const { code, stderr } = await run("tar", ["-xzf", tarball, "-C", folder]);
  if (code !== 0) throw new Error(`Cannot unpack ${tarball}: ${stderr}`);
}

async function build(root: URL, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(process.execPath, args, {
    cwd: fileURLToPath(root),
  });
  if (code !== 0) {
    throw new Error(`Cannot build with deno ${args.join(" ")}: ${stderr}`);
  }
}
