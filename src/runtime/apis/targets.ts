/**
 * What operations work on, as the trace names it: short and without secrets.
 * From a path only the base name, from a command only the program, from an SQL
 * text only the verb. Nothing here calls code of the program's.
 */

import type { MayRunProgram, TargetOf } from "./api_table.ts";

/** Getter of a URL's path: the program may have put another in its place. */
const pathnameOf = Object.getOwnPropertyDescriptor(URL.prototype, "pathname")
  ?.get;

/** The file that argument number `at` names: a path or a `file:` URL. */
export function fileTarget(at = 0): TargetOf {
  return (args) => baseName(args[at]);
}

/** The base name of a path, or undefined for what is none, as a descriptor. */
export function baseName(path: unknown): string | undefined {
  if (typeof path === "string") return lastPart(path);
  if (!(path instanceof URL) || pathnameOf === undefined) return undefined;
  const name = lastPart(pathnameOf.call(path));
  return name === undefined ? undefined : decode(name);
}

function lastPart(path: string): string | undefined {
  let end = path.length;
  while (end > 1 && isSeparator(path.charCodeAt(end - 1))) end--;
  let begin = end;
  while (begin > 0 && !isSeparator(path.charCodeAt(begin - 1))) begin--;
  return begin === end ? undefined : path.slice(begin, end);
}

/** True for `/` and for Windows' other one, which is rare in names elsewhere. */
function isSeparator(code: number): boolean {
  return code === 47 || code === 92;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * True if what is to be written, argument number `at`, is no text and no bytes:
 * the program may be asked for it bit by bit.
 */
export function streamed(at = 1): MayRunProgram {
  return (args) => {
    const data = args[at];
    return typeof data === "object" && data !== null &&
      !ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer);
  };
}

/** The program that argument number `at` is the path of, or the name. */
export function programTarget(at = 0): TargetOf {
  return (args) => programName(args[at]);
}

/**
 * The base name of a program. With a blank in it, it may be a whole command
 * line with arguments: no name is better than one of these.
 */
export function programName(program: unknown): string | undefined {
  if (typeof program === "string" && /\s/.test(program)) return undefined;
  return baseName(program);
}

/** The first program that the command line in argument number `at` calls. */
export function commandTarget(at = 0): TargetOf {
  return (args) => commandName(args[at]);
}

/**
 * The base name of the program that a shell's command line calls first. Where it
 * does not begin with a plain word followed by a blank, it is the shell's matter:
 * a variable may be set there, and to a secret.
 */
export function commandName(line: unknown): string | undefined {
  if (typeof line !== "string") return undefined;
  const word = /^\s*([\w./@+-]+)(?=\s|$)/.exec(line)?.[1];
  return word === undefined ? undefined : lastPart(word);
}

/** The host that argument number `at` names. */
export function hostTarget(at = 0): TargetOf {
  return (args) => {
    const host = args[at];
    return typeof host === "string" ? host : undefined;
  };
}

/** What a statement of SQL may begin with. */
const VERBS: ReadonlySet<string> = new Set([
  "ALTER",
  "ANALYZE",
  "ATTACH",
  "BEGIN",
  "CALL",
  "COMMIT",
  "COPY",
  "CREATE",
  "DELETE",
  "DETACH",
  "DROP",
  "END",
  "EXPLAIN",
  "GRANT",
  "INSERT",
  "LISTEN",
  "LOCK",
  "MERGE",
  "NOTIFY",
  "PRAGMA",
  "REINDEX",
  "RELEASE",
  "REPLACE",
  "REVOKE",
  "ROLLBACK",
  "SAVEPOINT",
  "SELECT",
  "SET",
  "SHOW",
  "START",
  "TRUNCATE",
  "UNLISTEN",
  "UPDATE",
  "UPSERT",
  "VACUUM",
  "VALUES",
  "WITH",
]);

/** Blanks, comments and brackets before the verb. */
const BEFORE_VERB = /^(?:[\s(;]|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*([a-z]+)/i;

/** The verb of the SQL text in argument number `at`. */
export function sqlTarget(at = 0): TargetOf {
  return (args) => sqlVerb(args[at]);
}

/** The verb that a text of SQL begins with: nothing else of it is told. */
export function sqlVerb(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  const verb = BEFORE_VERB.exec(text)?.[1].toUpperCase();
  return verb !== undefined && VERBS.has(verb) ? verb : undefined;
}
