/** Objects of the runtime's that a `for await` asks for the next value. */

import { explainOpen, type WrapperContext } from "./callback.ts";
import type { Operation } from "./operation.ts";
import { type AnyFunction, replace, replaceAll } from "./replace.ts";

/** Of every async generator, the program's too. */
const AsyncGeneratorPrototype: object =
  Object.getPrototypeOf(async function* () {}).prototype;

/**
 * Wraps a method of `owner` that returns an iterator: awaits of its `next()`.
 * The method may have several `keys`.
 */
export function wrapIteratorMaker(
  owner: object,
  keys: readonly (string | symbol)[],
  operation: Operation,
  context: WrapperContext,
): void {
  replaceAll(
    owner,
    keys,
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const iterator: unknown = Reflect.apply(original, this, args);
        if (typeof iterator === "object" && iterator !== null) {
          wrapNext(iterator, operation, context);
        }
        return iterator;
      },
  );
}

/** Wraps `next` of the iterator, or of all its kind. */
function wrapNext(
  iterator: object,
  operation: Operation,
  context: WrapperContext,
): void {
  const kind: unknown = Object.getPrototypeOf(iterator);
  const isShared = kind === AsyncGeneratorPrototype ||
    kind === Object.prototype || kind === null;
  const isOwn = isShared || Object.hasOwn(iterator, "next");
  replace(
    isOwn ? iterator : kind as object,
    "next",
    (original) => wrapNextOf(original, operation, context),
  );
}

function wrapNextOf(
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
): AnyFunction {
  const { recorder } = context;
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    const promise: unknown = context.callOpen(original, this, args);
    if (promise instanceof Promise) {
      explainOpen(context, promise, operation.wait(args, this));
    }
    return promise;
  };
}
