/** Questions about a syntax tree: what a node is, what it holds. */

import type {
  CallExpression,
  Expression,
  FunctionBody,
  ImportExpression,
  NewExpression,
  Node,
} from "oxc-parser";

/** An expression that calls something, as the argument of an `await`. */
export type Call = CallExpression | NewExpression | ImportExpression;

/** True for functions of every form; a method's is the value of its property. */
export function isFunction(node: Node): boolean {
  return node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression";
}

/**
 * True if evaluating `node` meets a node that `test` takes. What stands in a
 * function inside it is evaluated some other time and does not count, or
 * whatever else `isBorder` takes.
 */
export function holds(
  node: Node,
  test: (node: Node) => boolean,
  isBorder: (node: Node) => boolean = isFunction,
): boolean {
  if (test(node)) return true;
  if (isBorder(node)) return false;
  for (const key in node) {
    const value: unknown = node[key as keyof Node];
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) {
        if (isNode(item) && holds(item, test, isBorder)) return true;
      }
    } else if (isNode(value) && holds(value, test, isBorder)) return true;
  }
  return false;
}

function isNode(value: unknown): value is Node {
  return typeof (value as { type?: unknown } | null)?.type === "string";
}

/** True for what can leave its function and come back: `await` in all its forms, and `yield`. */
export function isSuspension(node: Node): boolean {
  switch (node.type) {
    case "AwaitExpression":
    case "YieldExpression":
      return true;
    case "ForOfStatement":
      return node.await;
    case "VariableDeclaration":
      return node.kind === "await using";
    default:
      return false;
  }
}

/** True for what can run code of somebody else. */
export function isCallLike(node: Node): boolean {
  switch (node.type) {
    case "CallExpression":
    case "NewExpression":
    case "ImportExpression":
    case "TaggedTemplateExpression":
    case "AwaitExpression":
    case "YieldExpression":
    case "ClassExpression": // its static parts run
      return true;
    default:
      return false;
  }
}

/** True for `yield*`. */
export function isYieldAll(node: Node): boolean {
  return node.type === "YieldExpression" && node.delegate;
}

/** The expression inside parentheses, casts and the frame of an optional chain. */
export function stripped(node: Node): Node {
  switch (node.type) {
    case "ParenthesizedExpression":
    case "ChainExpression":
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
      return stripped(node.expression);
    default:
      return node;
  }
}

/**
 * The call that gives the expression's value, if it is one whose promise is
 * the call's own. `promise.then(...)` gives a promise of `then`'s, which no
 * function that runs will settle.
 */
export function callOf(expression: Expression): Call | undefined {
  const node = stripped(expression);
  switch (node.type) {
    case "NewExpression":
    case "ImportExpression":
      return node;
    case "CallExpression":
      return isReaction(node) ? undefined : node;
    default:
      return undefined;
  }
}

const REACTIONS = new Set(["then", "catch", "finally"]);

function isReaction(call: CallExpression): boolean {
  const callee = stripped(call.callee);
  if (callee.type !== "MemberExpression") return false;
  const { property } = callee;
  if (!callee.computed) {
    return property.type === "Identifier" && REACTIONS.has(property.name);
  }
  return property.type === "Literal" && typeof property.value === "string" &&
    REACTIONS.has(property.value);
}

/** What is evaluated before a call, in order: what is called and what it is called with. */
export function partsOf(call: Call): { callee?: Node; args: Node[] } {
  if (call.type !== "ImportExpression") {
    return { callee: call.callee, args: call.arguments };
  }
  return {
    args: call.options === null ? [call.source] : [call.source, call.options],
  };
}

/**
 * True if the function's body can stand in a block of its own. A function's
 * own level allows to declare a function twice, or as a `var` too; the level
 * of a block allows neither.
 */
export function canStandInBlock(body: FunctionBody): boolean {
  const names = new Set<string>();
  for (const statement of body.body) {
    if (statement.type !== "FunctionDeclaration" || statement.id === null) {
      continue;
    }
    if (names.has(statement.id.name)) return false;
    names.add(statement.id.name);
  }
  return names.size === 0 || !body.body.some((statement) =>
    holds(
      statement,
      (node) =>
        node.type === "VariableDeclaration" && node.kind === "var" &&
        node.declarations.some(({ id }) => bindsOneOf(id, names)),
    )
  );
}

function bindsOneOf(pattern: Node, names: ReadonlySet<string>): boolean {
  switch (pattern.type) {
    case "Identifier":
      return names.has(pattern.name);
    case "AssignmentPattern":
      return bindsOneOf(pattern.left, names);
    case "RestElement":
      return bindsOneOf(pattern.argument, names);
    case "ArrayPattern":
      return pattern.elements.some((element) =>
        element !== null && bindsOneOf(element, names)
      );
    case "ObjectPattern":
      return pattern.properties.some((property) =>
        bindsOneOf(
          property.type === "Property" ? property.value : property,
          names,
        )
      );
    default:
      return false;
  }
}

/** True for a list of statements that declares something to be disposed of at its end. */
export function declaresUsing(
  statements: readonly Node[],
  kind?: "await using",
): boolean {
  return statements.some((node) =>
    node.type === "VariableDeclaration" &&
    (node.kind === "await using" ||
      (kind === undefined && node.kind === "using"))
  );
}

/** Expressions whose value may be a promise. */
const PROMISE_LIKE = new Set([
  "AssignmentExpression",
  "CallExpression",
  "ChainExpression",
  "ConditionalExpression",
  "Identifier",
  "ImportExpression",
  "LogicalExpression",
  "MemberExpression",
  "NewExpression",
  "SequenceExpression",
  "TaggedTemplateExpression",
]);

/** True for an expression that may give a promise and can be an argument. */
export function mayBePromise(expression: Expression): boolean {
  if (expression.type === "SequenceExpression") return false;
  const inner = stripped(expression);
  const isUndefined = inner.type === "Identifier" && inner.name === "undefined";
  return PROMISE_LIKE.has(inner.type) && !isUndefined;
}
