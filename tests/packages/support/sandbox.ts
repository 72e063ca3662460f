/**
 * A folder in which programs find the packages of `package.json` and Looptrace itself, packed as it will be published.
 *
 * The packages lie in a cache below the system's temporary folder, named after the lock file, and are installed when
 * it is not there; the packed Looptrace and the programs are put into a folder inside it that lives as long as the
 * tests. So all three runtimes find everything by the one rule that they share: `node_modules`, upwards.
 */
import { createHash } from "node:crypto";
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findRuntime, run } from "../../support/processes.ts";

const HERE = fileURLToPath(new URL("../", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What npm says when it reached no registry; anything else is a fault of ours, such as a lock file that is out of date. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

const INSTALL_MS = 300_000;

/** The registry cannot be reached: the tests that need the packages are skipped by name. */
export class NoRegistryError extends Error {
  override readonly name = "NoRegistryError";
}

/**
 * Packs Looptrace and makes a folder of its own for one run of the tests. Who calls it removes it.
 *
 * @returns the folder, absolute
 * @throws {NoRegistryError} When the packages are not in the cache and cannot be had.
 */
export async function makeSandbox(): Promise<string> {
  const cache = await installPackages();
  const folder = await mkdtemp(join(cache, "run-"));
  try {
    await packInto(join(folder, "node_modules", "@looptrace", "looptrace"));
    for (const name of ["programs", "drivers"]) {
      await cp(join(HERE, name), join(folder, name), { recursive: true });
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** What a test file works with. */
export interface OpenSandbox {
  /** Absolute; empty if there is none. */
  readonly folder: string;
  /** Why there is none: what `skip` of a test takes. */
  readonly skip: string | false;
  /** After the last test of the file. */
  close(): Promise<void>;
}

/** The sandbox that tests/run.ts made for all files, or else one for this file alone. */
export async function openSandbox(): Promise<OpenSandbox> {
  const { LOOPTRACE_PACKAGES: shared, LOOPTRACE_NO_PACKAGES: missing } =
    process.env;
  if (shared) return { folder: shared, skip: false, close: nothing };
  if (missing) return { folder: "", skip: missing, close: nothing };
  try {
    const folder = await makeSandbox();
    const close = () => rm(folder, { recursive: true, force: true });
    return { folder, skip: false, close };
  } catch (error) {
    if (!(error instanceof NoRegistryError)) throw error;
    return { folder: "", skip: error.message, close: nothing };
  }
}

/** What is shared is removed by who made it. */
function nothing(): Promise<void> {
  return Promise.resolve();
}

async function installPackages(): Promise<string> {
  const lock = await readFile(join(HERE, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const cache = join(tmpdir(), `looptrace-packages-${hash}`);
  if (await exists(cache)) return cache;

  // Installed beside it and then moved there in one step: what has the name is whole.
  const folder = await mkdtemp(`${cache}-`);
  try {
    for (const name of ["package.json", "package-lock.json"]) {
      await cp(join(HERE, name), join(folder, name));
    }
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    args.push("--prefer-offline", "--loglevel=error", "--fetch-retries=1");
    const { code, stderr } = await run("npm", args, {
      cwd: folder,
      timeoutMs: INSTALL_MS,
    });
    if (code !== 0) {
      if (UNREACHABLE.test(stderr)) {
        throw new NoRegistryError("the npm registry cannot be reached");
      }
      throw new Error(`Cannot install the packages: npm ci says\n${stderr}`);
    }
    await rename(folder, cache).catch(async (error) => {
      // Another run was faster.
      if (!await exists(cache)) throw error;
    });
    return cache;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packInto(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tarball = `${folder}.tgz`;
  const deno = await findRuntime("deno");
  if (deno === undefined) throw new Error("Cannot pack: found no deno");
  const steps: [string, string[]][] = [
    [deno, ["pack", "--quiet", "--allow-dirty", `--output=${tarball}`]],
    ["tar", ["xzf", tarball, "--strip-components=1", "-C", folder]],
  ];
  for (const [command, args] of steps) {
    const { code, stderr } = await run(command, args, { cwd: ROOT });
    if (code !== 0) {
      throw new Error(`Cannot pack Looptrace: ${command} says\n${stderr}`);
    }
  }
  await rm(tarball);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
