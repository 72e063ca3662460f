/**
 * The ways to record that the benches compare: on each runtime its hooks, the source transform of the preload, or both
 * kinds of hooks where it has two.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { HookKind } from "../../mod.ts";
import {
  findRuntime,
  run,
  type RuntimeName,
} from "../../tests/support/processes.ts";
import { buildNodeFiles } from "./node_files.ts";

/** A runtime, or the newer Node that can load through a transform (20 has no `module.registerHooks`). */
export type BenchRuntime = RuntimeName | "node24";

/** What the table calls them. */
export const RUNTIME_NAMES: Readonly<Record<BenchRuntime, string>> = {
  deno: "Deno",
  bun: "Bun",
  node: "Node",
  node24: "Node 24",
};

export type HookChoice = HookKind | "none";

export interface FrontEnd {
  readonly runtime: BenchRuntime;
  /** What a row of the table says of it, such as "Bun, transform". */
  readonly name: string;
  /** What `start()` is told. */
  readonly hooks: HookChoice;
  /** Whether the program is loaded through `./preload`. */
  readonly preload: boolean;
}

export const DENO_HOOKS = hooksOf("deno");
export const DENO_INTERNAL: FrontEnd = {
  ...DENO_HOOKS,
  name: 'Deno, hooks: "internal"',
  hooks: "internal",
};
export const DENO_TRANSFORM = transformOf("deno");
export const NODE_HOOKS = hooksOf("node");
export const NODE24_TRANSFORM = transformOf("node24");
export const BUN_HOOKS = hooksOf("bun");
export const BUN_TRANSFORM = transformOf("bun");

function hooksOf(runtime: BenchRuntime): FrontEnd {
  const name = `${RUNTIME_NAMES[runtime]}, hooks`;
  return { runtime, name, hooks: "public", preload: false };
}

function transformOf(runtime: BenchRuntime): FrontEnd {
  const name = `${RUNTIME_NAMES[runtime]}, transform`;
  return { runtime, name, hooks: "none", preload: true };
}

/** The package that has Node 24's own binary for this machine, as in the command that fetches it. */
const NODE24_PACKAGE = `node-${process.platform}-${process.arch}@24`;

const NPX_MS = 300_000;

let node24: Promise<string | undefined> | undefined;

/**
 * The path of a runtime's binary.
 *
 * @throws {Error} When this machine has none, with what to do about it.
 */
export async function runtimeCommand(runtime: BenchRuntime): Promise<string> {
  const command = runtime === "node24"
    ? await (node24 ??= lookForNode24())
    : await findRuntime(runtime);
  if (command !== undefined) return command;
  const remedy = runtime === "node24"
    ? `npx -y -p ${NODE24_PACKAGE} node failed; LOOPTRACE_NODE24 may name a Node of 22.15 or later`
    : `LOOPTRACE_${runtime.toUpperCase()} may name one`;
  throw new Error(`Cannot measure: found no ${runtime}, ${remedy}`);
}

async function lookForNode24(): Promise<string | undefined> {
  const known = process.env.LOOPTRACE_NODE24;
  if (known) return known;
  const print = ["node", "-p", "process.execPath"];
  try {
    const { code, stdout } = await run(
      "npx",
      ["-y", "-p", NODE24_PACKAGE, ...print],
      { timeoutMs: NPX_MS },
    );
    const path = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
    return code === 0 && path ? path : undefined;
  } catch {
    return undefined; // no npx, or a machine for which there is no such package
  }
}

/** What one runtime loads in the benches. */
export interface RuntimeFiles {
  /** URL of the library's entry. */
  readonly library: string;
  /** Path of its `./preload`. */
  readonly preload: string;
  /** Path of the app that `bench/load` loads. */
  readonly app: string;
  /** Deletes what was built. */
  remove(): Promise<void>;
}

/** This checkout. */
const ROOT = new URL("../../", import.meta.url);

/**
 * The checkout's own files for Deno and Bun, which run TypeScript; for Node the package as it is published. `root` may name
 * another checkout whose library it is to be; the app is always this one's.
 *
 * @throws {Error} When they cannot be built.
 */
export async function runtimeFiles(
  runtime: BenchRuntime,
  root: URL = ROOT,
): Promise<RuntimeFiles> {
  if (runtime === "node" || runtime === "node24") {
    return await buildNodeFiles(root);
  }
  return {
    library: new URL("mod.ts", root).href,
    preload: fileURLToPath(new URL("src/preload.ts", root)),
    app: ourFile(`../app/serve_${runtime}.ts`),
    remove: () => Promise.resolve(),
  };
}

function ourFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Arguments that make `runtime` run `script`, through the preload if one is given. */
export function scriptArgs(
  runtime: BenchRuntime,
  script: string,
  preload?: string,
): string[] {
  switch (runtime) {
    case "deno":
      return [
        "run",
        "-A",
        ...preload === undefined ? [] : [`--preload=${preload}`],
        script,
      ];
    case "bun":
      return [
        "run",
        ...preload === undefined ? [] : [`--preload=${preload}`],
        script,
      ];
    case "node":
    case "node24":
      return [
        ...preload === undefined ? [] : [`--import=${preload}`],
        script,
      ];
  }
}
