/** Real sources, this project's and its packages', are as right with the calls in them as before. */
import { test } from "node:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { assert, assertEquals } from "../support/assert.ts";
import type { Language } from "../../src/transform/instrument.ts";
import { languageOf } from "../../src/transform/source_transformer.ts";
import { transform } from "./support.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Those in node_modules are there after `npm ci`. */
const FOLDERS = ["src", "tests", "bench", "examples", "node_modules/hono/dist"];

/** Of hono, what is no module. */
const COMMONJS = /\/dist\/cjs\//;

for (const folder of FOLDERS) {
  test(`instrument() takes every source of ${folder}`, {
    skip: existsSync(join(ROOT, folder)) ? false : `no ${folder} here`,
  }, () => {
    let changed = 0;
    for (const path of sourcesIn(join(ROOT, folder))) {
      const source = readFileSync(path, "utf8");
      const language = languageOf(path);
      const { result } = transform(source, language);
      if (result.kind === "skipped") {
        assertEquals(result.why, "it uses the name $looptrace", path);
      }
      if (result.kind !== "changed") continue;
      changed++;
      const { code, insertions } = result;
      assertEquals(errorsOf(code, language), errorsOf(source, language), path);
      assertEquals(without(code, insertions.sorted()), source, path);
      const lineFeeds = insertions.sorted().filter(({ text }) =>
        /[\n\r]/.test(text)
      );
      assert(lineFeeds.every(({ at }) => at === source.length), path);
    }
    assert(changed > 3, `${changed} files of ${folder} were changed`);
  });
}

function sourcesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => /\.(?:[mc]?js|[mc]?ts|tsx|jsx)$/.test(path))
    .filter((path) => !path.endsWith(".d.ts") && !COMMONJS.test(path));
}

/** Syntax errors and those that a scope can have, such as a name declared twice. */
function errorsOf(source: string, lang: Language): string[] {
  return parseSync("source", source, {
    lang,
    sourceType: "module",
    showSemanticErrors: true,
  }).errors.filter(({ severity }) => severity === "Error")
    .map(({ message }) => message);
}

/** `code` without what was inserted. */
function without(
  code: string,
  insertions: readonly { readonly at: number; readonly text: string }[],
): string {
  const parts: string[] = [];
  let inserted = 0;
  let done = 0;
  for (const { at, text } of insertions) {
    const start = at + inserted;
    assertEquals(code.slice(start, start + text.length), text);
    parts.push(code.slice(done, start));
    inserted += text.length;
    done = start + text.length;
  }
  return parts.join("") + code.slice(done);
}
