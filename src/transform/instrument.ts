/**
 * Puts the calls of the exact front end into a module's source.
 *
 * The result does what the source does, and tells `$looptrace` of each run of
 * an async function: its begin and end, each `await` and `yield` around what
 * is waited for, and where an await that is not written has been passed. The
 * calls are described in `core/call_hooks.ts`.
 *
 * 1. A source without `async` and `await` is not even parsed.
 * 2. The tree is walked once; what goes where is collected (`insertions.ts`).
 * 3. Nothing is taken out and no line feed is put in but one at the very end,
 *    so every line keeps its number.
 */

import type {
  ArrowFunctionExpression,
  AwaitExpression,
  BlockStatement,
  Expression,
  ForOfStatement,
  Function as FunctionNode,
  Node,
  ParseResult,
  Program,
  ReturnStatement,
  TryStatement,
  YieldExpression,
} from "oxc-parser";
import { Insertions } from "./insertions.ts";
import { findKeywords, type Keywords } from "./keywords.ts";
import { Lines } from "./lines.ts";
import { functionName } from "./names.ts";
import {
  type Call,
  callOf,
  canStandInBlock,
  declaresUsing,
  holds,
  isCallLike,
  isSuspension,
  isYieldAll,
  mayBePromise,
  partsOf,
} from "./syntax.ts";

/** What a source is written in, as the parser calls it. */
export type Language = "js" | "jsx" | "ts" | "tsx";

/**
 * Gives the number of a site; 0 if there is no room for more.
 *
 * @param fn The function's name.
 * @param file The file as `InstrumentOptions.file` has it.
 * @param line Where the site is; from 1.
 * @param functionLine Where its function begins.
 */
export type AddSite = (
  fn: string,
  file: string,
  line: number,
  functionLine: number,
) => number;

/** `parseSync` of oxc-parser. */
export type Parse = (
  file: string,
  source: string,
  options: { lang: Language; sourceType: "module"; astType: "js" },
) => ParseResult;

/** What is to be known of a source. */
export interface InstrumentOptions {
  readonly parse: Parse;
  /** URL or absolute path of the author's file, for the sites. */
  readonly file: string;
  readonly language: Language;
  readonly addSite: AddSite;
  /** The site name of the module itself, needed if it awaits. */
  readonly moduleName: string;
  /**
   * From a place in `source` to the line in the author's file, if the runtime
   * has compiled it in between. Line and column begin at 1 and 0.
   */
  lineOf?(line: number, column: number): number | undefined;
  /**
   * Says whether a source that parses is a module to be changed. Asked for
   * files whose name does not tell. @default {() => true}
   */
  isModule?(program: Program, source: string): boolean;
}

/** What became of a source. */
export type Instrumented =
  /** Nothing to change. */
  | { readonly kind: "unchanged" }
  /** Left as it is, though it may have something to change; `why` completes "skipped: ". */
  | { readonly kind: "skipped"; readonly why: string }
  | {
    readonly kind: "changed";
    readonly code: string;
    readonly insertions: Insertions;
  };

const UNCHANGED: Instrumented = { kind: "unchanged" };

/** Puts the calls into `source`. Never throws. */
export function instrument(
  source: string,
  options: InstrumentOptions,
): Instrumented {
  if (!mayAwait(source)) return UNCHANGED;
  if (source.includes(HOOKS)) {
    return { kind: "skipped", why: `it uses the name ${HOOKS}` };
  }
  try {
    const { parse, file, language: lang } = options;
    const { program, errors } = parse(file, source, {
      lang,
      sourceType: "module",
      astType: "js", // a third smaller
    });
    const error = errors.find(({ severity }) => severity === "Error");
    if (error !== undefined) {
      return { kind: "skipped", why: `it cannot be parsed: ${error.message}` };
    }
    if (options.isModule?.(program, source) === false) {
      return { kind: "skipped", why: "it is CommonJS" };
    }
    const insertions = new Instrumenter(source, options).instrument(program);
    if (insertions.count === 0) return UNCHANGED;
    return { kind: "changed", code: insertions.applyTo(source), insertions };
  } catch (error) {
    // Such as a tree too deep for the stack: the program can do without.
    return { kind: "skipped", why: `it could not be changed: ${error}` };
  }
}

