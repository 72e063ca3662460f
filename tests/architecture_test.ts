/** The rules of the project that can be read off its source: who imports whom, what the recording half does without, docs. */
import { test } from "node:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "./support/assert.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What each folder of `src` may import from; its own files always. A new folder needs a row. */
const ALLOWED_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  format: [],
  core: ["format"],
  runtime: ["core", "format"],
  transform: ["core", "format"],
  http: ["core", "format", "analysis", "viewer"],
  analysis: ["format"],
  export: ["analysis", "format"],
  viewer: ["analysis", "format"],
  cli: ["format", "analysis", "export", "viewer"],
};

/** Files directly in `src` and the root are entry points: each may import any folder. */
const ENTRY_POINTS = [
  "mod.ts",
  "src/api.ts",
  "src/reader.ts",
  "src/preload.ts",
  "src/worker_entry.ts",
];

/** `./hono` is an entry point too and lies beside the endpoint it mounts. */
const ALLOWED_FILES: Readonly<Record<string, readonly string[]>> = {
  "src/http/hono.ts": ["src/api.ts"],
};

/** Packages from outside, by the folder that alone may import them. Built-in `node:` modules are no packages. */
const ALLOWED_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  http: ["hono", "@std/streams"],
  cli: ["@std/streams"],
  export: ["pprof-format", "@bufbuild/protobuf"],
  transform: ["oxc-parser", "magic-string"],
  viewer: ["preact", "uplot"],
};

/** Files of `src/core` that run inside the observed program's turn: no promise, no timer, no output. */
const RECORDING = [
  "raw_log",
  "task_mapper",
  "turn_survey",
  "task_table",
  "continuation_table",
  "event_encoder",
  "batch_buffer",
  "batch_queue",
  "string_table",
  "stack_table",
  "site_table",
  "prelude",
  "annotation_writer",
  "user_task_table",
];

const FORBIDDEN_IN_RECORDING =
  /\b(?:await|async|console|setTimeout|setInterval|setImmediate|queueMicrotask|nextTick)\b|\bnew Promise\b|\bPromise\s*[.<(]/;

interface SourceFile {
  /** From the root, such as `src/core/raw_log.ts`. */
  readonly path: string;
  readonly text: string;
  /** Without comments and the contents of strings, each character replaced by a space, so that offsets stay. */
  readonly code: string;
}

const files = sourceFiles();

test("imports between the folders of src go one way", () => {
  const wrong: string[] = [];
  for (const file of files) {
    const folder = folderOf(file.path);
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith(".")) continue;
      const target = relative(ROOT, join(ROOT, dirname(file.path), specifier));
      if (!existsSync(join(ROOT, target))) {
        wrong.push(`${file.path}: ${specifier} does not exist`);
      }
      if (
        ENTRY_POINTS.includes(file.path) ||
        ALLOWED_FILES[file.path]?.includes(target)
      ) continue;
      const targetFolder = folderOf(target);
      const allowed = ALLOWED_FOLDERS[folder];
      if (allowed === undefined) {
        wrong.push(
          `${file.path}: folder "${folder}" has no row in ALLOWED_FOLDERS`,
        );
      } else if (folder !== targetFolder && !allowed.includes(targetFolder)) {
        wrong.push(
          `${file.path} imports ${target}: ${folder} may import ${
            allowed.join(", ") || "nothing"
          }`,
        );
      }
    }
  }
  assertEquals(wrong, []);
});

test("packages from outside are imported where the architecture has them", () => {
  const wrong: string[] = [];
  for (const file of files) {
    for (const specifier of importsOf(file)) {
      if (/^(?:\.|node:)/.test(specifier)) continue;
      const name = specifier.split("/").slice(
        0,
        specifier.startsWith("@") ? 2 : 1,
      ).join("/");
      const allowed = ALLOWED_PACKAGES[folderOf(file.path)] ?? [];
      if (!allowed.includes(name)) {
        wrong.push(`${file.path} imports ${specifier}`);
      }
    }
  }
  assertEquals(wrong, []);
});

