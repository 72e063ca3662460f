/**
 * Bun: changes modules as they are loaded.
 *
 * A plugin's `onLoad` evaluates all that its filter matches as a module, and
 * has no way to pass a file on (Bun 1.4.5, oven-sh/bun#39786), so a filter
 * must never match CommonJS. Whether a file is CommonJS shows only in its
 * source. Therefore the plugin looks at each file when it is resolved, which
 * is before it is loaded, passes it on, and only if it is to be changed adds
 * an `onLoad` for this one path.
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

/** `Bun`, as far as it is needed. */
export interface BunPlugins {
  plugin(
    options: { name: string; setup(builder: PluginBuilder): void },
  ): unknown;
  resolveSync(specifier: string, folder: string): string;
}

/** What importer Bun gives for the program's entry. */
const ENTRY_IMPORTER = "bun:main";

/** The plugin's work, apart from Bun. */
class BunLoader {
  readonly #transformer: SourceTransformer;
  readonly #bun: BunPlugins;
  readonly #readFile: (path: string) => string;
  readonly #builder: PluginBuilder;
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
      bun: BunPlugins;
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
    // What a package imports is no application's file.
    if (this.#isResolving || importer.includes("/node_modules/")) return;
    const path = this.#resolve(specifier, importer);
    if (path === undefined || this.#known.has(path)) return;
    this.#known.add(path);
    if (!this.#transformer.selects(path)) return;
    const source = this.#read(path);
    if (source === undefined) return;
    this.#noteData(source, path);
    if (this.#asData.has(path)) return;
    const code = this.#change(source, path, importer === ENTRY_IMPORTER);
    if (code === undefined) return;
    this.#changed.set(path, code);
    this.#builder.onLoad(
      { filter: new RegExp(`^${escape(path)}$`) },
      () => this.#load(path),
    );
  }

  #load(path: string): LoadResult {
    // It is loaded again if the program is reloaded as a whole (--hot).
    let code = this.#changed.get(path);
    this.#changed.delete(path);
    if (code === undefined) {
      const source = this.#readFile(path);
      code = this.#change(source, path, false) ?? source;
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

  #resolve(specifier: string, importer: string): string | undefined {
    if (/^(?:node|bun|data|https?|blob):/.test(specifier)) return undefined;
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

/** `from "x" with {` and `import("x", { with`. */
const WITH_ATTRIBUTES =
  /(?:\bfrom|\bimport)\s*(["'])([^"'\n]+)\1\s*with\s*\{|\bimport\s*\(\s*(["'])([^"'\n]+)\3\s*,/g;

/** Changes what Bun loads from now on. */
export function installOnBun(
  transformer: SourceTransformer,
  bun: BunPlugins,
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

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
