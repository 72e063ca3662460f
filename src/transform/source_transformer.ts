/** One program's transform: which file gets the calls, and what could not get them. */

import {
  type AddSite,
  instrument,
  type InstrumentOptions,
  type Language,
  mayAwait,
  type Parse,
} from "./instrument.ts";
import type { Insertions } from "./insertions.ts";

/** The tracer, as far as the transform needs it. */
export interface TransformHost {
  readonly addSite: AddSite;
  /** A source is loaded that imports the built-in module `name`. */
  importing(name: string): void;
  /** Takes note that a file was left as it is; `why` completes "not transformed: ". */
  noteSkipped(file: string, why: string): void;
}

/**
 * The name of what looks like an import of a built-in module. What is none, in
 * a text or a comment, is loaded early for nothing.
 */
const BUILTIN_IMPORT =
  /\b(?:from|import|require)\s*\(?\s*["']((?:node:|bun:)?[a-z_\d]+(?:\/promises)?)["']/g;

/** Whom to tell, and what to change by which means. */
export interface SourceTransformerOptions {
  readonly host: TransformHost;
  /** Which paths may be changed. */
  readonly selects: (path: string) => boolean;
  /** Loads the parser; undefined if it cannot be had. Called when the first source needs it, and once. */
  readonly loadParser: () => Parse | undefined;
}

/** What a loader knows of the source that it loads. */
export interface SourceFile
  extends Pick<InstrumentOptions, "language" | "lineOf" | "isModule"> {
  /** Absolute path, with `/` between folders. */
  readonly path: string;
  /** True for the program's entry. */
  readonly isMain: boolean;
}

/** A source with the calls in it, and what was inserted. */
export interface ChangedSource {
  readonly code: string;
  readonly insertions: Insertions;
}

/** Changes sources, one after the other as they are loaded. Never throws. */
export class SourceTransformer {
  readonly #options: SourceTransformerOptions;
  #parse: Parse | undefined;
  #triedParser = false;

  constructor(options: SourceTransformerOptions) {
    this.#options = options;
  }

  /** False for a path whose source need not be looked at. */
  selects(path: string): boolean {
    return this.#options.selects(path);
  }

  /** The source with the calls in it; undefined if it is to be left as it is. */
  change(source: string, file: SourceFile): ChangedSource | undefined {
    for (const [, name] of source.matchAll(BUILTIN_IMPORT)) {
      this.#options.host.importing(name);
    }
    if (!mayAwait(source)) return undefined;
    const parse = this.#parser();
    if (parse === undefined) return undefined;
    const { host } = this.#options;
    const { path, isMain, ...rest } = file;
    const result = instrument(source, {
      ...rest,
      parse,
      file: path,
      addSite: host.addSite,
      moduleName: isMain ? "main" : `module ${baseName(path)}`,
    });
    if (result.kind === "skipped") this.skip(path, result.why);
    return result.kind === "changed" ? result : undefined;
  }

  /** Takes note of a file that is left as it is. */
  skip(path: string, why: string): void {
    this.#options.host.noteSkipped(path, why);
  }

  #parser(): Parse | undefined {
    if (!this.#triedParser) {
      this.#triedParser = true;
      this.#parse = this.#options.loadParser();
    }
    return this.#parse;
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What a source with this path is written in. JavaScript may hold JSX on Bun. */
export function languageOf(path: string): Language {
  if (/\.[mc]?ts$/.test(path)) return "ts";
  return path.endsWith(".tsx") ? "tsx" : "jsx";
}
