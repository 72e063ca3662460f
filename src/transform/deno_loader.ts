/**
 * Deno: changes modules as they are loaded. Deno hands out JavaScript that it
 * has made, with a source map, and does not say whether a file is CommonJS.
 */

import { mayAwait } from "./instrument.ts";
import { Lines } from "./lines.ts";
import {
  type LoadHook,
  type LoadResult,
  programPath,
  textOf,
} from "./load_hook.ts";
import { InlineSourceMap } from "./source_map.ts";
import type { ChangedSource, SourceTransformer } from "./source_transformer.ts";

/**
 * What makes `require()` load a file as if there were no hook. Whatever else a
 * hook gives back, the hook's source is compiled as a script: a JSON file and
 * a native addon, too; and a module so given cannot import by a relative path
 * (Deno 2.9.6). So nothing that is required is changed.
 */
const BY_REQUIRE_ITSELF: LoadResult = {
  format: "builtin",
  source: null,
  shortCircuit: true,
};

/** @param main Path of the program's entry, if it is known. */
export function denoLoadHook(
  transformer: SourceTransformer,
  main: string | undefined,
): LoadHook {
  return (url, context, nextLoad) => {
    const path = programPath(url, context);
    const isSelected = path !== undefined && transformer.selects(path);
    const isImported = context.conditions?.includes("import") ?? false;
    if (!isImported && !isSelected) return BY_REQUIRE_ITSELF;
    const result = nextLoad(url, context);
    if (!isSelected) return result;
    const source = textOf(result) ?? "";
    if (!isImported) {
      if (mayAwait(source)) transformer.skip(path, "it is loaded by require()");
      return BY_REQUIRE_ITSELF;
    }
    if (!mayAwait(source)) return result;
    const code = change(transformer, source, { url, path, main });
    return code === undefined ? result : { ...result, source: code };
  };
}

interface Loaded {
  readonly url: string;
  readonly path: string;
  readonly main: string | undefined;
}

function change(
  transformer: SourceTransformer,
  source: string,
  { url, path, main }: Loaded,
): string | undefined {
  const map = readMap(source);
  const leadsHere = map?.leadsTo(url) ?? false;
  const changed = transformer.change(source, {
    path,
    isMain: path === main,
    language: "jsx",
    lineOf: leadsHere ? (line, column) => map?.lineOf(line, column) : undefined,
  });
  return changed === undefined ? undefined : codeOf(changed, source, map);
}

function codeOf(
  { code, insertions }: ChangedSource,
  source: string,
  map: InlineSourceMap | undefined,
): string {
  return map === undefined
    ? code
    : map.fitted(code, new Lines(source), insertions.sorted());
}

function readMap(source: string): InlineSourceMap | undefined {
  try {
    return InlineSourceMap.of(source);
  } catch {
    return undefined; // somebody's own comment: lines are those of the code
  }
}