/** False if no function of the source can wait. */
export function mayAwait(source: string): boolean {
  return source.includes("async") || source.includes("await");
}

const HOOKS = "$looptrace";

/** The innermost function whose awaits are marked, or the module. */
interface Scope {
  readonly kind: "function" | "generator" | "module";
  readonly name: string;
  readonly line: number;
  /** How many statements that run code after a `return` stand around: then its call is no tail. */
  guards: number;
}

class Instrumenter {
  readonly #source: string;
  readonly #options: InstrumentOptions;
  readonly #lines: Lines;
  readonly #keywords: Keywords;
  /** Of the keywords, those that matter in the scope. */
  #nextWord: Uint32Array;
  /** The local variable that holds the call. Each function has its own. */
  readonly #call: string;
  readonly #insertions = new Insertions();
  /** What the visited node stands in, the innermost last. */
  readonly #parents: Node[] = [];
  /** Last arguments that tell when a call begins, not visited yet. */
  readonly #lastArguments: Node[] = [];
  /** Undefined where no await can be or none is marked. */
  #scope: Scope | undefined;
  #moduleAwaits = false;

  constructor(source: string, options: InstrumentOptions) {
    this.#source = source;
    this.#options = options;
    this.#lines = new Lines(source);
    this.#keywords = findKeywords(source);
    this.#nextWord = this.#keywords.waiting;
    this.#call = freeName("$call", source);
  }

