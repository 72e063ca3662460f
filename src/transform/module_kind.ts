/** Tells a module from a CommonJS script where a file's name does not. */

import type { Node, Program } from "oxc-parser";
import { holds, isSuspension } from "./syntax.ts";

/**
 * True for what Bun evaluates as a module, whatever its package.json and
 * extension say (measured with Bun 1.4.5). It has no `import.meta` rule, and a
 * file with neither kind of syntax is a module too; where that depends on
 * which code is dead, the answer is no.
 */
export function isModuleOnBun(program: Program, source: string): boolean {
  const { body } = program;
  if (body.some(({ type }) => type === "TSExportAssignment")) return false;
  return body.some((statement) =>
    (importsOrExports(statement) && !importsTypesOnly(statement, source)) ||
    holds(statement, isSuspension)
  ) || !(COMMONJS_NAMES.test(source) || holdsOuterThis(program));
}

const COMMONJS_NAMES = /\b(?:module|exports|require|__filename|__dirname)\b/;

function importsOrExports({ type }: Node): boolean {
  switch (type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
    case "ExportAllDeclaration":
      return true;
    default:
      return false;
  }
}

/** Read off the source: the tree has no types. */
function importsTypesOnly(statement: Node, source: string): boolean {
  return statement.type === "ImportDeclaration" &&
    /^import\s+type\s+(?!from\b[^,]*["'])/.test(
      source.slice(statement.start, statement.end),
    );
}

/** True if there is a `this` that is the script's own: not one of a function or class. */
function holdsOuterThis(program: Program): boolean {
  return holds(
    program,
    ({ type }) => type === "ThisExpression",
    ({ type }) =>
      type === "FunctionDeclaration" || type === "FunctionExpression" ||
      type === "ClassBody",
  );
}
