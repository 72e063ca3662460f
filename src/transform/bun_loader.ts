/**
 * Bun: changes modules as they are loaded.
 *
 * A plugin's `onLoad` evaluates all that its filter matches as a module, and
 * has no way to pass a file on (Bun 1.4.5, oven-sh/bun#39786), so a filter
 * must never match CommonJS. Whether a file is CommonJS shows only in its
 * source. Therefore:
 *
 * 1. A file is looked at before it is loaded, and only if it is to be changed
 *    gets an `onLoad` for its one path.
 * 2. It is looked at when another file is that imports it. `onResolve`, which
 *    passes everything on, tells of the entry and of what is imported by a
 *    name that is made at run time; of names without an extension it does not
 *    (1.4.5), so it alone is not enough.
 *
 * N.B.: `--watch` and `--hot` do not watch a file that had an `onLoad`.
 */

import { isModuleOnBun } from "./module_kind.ts";
import { languageOf, type SourceTransformer } from "./source_transformer.ts";

interface ResolveArguments {
  readonly path: string;
  readonly importer: string;
}

interface LoadResult {
  readonly contents: string;
  readonly loader: string;
}

interface PluginBuilder {
  onResolve(
    options: { filter: RegExp },
    callback: (args: ResolveArguments) => undefined,
  ): void;
  onLoad(
    options: { filter: RegExp },
    callback: (args: { readonly path: string }) => LoadResult,
  ): void;
}

interface ImportScanner {
  scanImports(source: string): readonly { readonly path: string }[];
}

/** `Bun`, as far as it is needed. */
export interface BunApi {
  plugin(
    options: { name: string; setup(builder: PluginBuilder): void },
  ): unknown;
  resolveSync(specifier: string, folder: string): string;
  readonly Transpiler: new (options: { loader: string }) => ImportScanner;
}

/** What importer Bun gives for the program's entry. */
const ENTRY_IMPORTER = "bun:main";

/** Specifiers of what is no file. */
const NO_FILE = /^(?:node|bun|data|https?|blob):/;

/** `from "x" with {` and `import("x", { with`. */
const WITH_ATTRIBUTES =
  /(?:\bfrom|\bimport)\s*(["'])([^"'\n]+)\1\s*with\s*\{|\bimport\s*\(\s*(["'])([^"'\n]+)\3\s*,/g;

/** Changes what Bun loads from now on. */
export function installBunLoader(
  transformer: SourceTransformer,
  bun: BunApi,
  readFile: (path: string) => string,
): void {
  bun.plugin({
    name: "looptrace",
    setup(builder) {
      const loader = new BunLoader(transformer, { bun, readFile, builder });
      builder.onResolve({ filter: /./ }, (args) => loader.onResolve(args));
    },
  });
}

/** The plugin's work. */
class BunLoader {
  readonly #transformer: SourceTransformer;
  readonly #bun: BunApi;
  readonly #readFile: (path: string) => string;
  readonly #builder: PluginBuilder;
  readonly #scanners = new Map<string, ImportScanner>();
  /** Paths that were looked at. */
  readonly #known = new Set<string>();
  /** Changed sources that have not been loaded yet. */
  readonly #changed = new Map<string, string>();
  /** Paths that are imported as something else than what their name says, such as a text. */
  readonly #asData = new Set<string>();
  /** True while a specifier is resolved, which calls the plugin again. */
  #isResolving = false;

  constructor(
    transformer: SourceTransformer,
    { bun, readFile, builder }: {
      bun: BunApi;
      readFile: (path: string) => string;
      builder: PluginBuilder;
    },
  ) {
    this.#transformer = transformer;
    this.#bun = bun;
    this.#readFile = readFile;
    this.#builder = builder;
  }

  onResolve({ path: specifier, importer }: ResolveArguments): undefined {
    if (this.#isResolving) return;
    const isMain = importer === ENTRY_IMPORTER;
    // What a package imports is no application's file.
    if (!isMain && importer.includes("/node_modules/")) return;
    const path = this.#resolve(specifier, importer);
    if (path !== undefined) this.#lookAtAll(path, isMain);
  }

  /** Looks at a file and at all that it leads to. */
  #lookAtAll(entry: string, isMain: boolean): void {
    const waiting = [entry];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (this.#known.has(path)) continue;
      this.#known.add(path);
      if (!this.#transformer.selects(path)) continue;
      const source = this.#read(path);
      if (source === undefined) continue;
      this.#noteData(source, path);
      waiting.push(...this.#importsOf(source, path));
      this.#lookAt(path, source, isMain && path === entry);
    }
  }

  #lookAt(path: string, source: string, isMain: boolean): void {
    if (this.#asData.has(path)) return;
    const code = this.#change(source, path, isMain);
    if (code === undefined) return;
    this.#changed.set(path, code);
    this.#builder.onLoad(
      { filter: new RegExp(`^${escape(path)}$`) },
      () => this.#load(path),
    );
  }

  #load(path: string): LoadResult {
    let code = this.#changed.get(path);
    this.#changed.delete(path);
    if (code === undefined) {
      // Loaded again, as by require() and by import.
      const source = this.#readFile(path);
      code = this.#asData.has(path)
        ? source
        : this.#change(source, path, false) ?? source;
    }
    return { contents: code, loader: languageOf(path) };
  }

  #change(source: string, path: string, isMain: boolean): string | undefined {
    return this.#transformer.change(source, {
      path,
      isMain,
      language: languageOf(path),
      isModule: isModuleOnBun,
    })?.code;
  }

  /** The paths that a source imports or requires. */
  #importsOf(source: string, path: string): string[] {
    const paths: string[] = [];
    for (const specifier of this.#scan(source, path)) {
      const imported = this.#resolve(specifier, path);
      if (imported !== undefined) paths.push(imported);
    }
    return paths;
  }

  #scan(source: string, path: string): string[] {
    const loader = languageOf(path);
    let scanner = this.#scanners.get(loader);
    if (scanner === undefined) {
      scanner = new this.#bun.Transpiler({ loader });
      this.#scanners.set(loader, scanner);
    }
    try {
      return scanner.scanImports(source).map(({ path }) => path);
    } catch {
      return []; // it does not parse: Bun says so itself
    }
  }

  #resolve(specifier: string, importer: string): string | undefined {
    if (NO_FILE.test(specifier)) return undefined;
    this.#isResolving = true;
    try {
      const folder = importer.slice(0, importer.lastIndexOf("/") + 1) || "/";
      return this.#bun.resolveSync(specifier, folder);
    } catch {
      return undefined; // Bun says so itself
    } finally {
      this.#isResolving = false;
    }
  }

  #read(path: string): string | undefined {
    try {
      return this.#readFile(path);
    } catch {
      return undefined; // Bun says so itself
    }
  }

  /** Remembers files that `source` imports with attributes: `onLoad` is not told of them. */
  #noteData(source: string, importer: string): void {
    if (!source.includes("with")) return;
    for (const [, , inFrom, , inCall] of source.matchAll(WITH_ATTRIBUTES)) {
      const path = this.#resolve(inFrom ?? inCall, importer);
      if (path !== undefined) this.#asData.add(path);
    }
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