  instrument(program: Program): Insertions {
    const name = this.#options.moduleName;
    this.#scope = { kind: "module", name, line: 1, guards: 0 };
    this.#visitChildren(program);
    if (this.#moduleAwaits) {
      const site = this.#options.addSite(name, this.#options.file, 1, 1);
      const begin = `const ${this.#call}=${HOOKS}.module(${site});`;
      this.#putFirst(program, lineAfterHashbang(program, this.#source), begin);
      this.#insertions.put(
        this.#source.length,
        `\n;${HOOKS}.exit(${this.#call});`,
      );
    }
    return this.#insertions;
  }

  #visit(node: Node): void {
    if (!this.#mayHoldSomething(node)) return;
    const isLastArgument = this.#lastArguments.at(-1) === node;
    if (isLastArgument) {
      this.#lastArguments.pop();
      this.#put(node.start, `${HOOKS}.argument(${this.#call},`);
    }
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#visitFunction(node);
        break;
      case "AwaitExpression":
        this.#visitAwait(node);
        break;
      case "YieldExpression":
        this.#visitYield(node);
        break;
      case "ReturnStatement":
        this.#visitReturn(node);
        break;
      case "TryStatement":
        this.#visitTry(node);
        break;
      case "ForOfStatement":
      case "LabeledStatement":
      case "BlockStatement":
      case "ExpressionStatement":
      case "VariableDeclaration":
        this.#visitStatement(node);
        break;
      default:
        this.#visitChildren(node);
    }
    if (isLastArgument) this.#put(node.end, ")");
  }

  /** False for the many nodes in which there is nothing to mark. */
  #mayHoldSomething(node: Node): boolean {
    if (this.#nextWord[node.start] < node.end) return true;
    // A method's function begins behind its `async`.
    if (node.type === "FunctionExpression" && node.async) return true;
    const argument = this.#lastArguments.at(-1);
    return argument !== undefined && node.start <= argument.start &&
      argument.end <= node.end;
  }

  #visitChildren(node: Node): void {
    this.#parents.push(node);
    // Of all ways to go through a tree the quickest by far: this is where a start's time goes.
    for (const key in node) {
      const value: unknown = node[key as keyof Node];
      if (typeof value !== "object" || value === null) continue;
      if (Array.isArray(value)) {
        for (const item of value) if (item !== null) this.#visit(item);
      } else this.#visit(value as Node);
    }
    this.#parents.pop();
  }

  #visitIn(scope: Scope | undefined, visit: () => void): void {
    const outer = this.#scope;
    const outerWord = this.#nextWord;
    this.#scope = scope;
    this.#nextWord = scope === undefined
      ? this.#keywords.waiting
      : this.#keywords.all;
    visit();
    this.#scope = outer;
    this.#nextWord = outerWord;
  }

  #visitFunction(node: FunctionNode | ArrowFunctionExpression): void {
    const { body } = node;
    if (
      !node.async || body === null ||
      (body.type === "BlockStatement" && !canStandInBlock(body))
    ) {
      this.#visitIn(undefined, () => this.#visitChildren(node));
      return;
    }
    const name = functionName(node, this.#parents, this.#source);
    const line = this.#lineOf(this.#beginningOf(node));
    const scope: Scope = {
      kind: node.generator ? "generator" : "function",
      name,
      line,
      guards: 0,
    };
    const site = this.#options.addSite(name, this.#options.file, line, line);
    const enter = node.generator ? "generate" : "enter";
    const begin = `const ${this.#call}=${HOOKS}.${enter}(${site});try{`;
    const end = `}finally{${HOOKS}.exit(${this.#call})}`;

    this.#parents.push(node);
    this.#visitIn(undefined, () => {
      for (const parameter of node.params) this.#visit(parameter);
    });
    this.#visitIn(scope, () => {
      if (body.type === "BlockStatement") {
        this.#putFirst(body, body.start + 1, begin);
        this.#visit(body);
        this.#put(body.end - 1, end);
      } else {
        this.#put(body.start, `{${begin}return(`);
        this.#visitTail(body as Expression, "");
        this.#put(body.end, `)${end}}`);
      }
    });
    this.#parents.pop();
  }

  /** Where the author sees a function begin: a method begins with its name. */
  #beginningOf(node: Node): number {
    const parent = this.#parents.at(-1);
    switch (parent?.type) {
      case "MethodDefinition":
        return parent.key.start;
      case "Property":
        return parent.method ? parent.key.start : node.start;
      default:
        return node.start;
    }
  }

  #visitAwait(node: AwaitExpression): void {
    const scope = this.#scope;
    if (scope === undefined) return this.#visitChildren(node);
    const { argument } = node;
    const call = callOf(argument);
    const site = this.#awaitSite(scope, node);
    this.#put(node.start, `${HOOKS}.resume(${this.#call},`);
    const gap = argument.start === node.start + "await".length ? " " : "";
    const marked = call === undefined
      ? undefined
      : this.#markBeginning(call, "mark");
    this.#put(
      argument.start,
      marked === undefined
        ? `${gap}${HOOKS}.wait(${this.#call},${site},`
        : `${gap}${HOOKS}.waitCall(${marked},${site},`,
    );
    this.#visitChildren(node);
    this.#put(node.end, "))");
  }

  /**
   * Sees to it that the call's own beginning can be told from what is called
   * to find out its callee and arguments.
   *
   * @returns what to hand over for the caller's call, undefined if there is no
   * argument to tell the beginning by
   */
  #markBeginning(call: Call, mark: string): string | undefined {
    const { callee, args } = partsOf(call);
    const callsBefore = (callee !== undefined && holds(callee, isCallLike)) ||
      args.some((argument) => holds(argument, isCallLike));
    if (!callsBefore) return `${HOOKS}.${mark}(${this.#call})`;
    const last = args.at(-1);
    if (last === undefined) return undefined;
    this.#lastArguments.push(
      last.type === "SpreadElement" ? last.argument : last,
    );
    return this.#call;
  }

  #visitYield(node: YieldExpression): void {
    const scope = this.#scope;
    if (scope === undefined || node.delegate) return this.#visitChildren(node);
    const { argument } = node;
    const site = this.#awaitSite(scope, node);
    const yielding = `${HOOKS}.yielding(${this.#call},${site},`;
    this.#put(node.start, `${HOOKS}.yielded(${this.#call},`);
    if (argument === null) {
      this.#put(node.end, ` ${yielding}void 0))`);
      return;
    }
    const gap = argument.start === node.start + "yield".length ? " " : "";
    this.#put(argument.start, gap + yielding);
    this.#visitChildren(node);
    this.#put(node.end, "))");
  }

  #visitReturn(node: ReturnStatement): void {
    const { argument } = node;
    if (argument === null) return;
    this.#parents.push(node);
    const gap = argument.start === node.start + "return".length ? " " : "";
    this.#visitTail(argument, gap);
    this.#parents.pop();
  }

  /** Visits what a function returns. */
  #visitTail(expression: Expression, gap: string): void {
    const call = this.#scope?.kind === "function" && this.#scope.guards === 0
      ? callOf(expression)
      : undefined;
    const marked = call === undefined
      ? undefined
      : this.#markBeginning(call, "markTail");
    if (marked === undefined) {
      const isResult = this.#scope?.kind === "function" &&
        mayBePromise(expression);
      if (isResult) {
        this.#put(expression.start, `${gap}${HOOKS}.result(${this.#call},`);
      }
      this.#visit(expression);
      if (isResult) this.#put(expression.end, ")");
      return;
    }
    this.#put(expression.start, `${gap}${HOOKS}.tail(${marked},`);
    this.#visit(expression);
    this.#put(expression.end, ")");
  }

  #visitTry(node: TryStatement): void {
    if (this.#scope === undefined) return this.#visitChildren(node);
    const { block, handler, finalizer } = node;
    const caught = `${HOOKS}.caught(${this.#call});`;
    const blockSuspends = holds(block, isSuspension);
    if (handler !== null && blockSuspends) {
      this.#put(handler.body.start + 1, caught);
    }
    if (
      finalizer !== null &&
      (blockSuspends || (handler !== null && holds(handler, isSuspension)))
    ) this.#put(finalizer.start + 1, caught);
    this.#guarded(() => this.#visitChildren(node));
  }

  /** Visits where code runs after a `return`. */
  #guarded(visit: () => void): void {
    const scope = this.#scope;
    if (scope !== undefined) scope.guards++;
    visit();
    if (scope !== undefined) scope.guards--;
  }

  /** Statements that may await without saying so: afterwards that is over. */
  #visitStatement(node: Node): void {
    const position = this.#scope !== undefined && this.#awaitsUnwritten(node)
      ? positionOf(node, this.#parents.at(-1))
      : undefined;
    if (position === undefined) return this.#visitStatementItself(node);
    const passed = this.#passed();
    if (position === "single") this.#put(node.start, "{");
    this.#visitStatementItself(node);
    const gap = this.#isOpenEnded(node) ? ";" : "";
    this.#put(node.end, gap + passed + (position === "single" ? "}" : ""));
  }

  #visitStatementItself(node: Node): void {
    if (node.type === "ForOfStatement" && awaitsEachTime(node)) {
      this.#guarded(() => this.#visitForAwait(node));
    } else if (
      node.type === "ForOfStatement" && declaresUsing([node.left])
    ) {
      this.#guarded(() => this.#visitChildren(node));
    } else if (node.type === "BlockStatement" && declaresUsing(node.body)) {
      this.#guarded(() => this.#visitChildren(node));
    } else this.#visitChildren(node);
  }

  #visitForAwait(node: ForOfStatement): void {
    if (this.#scope === undefined) return this.#visitChildren(node);
    const { left, right, body } = node;
    const site = this.#awaitSite(this.#scope, node);
    this.#parents.push(node);
    this.#visit(left);
    if (node.await) this.#visitIterated(right, site);
    else this.#visit(right); // it disposes of each, but waits for none
    if (body.type === "BlockStatement") {
      this.#put(body.start + 1, this.#passed());
      this.#visit(body);
    } else {
      this.#put(body.start, `{${this.#passed()}`);
      this.#visit(body);
      this.#put(body.end, "}");
    }
    this.#parents.pop();
  }

  /** Visits what a `for await` loops over. */
  #visitIterated(iterable: Expression, site: number): void {
    const { start, end } = iterable;
    const gap = this.#source.slice(start - 2, start) === "of" ? " " : "";
    this.#put(start, `${gap}${HOOKS}.iterate(${this.#call},${site},`);
    this.#visit(iterable);
    this.#put(end, ")");
  }

  #awaitsUnwritten(node: Node): boolean {
    switch (node.type) {
      case "ForOfStatement":
        return awaitsEachTime(node);
      case "LabeledStatement":
        return this.#awaitsUnwritten(node.body);
      case "BlockStatement":
        return declaresUsing(node.body, "await using");
      case "ExpressionStatement":
      case "VariableDeclaration":
        return this.#scope?.kind === "generator" && holds(node, isYieldAll);
      default:
        return false;
    }
  }

  /** True for a statement that the author has left without its semicolon. */
  #isOpenEnded(node: Node): boolean {
    return this.#source[node.end - 1] !== ";" &&
      (node.type === "ExpressionStatement" ||
        node.type === "VariableDeclaration");
  }

  #passed(): string {
    if (this.#scope?.kind === "module") this.#moduleAwaits = true;
    return `${HOOKS}.passed(${this.#call});`;
  }

  #awaitSite(scope: Scope, node: Node): number {
    if (scope.kind === "module") this.#moduleAwaits = true;
    return this.#options.addSite(
      scope.name,
      this.#options.file,
      this.#lineOf(node.start),
      scope.line,
    );
  }

  /** Puts `text` before the first statement, but after directives, which must be first. */
  #putFirst(block: Program | BlockStatement, at: number, text: string): void {
    let gap = "";
    for (const statement of block.body) {
      if (
        statement.type !== "ExpressionStatement" ||
        typeof (statement as { directive?: unknown }).directive !== "string"
      ) break;
      at = statement.end;
      gap = ";";
    }
    this.#put(at, gap + text);
  }

  #put(at: number, text: string): void {
    this.#insertions.put(at, text);
  }

  /** The line in the author's file. */
  #lineOf(offset: number): number {
    const line = this.#lines.lineAt(offset);
    return this.#options.lineOf?.(line, offset - this.#lines.startOf(line)) ??
      line;
  }
}

/** `name`, or with a number behind it if the source has it already. */
function freeName(name: string, source: string): string {
  let free = name;
  for (let i = 1; source.includes(free); i++) free = `${name}${i}`;
  return free;
}

function lineAfterHashbang(program: Program, source: string): number {
  if (program.hashbang === null) return 0;
  const { end } = program.hashbang;
  return end + (source.startsWith("\r\n", end) ? 2 : 1);
}

function awaitsEachTime({ await: awaits, left }: ForOfStatement): boolean {
  return awaits ||
    (left.type === "VariableDeclaration" && left.kind === "await using");
}

/**
 * Whether another statement may stand behind this one: in a list it may, a
 * single one needs braces for both; undefined where it is no statement of its
 * own, or where its function ends with it.
 */
function positionOf(
  node: Node,
  parent: Node | undefined,
): "list" | "single" | undefined {
  switch (parent?.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
    case "SwitchCase":
      return "list";
    case "IfStatement":
    case "TryStatement":
    case "CatchClause":
      return "single";
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return parent.body === node ? "single" : undefined;
    default:
      return undefined; // a label's statement is handled with the label
  }
}