test("core names no runtime", () => {
  const wrong: string[] = [];
  for (const { path, code } of files) {
    if (folderOf(path) !== "core") continue;
    const found = /\b(?:Deno|Bun|process)\s*[.[]/.exec(code);
    if (found !== null) {
      wrong.push(`${path}:${lineAt(code, found.index)}: ${found[0]}`);
    }
  }
  assertEquals(wrong, []);
});

test("the recording files of core have no promise, timer or output", () => {
  const wrong: string[] = [];
  let checked = 0;
  for (const name of RECORDING) {
    const file = files.find(({ path }) => path === `src/core/${name}.ts`);
    if (file === undefined) continue;
    checked++;
    const found = FORBIDDEN_IN_RECORDING.exec(file.code);
    if (found !== null) {
      wrong.push(`${file.path}:${lineAt(file.code, found.index)}: ${found[0]}`);
    }
  }
  assertEquals(wrong, []);
  assert(
    checked >= 9,
    `only ${checked} of the recording files exist: RECORDING is out of date`,
  );
});

test("console is used in src/cli only", () => {
  const wrong: string[] = [];
  for (const { path, code } of files) {
    if (folderOf(path) === "cli") continue;
    const found = /\bconsole\s*\./.exec(code);
    // The last resort of onError (style 3.7) says that it is one.
    if (
      found !== null &&
      !/last resort/.test(lineBefore(path, lineAt(code, found.index)))
    ) {
      wrong.push(`${path}:${lineAt(code, found.index)}`);
    }
  }
  assertEquals(wrong, []);
});

test("every export that an entry point of deno.json reaches has a doc comment", () => {
  const wrong: string[] = [];
  const { exports } = JSON.parse(
    readFileSync(join(ROOT, "deno.json"), "utf8"),
  ) as { exports: Record<string, string> };
  const reached = reachedFrom(
    Object.values(exports).map((path) => path.replace(/^\.\//, "")),
  );
  assert(reached.size > 10, "mod.ts reaches the project");
  for (const file of files) {
    if (!reached.has(file.path)) continue;
    for (const match of file.code.matchAll(EXPORTED)) {
      // One comment may stand above a block of constants, and an order to the linter below it.
      const before = file.text.slice(0, match.index)
        .replace(/(?:(?<=\n)\/\/ deno-lint-ignore.*\n)+$/, "")
        .replace(/(?:(?<=\n)export const .*;\n)+$/, "");
      // The second and later signatures of an overloaded function need none.
      const again = match[1] === "function" &&
        file.code.slice(0, match.index).includes(`function ${match[2]}(`);
      if (!before.endsWith("*/\n") && !again) {
        wrong.push(
          `${file.path}:${lineAt(file.code, match.index)}: ${match[2]}`,
        );
      }
    }
  }
  assertEquals(wrong, []);
});

const EXPORTED =
  /^export (?:declare )?(?:abstract )?(?:async )?(function\*?|class|interface|type|const|enum) (\w+)/gm;

test("every source file says first what it is", () => {
  const wrong = files.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text))
    .map(({ path }) => path);
  assertEquals(wrong, []);
});

test("code of a file has no comment and no string in it", () => {
  const source = [
    "/** await */ const a = \"await\" + 'async'; // console.log",
    "const b = `text ${await c} await`;",
    "const d = /[/\"']await/g; const e = 1 / 2;",
    "import { f } from './await.ts';",
  ].join("\n");
  const code = codeOf(source);
  assertEquals(code.length, source.length);
  assertEquals(
    [...code.matchAll(/await|async|console/g)].map((found) => found.index),
    [source.indexOf("await c")],
  );
  assert(code.includes("const e = 1 / 2;"), code);
});

function sourceFiles(): SourceFile[] {
  const paths = existsSync(join(ROOT, "mod.ts")) ? ["mod.ts"] : [];
  for (
    const entry of readdirSync(join(ROOT, "src"), {
      recursive: true,
    }) as string[]
  ) {
    if (entry.endsWith(".ts") && !entry.endsWith(".d.ts")) {
      paths.push(join("src", entry));
    }
  }
  return paths.sort().map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, code: codeOf(text) };
  });
}

