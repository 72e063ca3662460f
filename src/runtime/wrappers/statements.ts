/** SQLite's statements: those of Bun, and rows that are read one at a time. */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import { sqlTarget } from "../apis/targets.ts";
import type { WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { Operation } from "./operation.ts";
import { applyHidden, wrapSync } from "./operations.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";

/** Functions of `bun:sqlite`'s databases that return a statement. */
const MAKERS = ["prepare", "query"] as const;

/** Returns an iterator of the rows. */
const ITERATE = "iterate";

/** Wraps the functions of `row`, which return an iterator: each step blocks. */
export function wrapIterated(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(
      owner,
      key,
      (original) => wrapIterate(original, operation, context),
    );
  }
}

function wrapIterate(
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
): AnyFunction {
  const { recorder } = context;
  return function (this: unknown, ...args: unknown[]): unknown {
    const iterator: unknown = Reflect.apply(original, this, args);
    if (!recorder.isRecording || !isObject(iterator)) return iterator;
    const site = operation.site(args, this);
    replace(iterator, "next", (next) => wrapStep(next, site, context));
    return iterator;
  };
}

function wrapStep(
  original: AnyFunction,
  site: number,
  { recorder }: WrapperContext,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    const began = recorder.clockNow();
    try {
      return applyHidden(recorder, original, this, args);
    } finally {
      if (recorder.isLong(began)) recorder.syscall(site, began);
    }
  };
}

/**
 * Wraps the methods of the statements that `databases`, the prototype of Bun's
 * databases, make: each statement has them as properties of its own.
 */
export function wrapBunStatements(
  row: ApiRow,
  context: WrapperContext,
  databases: object,
): void {
  const methods = row.keys.map((key) => new Methods(row, key, context));
  for (const key of MAKERS) {
    const operation = new Operation(
      context.sites,
      operationName(row.madeBy!, key),
      row.reason,
      sqlTarget(),
    );
    replace(databases, key, (original) => {
      const wrapped = wrapSync(original, operation, context);
      return function (this: unknown, ...args: unknown[]): unknown {
        const statement: unknown = Reflect.apply(wrapped, this, args);
        // Also while nothing records: statements are kept.
        if (isObject(statement)) {
          for (const method of methods) method.wrapIn(statement);
        }
        return statement;
      };
    });
  }
}

/**
 * One method of all statements. They share few functions, and are made often: so
 * there is one wrapper for each function, which a statement is given.
 */
class Methods {
  readonly #key: string;
  readonly #context: WrapperContext;
  readonly #operation: Operation;
  readonly #wrappers = new WeakMap<AnyFunction, AnyFunction>();

  constructor(row: ApiRow, key: string, context: WrapperContext) {
    this.#key = key;
    this.#context = context;
    this.#operation = operationOf(row, key, context);
  }

  wrapIn(statement: object): void {
    const original: unknown = Reflect.get(statement, this.#key);
    if (typeof original !== "function") return;
    const wrapper = this.#wrapperOf(original as AnyFunction);
    if (wrapper !== original) Reflect.set(statement, this.#key, wrapper);
  }

  #wrapperOf(original: AnyFunction): AnyFunction {
    const known = this.#wrappers.get(original);
    if (known !== undefined) return known;
    const wrapper = this.#key === ITERATE
      ? wrapIterate(original, this.#operation, this.#context)
      : wrapSync(original, this.#operation, this.#context);
    mimic(wrapper, original);
    this.#wrappers.set(original, wrapper);
    // A statement that comes again has it already.
    this.#wrappers.set(wrapper, wrapper);
    return wrapper;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
