/**
 * The ways in which a program can be recorded: on each runtime the engine's hooks, the accessor, or the transform of
 * the preload. Found at run time: what is not on this machine is reported by name, and its tests are skipped.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findRuntime, run, type RuntimeName } from "./processes.ts";

const ROOT = new URL("../../", import.meta.url);

/** Node 20 has no `module.registerHooks`; the package holds the newer binary itself. */
const NODE24_PACKAGE = `node-${process.platform}-${process.arch}@24`;

const NPX_MS = 300_000;

/** One way to record. */
export interface FrontEnd {
  /** Such as "Bun, transform". */
  readonly name: string;
  readonly runtime: RuntimeName;
  /** What `start()` is told. */
  readonly hooks: "public" | "internal" | "none";
  /** True if programs are loaded through `./preload`. */
  readonly isTransformed: boolean;
  /** Why it cannot be had here; undefined if it can. */
  readonly missing: string | undefined;
  /** URL of the library as this runtime loads it. */
  readonly library: string;
  /** The runtime's path. */
  readonly command: string;
  /** What comes before the script, with the library's preload and, for the program as it is, without. */
  readonly args: readonly string[];
  readonly plainArgs: readonly string[];
}

/** All front ends, and what deletes the files that were made for them. */
export interface FrontEnds {
  readonly all: readonly FrontEnd[];
  remove(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly isNewNode?: boolean;
  readonly hooks: FrontEnd["hooks"];
  readonly isTransformed: boolean;
}

const KINDS: readonly Kind[] = [
  kind("Deno, promise hooks", "deno", "public"),
  kind("Deno, internal hooks", "deno", "internal"),
  kind("Deno, transform", "deno", "none"),
  kind("Node, promise hooks", "node", "public"),
  { ...kind("Node 24, transform", "node", "none"), isNewNode: true },
  kind("Bun, accessor", "bun", "public"),
  kind("Bun, transform", "bun", "none"),
];

function kind(
  name: string,
  runtime: RuntimeName,
  hooks: FrontEnd["hooks"],
): Kind {
  return { name, runtime, hooks, isTransformed: hooks === "none" };
}

/**
 * Looks for the runtimes and packs the library for Node as it is published.
 *
 * @throws {Error} When the library cannot be packed.
 */
export async function findFrontEnds(): Promise<FrontEnds> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-front-ends-"));
  try {
    await unpackLibrary(folder);
    const all = await Promise.all(KINDS.map((one) => frontEnd(one, folder)));
    return {
      all,
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function frontEnd(kind: Kind, folder: string): Promise<FrontEnd> {
  const { name, runtime, hooks, isTransformed } = kind;
  const path = await (kind.isNewNode ? findNode24() : findRuntime(runtime));
  const isNode = runtime === "node";
  const library = isNode
    ? pathToFileURL(join(folder, "package/mod.js"))
    : new URL("mod.ts", ROOT);
  const preload = isNode
    ? pathToFileURL(join(folder, "package/src/preload.js"))
    : new URL("src/preload.ts", ROOT);
  const plainArgs = isNode ? [] : runtime === "deno" ? ["run", "-A"] : ["run"];
  const option = isNode ? "--import" : "--preload";
  const preloadArgs = isTransformed
    ? [`${option}=${fileURLToPath(preload)}`]
    : [];
  const missing = path === undefined
    ? `${kind.isNewNode ? "Node 24" : runtime} is not on this machine`
    : isTransformed && !existsSync(fileURLToPath(preload))
    ? "there is no preload"
    : undefined;
  return {
    name,
    runtime,
    hooks,
    isTransformed,
    missing,
    library: library.href,
    command: path ?? "",
    plainArgs,
    args: [...plainArgs, ...preloadArgs],
  };
}

let node24: Promise<string | undefined> | undefined;

/** A Node with `module.registerHooks`; `LOOPTRACE_NODE24` may name it. */
export function findNode24(): Promise<string | undefined> {
  return node24 ??= lookForNode24();
}

async function lookForNode24(): Promise<string | undefined> {
  const known = process.env.LOOPTRACE_NODE24;
  if (known) return known;
  const args = ["-y", "-p", NODE24_PACKAGE, "node", "-p", "process.execPath"];
  try {
    const { code, stdout } = await run("npx", args, { timeoutMs: NPX_MS });
    const path = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
    return code === 0 && path ? path : undefined;
  } catch {
    return undefined; // no npx, or a machine for which there is no such package
  }
}

/** The package that `npm publish` would send, its dependencies those of the checkout. */
async function unpackLibrary(folder: string): Promise<void> {
  const tarball = join(folder, "looptrace.tgz");
  const deno = await findRuntime("deno");
  if (deno === undefined) throw new Error("Cannot pack: found no deno");
  const args = ["pack", "--quiet", "--allow-dirty", `--output=${tarball}`];
  await succeed(deno, args);
  await succeed("tar", ["-xzf", tarball, "-C", folder]);
  await symlink(
    fileURLToPath(new URL("node_modules", ROOT)),
    join(folder, "node_modules"),
  );
}

async function succeed(
  command: string,
  args: readonly string[],
): Promise<void> {
  const { code, stderr } = await run(command, args, {
    cwd: fileURLToPath(ROOT),
  });
  if (code !== 0) {
    throw new Error(`Cannot run ${command} ${args.join(" ")}: ${stderr}`);
  }
}
