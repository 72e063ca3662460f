/** `load` hooks of `module.registerHooks()`, which Deno and Node from 22.15 have. */

/** What a runtime tells of a module that it wants to load. */
export interface LoadContext {
  readonly conditions?: readonly string[];
  readonly importAttributes?: Readonly<Record<string, unknown>>;
}

/** What is loaded in the end. */
export interface LoadResult {
  readonly format?: string | null;
  readonly source?: string | ArrayBuffer | ArrayBufferView | null;
  /** True if the next hook was not called, and need not be. */
  readonly shortCircuit?: boolean;
}

/** One hook. */
export type LoadHook = (
  url: string,
  context: LoadContext,
  nextLoad: (url: string, context: LoadContext) => LoadResult,
) => LoadResult;

/** `node:module`, as far as it is needed. */
export interface ModuleHooks {
  registerHooks?(hooks: { load: LoadHook }): unknown;
}

/**
 * The path of what is loaded; undefined for all that is no file, or that is
 * imported as something else than a program.
 */
export function programPath(
  url: string,
  { importAttributes }: LoadContext,
): string | undefined {
  return url.startsWith("file://") && importAttributes?.type === undefined
    ? decodeURIComponent(new URL(url).pathname)
    : undefined;
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of what was loaded, if it has one. */
export function textOf({ source }: LoadResult): string | undefined {
  if (typeof source === "string") return source;
  return source ? UTF8.decode(source) : undefined;
}
