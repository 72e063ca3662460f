/**
 * Deno and Node from 22.15: changes modules as they are loaded, by
 * `module.registerHooks()`.
 *
 * Node says what a file is (`format`) and hands out the author's text. Deno
 * does not say, and hands out JavaScript that it has made, with a source map.
 */

import { mayAwait } from "./instrument.ts";
import { Lines } from "./lines.ts";
import { hasModuleSyntax } from "./module_kind.ts";
import { InlineSourceMap } from "./source_map.ts";
import { languageOf, type SourceTransformer } from "./source_transformer.ts";

interface LoadContext {
  readonly conditions?: readonly string[];
  readonly importAttributes?: Readonly<Record<string, unknown>>;
}

interface LoadResult {
  readonly format?: string | null;
  readonly source?: string | ArrayBuffer | ArrayBufferView | null;
}

/** `load` of `module.registerHooks()`. */
export type LoadHook = (
  url: string,
  context: LoadContext,
  nextLoad: (url: string, context: LoadContext) => LoadResult,
) => LoadResult;

/** `node:module`, as far as it is needed. */
export interface ModuleHooks {
  registerHooks?(hooks: { load: LoadHook }): unknown;
}

/** Formats of Node that are modules. */
const MODULE_FORMATS = ["module", "module-typescript"];

/**
 * Changes what is loaded from now on.
 *
 * @param main Path of the program's entry, if it is known.
 */
export function installByHooks(
  transformer: SourceTransformer,
  registerHooks: NonNullable<ModuleHooks["registerHooks"]>,
  main?: string,
): void {
  registerHooks({
    load(url, context, nextLoad) {
      const result = withFormat(url, nextLoad(url, context));
      const code = change(transformer, { url, context, result, main });
      return code === undefined ? result : { ...result, source: code };
    },
  });
}

/**
 * Deno, when load hooks are there, compiles a required JSON file as a script
 * unless it is told what it is (Deno 2.9.6).
 */
function withFormat(url: string, result: LoadResult): LoadResult {
  return result.format === undefined && url.endsWith(".json")
    ? { ...result, format: "json" }
    : result;
}

interface Loaded {
  readonly url: string;
  readonly context: LoadContext;
  readonly result: LoadResult;
  readonly main: string | undefined;
}

function change(
  transformer: SourceTransformer,
  { url, context, result, main }: Loaded,
): string | undefined {
  const path = pathOf(url);
  if (
    path === undefined || context.importAttributes?.type !== undefined ||
    !transformer.selects(path)
  ) return undefined;
  const source = textOf(result.source);
  if (source === undefined) return undefined;
  const isMain = path === main;

  if (typeof result.format === "string") {
    if (!MODULE_FORMATS.includes(result.format)) return undefined;
    const language = languageOf(path);
    return transformer.change(source, { path, isMain, language })?.code;
  }
  // Deno. What is imported is a module, if no package.json says otherwise;
  // what is required is one if it looks so.
  if (/\.c[jt]s$/.test(path) || !mayAwait(source)) return undefined;
  const isImported = context.conditions?.includes("import") ?? false;
  const map = readMap(source);
  const leadsHere = map?.leadsTo(url) ?? false;
  const changed = transformer.change(source, {
    path,
    isMain,
    language: "jsx",
    isModule: isImported ? undefined : hasModuleSyntax,
    lineOf: leadsHere ? (line, column) => map?.lineOf(line, column) : undefined,
  });
  if (changed === undefined || map === undefined) return changed?.code;
  return map.fitted(
    changed.code,
    new Lines(source),
    changed.insertions.sorted(),
  );
}

function readMap(source: string): InlineSourceMap | undefined {
  try {
    return InlineSourceMap.of(source);
  } catch {
    return undefined; // somebody's own comment: lines are those of the code
  }
}

/** The path of a file's URL; undefined for all that is no file, or that was asked for in a special way. */
function pathOf(url: string): string | undefined {
  if (!url.startsWith("file://")) return undefined;
  const { pathname } = new URL(url);
  return decodeURIComponent(pathname);
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(source: LoadResult["source"]): string | undefined {
  if (typeof source === "string") return source;
  return source ? UTF8.decode(source) : undefined;
}
