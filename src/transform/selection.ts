/** Which files are the application's own, and so get the exact front end's calls. */

/** What a user says about it; each a list of patterns with commas between. */
export interface SelectionOptions {
  /** Files to take that would be left out, such as a package's. */
  readonly include?: string;
  /** Files to leave out. Wins over all else. */
  readonly exclude?: string;
}

/** Extensions of sources; the others are never modules that await. */
const SOURCE = /\.[mc]?[jt]sx?$/;

const DECLARATIONS = /\.d\.[mc]?ts$/;

/** Where npm and Deno keep the packages of others. */
const PACKAGES = /\/node_modules\/|\/npm\/registry\.npmjs\.org\//;

/**
 * The tracer's own files: everything beside and below `src`. A bundler that
 * put all code into one file left no such folder.
 */
const OWN = /\/src\/transform\/selection\.[jt]s$/.test(import.meta.url)
  ? [new URL("../", import.meta.url), new URL("../../mod.", import.meta.url)]
    .map(({ pathname }) => decodeURIComponent(pathname))
  : [];

/**
 * A test for paths: absolute, with `/` between folders.
 *
 * A pattern with `*` in it is a glob for the path or its end: `*` stands for
 * any part of a name, `**` for any number of folders. One without is looked for anywhere
 * in the path.
 */
export function createSelection(
  { include, exclude }: SelectionOptions,
): (path: string) => boolean {
  const included = patterns(include);
  const excluded = patterns(exclude);
  return (path) =>
    SOURCE.test(path) && !DECLARATIONS.test(path) &&
    !OWN.some((own) => path.startsWith(own)) &&
    !excluded.some((pattern) => pattern.test(path)) &&
    (!PACKAGES.test(path) || included.some((pattern) => pattern.test(path)));
}

function patterns(list = ""): RegExp[] {
  return list.split(",").map((text) => text.trim()).filter((text) =>
    text !== ""
  ).map(patternOf);
}

function patternOf(text: string): RegExp {
  if (!text.includes("*")) return new RegExp(escape(text));
  const body = text.replace(/^\//, "").split(/(\*\*\/?|\*)/).map((part) => {
    if (part === "*") return "[^/]*";
    if (part.startsWith("**")) return part === "**" ? ".*" : "(?:.*/)?";
    return escape(part);
  }).join("");
  return new RegExp(`${text.startsWith("/") ? "^/" : "(?:^|/)"}${body}$`);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