/** `core` of `src/core/raw_log.ts`; empty for files that are in no folder of `src`. */
function folderOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "src" && parts.length > 2 ? parts[1] : "";
}

function importsOf(file: SourceFile): string[] {
  const found: string[] = [];
  const keyword =
    /^(?:import|export)\b[^;]*?\bfrom\s*(["'])|^import\s*(["'])|\bimport\(\s*(["'])/gm;
  for (const match of file.code.matchAll(keyword)) {
    const start = match.index + match[0].length;
    const quote = match[1] ?? match[2] ?? match[3];
    found.push(file.text.slice(start, file.text.indexOf(quote, start)));
  }
  return found;
}

function reachedFrom(entries: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = files.find((candidate) => candidate.path === path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith(".")) {
        waiting.push(relative(ROOT, join(ROOT, dirname(path), specifier)));
      }
    }
  }
  return reached;
}

/**
 * `text` with comments, regular expressions and the contents of strings made blank; what stands in `${}` of a template
 * stays. Quotes and line ends stay, so offsets and lines are those of `text`.
 */
function codeOf(text: string): string {
  const out = text.split("");
  const templates: number[] = []; // depth of braces in each open ${}
  let pos = 0;
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  };
  const template = (): void => {
    const start = pos;
    while (
      pos < text.length && text[pos] !== "`" && !text.startsWith("${", pos)
    ) pos += text[pos] === "\\" ? 2 : 1;
    blank(start, pos);
    if (text[pos] === "$") {
      templates.push(0);
      pos += 2;
    } else pos++;
  };
  while (pos < text.length) {
    const char = text[pos];
    const start = pos;
    if (text.startsWith("//", pos)) {
      pos = indexOrEnd(text, "\n", pos);
      blank(start, pos);
    } else if (text.startsWith("/*", pos)) {
      pos = indexOrEnd(text, "*/", pos + 2) + 2;
      blank(start, Math.min(pos, text.length));
    } else if (char === '"' || char === "'") {
      pos++;
      while (pos < text.length && text[pos] !== char) {
        pos += text[pos] === "\\" ? 2 : 1;
      }
      blank(start + 1, pos++);
    } else if (char === "`") {
      pos++;
      template();
    } else if (templates.length > 0 && char === "}" && templates.at(-1) === 0) {
      templates.pop();
      pos++;
      template();
    } else if (
      char === "/" &&
      /(?:[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|case|typeof|in|of))\s*$/.test(
        codeBefore(out, pos),
      )
    ) {
      let inClass = false;
      pos++;
      while (pos < text.length && (inClass || text[pos] !== "/")) {
        if (text[pos] === "[") inClass = true;
        else if (text[pos] === "]") inClass = false;
        pos += text[pos] === "\\" ? 2 : 1;
      }
      blank(start + 1, pos++);
    } else {
      if (templates.length > 0 && char === "{") {
        templates[templates.length - 1]++;
      }
      if (templates.length > 0 && char === "}") {
        templates[templates.length - 1]--;
      }
      pos++;
    }
  }
  return out.join("");
}

function codeBefore(out: readonly string[], pos: number): string {
  return out.slice(Math.max(0, pos - 200), pos).join("");
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found === -1 ? text.length : found;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function lineBefore(path: string, line: number): string {
  const lines = files.find((file) => file.path === path)?.text.split("\n") ??
    [];
  return lines.slice(Math.max(0, line - 3), line).join("\n");
}
