/** The names of functions, as the engine would give them, read off the source. */

import type { Node } from "oxc-parser";

/** How much of the source text may stand in a name. */
const MAX_TEXT = 30;

/** The name of a function that nothing names. */
export const ANONYMOUS = "(anonymous)";

/**
 * The name of a function.
 *
 * Its own, else that of the variable, property or parameter it is the value
 * of, without the class; `<callee> callback` for one that is passed to a call.
 *
 * @param parents What the function stands in, the innermost last.
 */
export function functionName(
  node: Node,
  parents: readonly Node[],
  source: string,
): string {
  if ("id" in node && node.id?.type === "Identifier") return node.id.name;
  let value = node;
  for (let i = parents.length - 1; i >= 0; i--) {
    const parent = parents[i];
    if (!isFrame(parent)) return nameFrom(parent, value, source) ?? ANONYMOUS;
    value = parent;
  }
  return ANONYMOUS;
}

/** True for what stands around an expression without changing it. */
function isFrame(node: Node): boolean {
  switch (node.type) {
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
    case "JSXExpressionContainer":
      return true;
    default:
      return false;
  }
}

function nameFrom(
  parent: Node,
  value: Node,
  source: string,
): string | undefined {
  switch (parent.type) {
    case "VariableDeclarator":
      return parent.id.type === "Identifier" ? parent.id.name : undefined;
    case "AssignmentExpression":
      return value === parent.right ? targetName(parent.left) : undefined;
    case "AssignmentPattern":
      return parent.left.type === "Identifier" ? parent.left.name : undefined;
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
    case "Property":
      return value === parent.value
        ? keyName(parent.key, parent.computed, source)
        : undefined;
    case "JSXAttribute":
      return textOf(parent.name, source);
    case "ExportDefaultDeclaration":
      return "default";
    case "CallExpression":
    case "NewExpression":
      return value === parent.callee
        ? undefined
        : `${textOf(parent.callee, source)} callback`;
    default:
      return undefined;
  }
}

/** Of `handlers.load = ...` the property's name alone, as of a method. */
function targetName(target: Node): string | undefined {
  if (target.type === "Identifier") return target.name;
  if (target.type !== "MemberExpression" || target.computed) return undefined;
  const { property } = target;
  if (property.type === "Identifier") return property.name;
  return property.type === "PrivateIdentifier"
    ? `#${property.name}`
    : undefined;
}

function keyName(key: Node, computed: boolean, source: string): string {
  if (key.type === "Literal") return String(key.value);
  if (computed) return `[${textOf(key, source)}]`;
  return textOf(key, source);
}

/** The source of `node` on one line; of long ones the end, which tells most. */
function textOf(node: Node, source: string): string {
  const text = source.slice(node.start, node.end).replace(/\s+/g, " ");
  return text.slice(-MAX_TEXT);
}
