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
export interface Call {
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
export const UNKNOWN_CALL: Call = {
  callee: undefined,
  calleeLine: 0,
  use: undefined,
  isRead: false,
};

/** Properties that call something else, or are what an engine calls. */
const NO_NAMES = new Set(["call", "apply", "bind", "next", "return", "throw"]);

const IDENTIFIER = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;

/** An async function, by its declaration, as a method, or by what it is put into. */
const ASYNC_FUNCTION =
  /\basync\s+function\s*\*?\s*([\w$]+)|\basync\s*\*?\s*(#?[\w$]+)\s*[(<]|(?<![\w$.])(#?[\w$]+)\s*[:=]\s*async\b/g;

/** The names of an import. */
const IMPORT_LIST = /\bimport\b[^;'"{}]*\{([^{}'";]*)\}/g;

/** Longest text that is looked at in front of a call. */
const MAX_BEFORE = 400;

/** The text of a file of the program, prepared for questions about its calls. */
export class CallText {
  readonly #text: string;
  /** Offset at which each line begins. */
  readonly #lines: number[] = [0];
  /** Line of each async function by its name, 0 if there are several. */
  readonly #functions = new Map<string, number>();
  /** Original name of each import by its local one. */
  readonly #imports = new Map<string, string>();

  constructor(text: string) {
    this.#text = text;
    for (
      let at = text.indexOf("\n");
      at >= 0;
      at = text.indexOf("\n", at + 1)
    ) {
      this.#lines.push(at + 1);
    }
    this.#findFunctions();
    this.#findImports();
  }

  /**
   * Reads the call that begins at `line` and `column`, both from 1: where an
   * engine puts a call, at the last name of what is called.
   */
  at(line: number, column: number): Call {
    const lineStart = this.#lines[line - 1];
    if (lineStart === undefined || column < 1) return UNKNOWN_CALL;
    const text = this.#text;
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
    const known = isMember ? this.#member(name) : this.#function(name);
    return { ...UNKNOWN_CALL, ...known, use };
  }

  /** What a plain identifier stands for: an async function or an import. */
  #function(name: string): KnownCallee | undefined {
    const line = this.#functions.get(name);
    if (line !== undefined && line > 0) {
      return { callee: name, calleeLine: line };
    }
    const original = this.#imports.get(name);
    return original === undefined || original === "default"
      ? undefined
      : { callee: original, calleeLine: 0 };
  }

  /** What a property names: a method of this file, or another's by its name. */
  #member(name: string): KnownCallee | undefined {
    if (NO_NAMES.has(name)) return undefined;
    return { callee: name, calleeLine: this.#functions.get(name) ?? 0 };
  }

  #findFunctions(): void {
    let line = 1;
    for (const match of this.#text.matchAll(ASYNC_FUNCTION)) {
      while ((this.#lines[line] ?? Infinity) <= match.index) line++;
      const name = (match[1] ?? match[2] ?? match[3])!;
      this.#functions.set(name, this.#functions.has(name) ? 0 : line);
    }
  }

  #findImports(): void {
    for (const [, list] of this.#text.matchAll(IMPORT_LIST)) {
      for (const part of list.split(",")) {
        const names = /^\s*(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/
          .exec(part);
        if (names !== null) this.#imports.set(names[2] ?? names[1], names[1]);
      }
    }
  }
}

type KnownCallee = Pick<Call, "callee" | "calleeLine">;

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
