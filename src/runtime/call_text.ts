/**
 * What the program's text says at a call.
 *
 * Where the first await of an async function is seen through an accessor, the
 * function itself is no longer on the stack: the innermost frame is its caller,
 * at the position of the call. The name of the function, and whether its result
 * is awaited on the spot, are in the text there.
 *
 * A wrong name is worse than none. So a name counts only if the text calls it at
 * that very place and, for a plain identifier, also says what it stands for: an
 * async function of the same file, or an import.
 */

/** What is done with what a call gives: another thing than these two is `other`. */
export type CallUse = "awaited" | "returned" | "other";

/** What stands at a position; see the head of this file. */
export interface CallText {
  /** Name of the function that is called, or undefined if that is not sure. */
  readonly callee: string | undefined;
  /** Line in which that function begins, 0 if it is not in this text. */
  readonly calleeLine: number;
  /** What becomes of its result where it stands, or undefined if that is not sure. */
  readonly use: CallUse | undefined;
  /** True if the text reads a property `constructor` there, and calls nothing. */
  readonly isRead: boolean;
}

/** Nothing is known of a position. */
export const UNKNOWN_CALL: CallText = {
  callee: undefined,
  calleeLine: 0,
  use: undefined,
  isRead: false,
};

/** Properties that call something else, or are what an engine calls. */
const NO_NAMES = new Set(["call", "apply", "bind", "next", "return", "throw"]);

const IDENTIFIER = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;

/** Longest text that is looked at in front of a call. */
const MAX_BEFORE = 400;

/**
 * Reads the call that begins at `line` and `column`, both from 1, of `text`:
 * where an engine puts a call, at the last name of what is called.
 */
export function readCall(
  text: string,
  line: number,
  column: number,
): CallText {
  const lineStart = startOfLine(text, line);
  if (lineStart < 0 || column < 1) return UNKNOWN_CALL;
  const at = lineStart + column - 1;
  IDENTIFIER.lastIndex = at;
  const name = IDENTIFIER.exec(text)?.[0];
  if (name === undefined) return UNKNOWN_CALL;
  const before = text.slice(Math.max(0, at - MAX_BEFORE), at);
  // In the middle of a word: the position is not what was thought.
  if (/[\p{ID_Continue}$#]$/u.test(before)) return UNKNOWN_CALL;
  const isMember = /\.\s*$/.test(before);
  if (!isCalled(text, at + name.length)) {
    return isMember && name === "constructor"
      ? { ...UNKNOWN_CALL, isRead: true }
      : UNKNOWN_CALL;
  }
  const use = useAt(before);
  const known = isMember ? memberNamed(text, name) : functionNamed(text, name);
  return { ...UNKNOWN_CALL, ...known, use };
}

/** Offset at which `line`, from 1, begins, or -1 if the text is shorter. */
function startOfLine(text: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) {
    at = text.indexOf("\n", at) + 1;
    if (at === 0) return -1;
  }
  return at;
}

/** True if a call's parenthesis follows, perhaps after type arguments. */
function isCalled(text: string, at: number): boolean {
  return /^\s*(?:<[^()=;{}]*>\s*)?(?:\?\.\s*)?\(/.test(
    text.slice(at, at + 200),
  );
}

/** What stands before the chain of names that `before` ends in. */
function useAt(before: string): CallUse | undefined {
  const chain = /(?:[\p{ID_Continue}$#]+\s*(?:!\s*)?\??\.\s*)*$/u.exec(before)!;
  const rest = before.slice(0, chain.index);
  // `new K().meth()`, `list[0].fn()`: the chain began before a bracket.
  if (chain[0] !== "" && /[)\]}"'`.]\s*$/.test(rest)) return undefined;
  if (/\.\s*$/.test(rest)) return undefined;
  const word = /(?:^|[^\p{ID_Continue}$.])(await|return)\s+(?:new\s+)?$/u
    .exec(rest);
  if (word !== null) return word[1] === "await" ? "awaited" : "returned";
  return /=>\s*$/.test(rest) ? "returned" : "other";
}

/** Escapes a name for a pattern: of what names hold, only `$` needs it. */
function escape(name: string): string {
  return name.replaceAll("$", "\\$");
}

type KnownCallee = Pick<CallText, "callee" | "calleeLine">;

/** What a plain identifier stands for: an async function or an import. */
function functionNamed(text: string, name: string): KnownCallee | undefined {
  const line = definitionLine(text, name);
  if (line > 0) return { callee: name, calleeLine: line };
  const escaped = escape(name);
  const imported = new RegExp(
    `\\bimport\\b[^;'"]*?[{,]\\s*(?:([\\w$]+)\\s+as\\s+)?${escaped}\\s*[,}]`,
  ).exec(text);
  if (imported === null) return undefined;
  const original = imported[1] ?? name;
  return original === "default"
    ? undefined
    : { callee: original, calleeLine: 0 };
}

/** What a property names: a method of the same file, or another's by its name. */
function memberNamed(text: string, name: string): KnownCallee | undefined {
  if (NO_NAMES.has(name)) return undefined;
  return { callee: name, calleeLine: definitionLine(text, name) };
}

/** Line of the only definition of an async function of that name, or 0. */
function definitionLine(text: string, name: string): number {
  const escaped = escape(name);
  const pattern = new RegExp(
    `\\basync\\s+function\\s*\\*?\\s*${escaped}(?![\\w$])|` +
      `\\basync\\s*\\*?\\s*${escaped}\\s*[(<]|` +
      `(?<![\\w$.#])#?${escaped.replace(/^#/, "")}\\s*[:=]\\s*async\\b`,
    "g",
  );
  const first = pattern.exec(text);
  if (first === null || pattern.exec(text) !== null) return 0;
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < first.index; line++) {
    at = text.indexOf("\n", at + 1);
  }
  return line;
}
