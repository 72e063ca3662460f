/**
 * Puts the transform into the runtime's loader, by what the runtime offers.
 *
 * Whatever is missing, the program runs as it would without: a line on stderr
 * tells what to install or to allow.
 */

import { type BunApi, installBunLoader } from "./bun_loader.ts";
import type { Parse } from "./instrument.ts";
import { denoLoadHook } from "./deno_loader.ts";
import type { ModuleHooks } from "./load_hook.ts";
import { nodeLoadHook } from "./node_loader.ts";
import { createSelection } from "./selection.ts";
import { SourceTransformer, type TransformHost } from "./source_transformer.ts";

interface Globals {
  readonly Bun?: BunApi;
  readonly Deno?: DenoPermissions;
  readonly process?: {
    readonly argv: readonly string[];
    readonly execArgv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(name: string): unknown;
  };
}

interface DenoPermissions {
  readonly permissions: {
    querySync(
      descriptor: { name: string; variable?: string },
    ): { readonly state: string };
  };
}

interface NodeModule extends ModuleHooks {
  createRequire(from: string): Require;
}

interface Require {
  (specifier: string): unknown;
  resolve(specifier: string): string;
}

interface FileSystem {
  readFileSync(path: string, encoding: "utf8"): string;
}

const globals = globalThis as Globals;

const PARSER = "oxc-parser";

/**
 * Changes the application's modules as they are loaded from now on.
 *
 * @returns when the loader is ready for the first module; false if none will be changed
 */
export async function installTransform(host: TransformHost): Promise<boolean> {
  const { Bun: bun, Deno: deno } = globals;
  if (deno !== undefined) return await installOnDeno(deno, host);
  if (bun !== undefined) return installOnBun(host, bun);
  return installOnNode(host);
}

async function installOnDeno(
  deno: DenoPermissions,
  host: TransformHost,
): Promise<boolean> {
  // Deno finds packages by its import map and lock file, which only import() asks.
  const parse = await importParser(deno);
  if (parse === undefined) return false;
  const transformer = createTransformer(host, () => parse);
  const { registerHooks } = builtin<NodeModule>("node:module");
  registerHooks?.({ load: denoLoadHook(transformer, entryPath()) });
  return registerHooks !== undefined;
}

function installOnBun(host: TransformHost, bun: BunApi): boolean {
  const watch = globals.process?.execArgv.find((argument) =>
    argument === "--hot" || argument === "--watch"
  );
  if (watch !== undefined) {
    warn(`with ${watch} Bun would not see their changes`);
    return false;
  }
  if (!findParser()) return false;
  const { readFileSync } = builtin<FileSystem>("node:fs");
  const transformer = createTransformer(host, requireParser);
  installBunLoader(transformer, bun, (path) => readFileSync(path, "utf8"));
  return true;
}

function installOnNode(host: TransformHost): boolean {
  const { registerHooks } = builtin<NodeModule>("node:module");
  if (registerHooks === undefined) {
    warn("this runtime has no module.registerHooks, Node has from 22.15");
    return false;
  }
  if (!findParser()) return false;
  const transformer = createTransformer(host, requireParser);
  registerHooks({ load: nodeLoadHook(transformer, entryPath()) });
  return true;
}

function createTransformer(
  host: TransformHost,
  loadParser: () => Parse | undefined,
): SourceTransformer {
  const selects = createSelection({
    include: readEnvironment("LOOPTRACE_INCLUDE"),
    exclude: readEnvironment("LOOPTRACE_EXCLUDE"),
  });
  return new SourceTransformer({ host, selects, loadParser });
}

/** The program's entry. Deno wants the permission to read for this, which the parser has needed already. */
function entryPath(): string | undefined {
  return globals.process?.argv[1]?.replaceAll("\\", "/");
}

/** What is not granted is not asked for: a preload must not stop at a question. */
function readEnvironment(variable: string): string | undefined {
  const { Deno: deno, process } = globals;
  if (deno !== undefined && !isGranted(deno, { name: "env", variable })) {
    return undefined;
  }
  return process?.env[variable];
}

function isGranted(
  { permissions }: DenoPermissions,
  descriptor: { name: string; variable?: string },
): boolean {
  return permissions.querySync(descriptor).state === "granted";
}

/** What a package with native code needs on Deno. */
const PARSER_PERMISSIONS = ["read", "env", "ffi"];

async function importParser(deno: DenoPermissions): Promise<Parse | undefined> {
  const missing = PARSER_PERMISSIONS.filter((name) =>
    !isGranted(deno, { name })
  );
  if (missing.length > 0) {
    const flags = missing.map((name) => `--allow-${name}`).join(" ");
    warn(`the parser needs ${flags}`);
    return undefined;
  }
  try {
    // By a variable: `deno pack` would make it a dependency of the package.
    const { parseSync } = await import(PARSER) as typeof import("oxc-parser");
    return parseSync as Parse;
  } catch {
    return requireParser(); // this file may have a node_modules of its own
  }
}

/** Whether there is a parser; it is loaded when the first module needs it. */
function findParser(): boolean {
  try {
    requireHere().resolve(PARSER);
    return true;
  } catch (error) {
    parserMissing(error);
    return false;
  }
}

function requireParser(): Parse | undefined {
  try {
    return (requireHere()(PARSER) as { parseSync: Parse }).parseSync;
  } catch (error) {
    return parserMissing(error);
  }
}

function requireHere(): Require {
  return builtin<NodeModule>("node:module").createRequire(import.meta.url);
}

function parserMissing(error: unknown): undefined {
  const [reason] = String((error as Error)?.message ?? error).split("\n");
  warn(
    `the package ${PARSER} is needed (npm install ${PARSER}@0.150.0): ${reason}`,
  );
}

/** Never by an import: on Bun that would fix a builtin's exports before they are wrapped. */
function builtin<Module extends object>(name: string): Module {
  const module = globals.process?.getBuiltinModule?.(name) as
    | (Module & { default?: Module })
    | undefined;
  if (module === undefined) {
    throw new Error(
      `Cannot transform modules: this runtime has no built-in ${name}`,
    );
  }
  return module.default ?? module;
}

/** Tells why there is no transform. */
function warn(why: string): void {
  // A last resort: there is no caller to tell, and no recording yet.
  console.warn(`looptrace: modules are not transformed: ${why}`);
}
