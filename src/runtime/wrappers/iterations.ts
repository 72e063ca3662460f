/** Functions that return something to be iterated, with a wait for each value. */

import type { ApiRow } from "../apis/api_table.ts";
import type { Wait } from "../../core/wait.ts";
import { explain, type WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { applyHidden } from "./operations.ts";
import { type AnyFunction, replace } from "./replace.ts";

/**
 * Wraps the functions of `row`, which return an asynchronous iterator or what
 * gives one: to ask it for the next value is the operation.
 *
 * @param also a method of `owner` that does the same as the first of them
 */
export function wrapIteration(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
  also?: symbol,
): void {
  const keys: PropertyKey[] = [...row.keys];
  if (also !== undefined) keys.push(also);
  for (const key of keys) {
    const name = typeof key === "string" ? key : row.keys[0];
    const operation = operationOf(row, name, context);
    replace(
      owner,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const result: unknown = Reflect.apply(original, this, args);
          // Also while nothing records: one that watches outlives recordings.
          if (isObject(result)) {
            watchIterable(result, operation.wait(args, this), context);
          }
          return result;
        },
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function watchIterable(
  iterable: object,
  wait: Wait,
  context: WrapperContext,
): void {
  if ("next" in iterable) {
    watchIterator(iterable, wait, context);
    return;
  }
  replace(
    iterable,
    Symbol.asyncIterator,
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const iterator: unknown = Reflect.apply(original, this, args);
        if (isObject(iterator)) watchIterator(iterator, wait, context);
        return iterator;
      },
  );
}

/** An await of what `iterator.next()` returns waits for `wait`. */
function watchIterator(
  iterator: object,
  wait: Wait,
  context: WrapperContext,
): void {
  replace(iterator, "next", (original) => wrapFixed(original, wait, context));
}

/** A method of one object that returns a promise: an await of it waits for `wait`. */
export function wrapFixed(
  original: AnyFunction,
  wait: Wait,
  context: WrapperContext,
): AnyFunction {
  const { recorder } = context;
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    const promise = applyHidden(recorder, original, this, args);
    if (promise instanceof Promise) explain(context, promise, wait);
    return promise;
  };
}
