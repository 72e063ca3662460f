/**
 * Node from 22.15: changes modules as they are loaded. Node says by `format`
 * what a file is, and takes TypeScript back as TypeScript.
 */

import { mayAwait } from "./instrument.ts";
import { type LoadHook, programPath, textOf } from "./load_hook.ts";
import { languageOf, type SourceTransformer } from "./source_transformer.ts";

const MODULES = ["module", "module-typescript"];
const COMMONJS = ["commonjs", "commonjs-typescript"];

/** @param main Path of the program's entry, if it is known. */
export function nodeLoadHook(
  transformer: SourceTransformer,
  main: string | undefined,
): LoadHook {
  return (url, context, nextLoad) => {
    const result = nextLoad(url, context);
    const path = programPath(url, context);
    if (path === undefined || !transformer.selects(path)) return result;
    const source = textOf(result);
    if (source === undefined || !mayAwait(source)) return result;
    const format = result.format ?? "";
    if (COMMONJS.includes(format)) transformer.skip(path, "it is CommonJS");
    if (!MODULES.includes(format)) return result;

    const changed = transformer.change(source, {
      path,
      isMain: path === main,
      language: languageOf(path),
    });
    return changed === undefined ? result : { ...result, source: changed.code };
  };
}
