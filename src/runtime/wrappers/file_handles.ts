/**
 * What `fs.promises.open` gives. Its class is nobody's property, so it is found
 * when the first of its objects is made: that is an emitter of events, whose
 * constructor the program can reach. Until then that tells of each emitter.
 */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import { baseName } from "../apis/targets.ts";
import { builtin } from "../builtins.ts";
import type { WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { Operation } from "./operation.ts";
import { wrapOperation, wrapPromise } from "./operations.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";

/** Name of the class, in all runtimes. */
const CLASS = "FileHandle";

/** What the constructor of emitters calls, except Bun's. */
const INIT = "init";

/** What the constructor of emitters sets, on Bun only. */
const FIELD = "_events";

/** Wraps the methods of `row` as soon as `promises.open` makes an object of theirs. */
export function wrapFileHandles(
  row: ApiRow,
  context: WrapperContext,
  promises: object,
): void {
  const open = operationName(row.madeBy!, "open");
  const operation = new Operation(
    context.sites,
    open,
    row.reason,
    ([path]) => baseName(path),
  );
  let isFound = false;
  const found = (prototype: object) => {
    isFound = true;
    for (const key of row.keys) {
      wrapOperation(
        row,
        prototype,
        key,
        operationOf(row, key, context),
        context,
      );
    }
  };
  replace(promises, "open", (original) => {
    const wrapper = wrapPromise(original, operation, context);
    return function (this: unknown, ...args: unknown[]): unknown {
      if (!isFound) watchEmitters(found);
      return Reflect.apply(wrapper, this, args);
    };
  });
}

let isWatching = false;

/** Calls `found` with the prototype of the next handle that is made. */
function watchEmitters(found: (prototype: object) => void): void {
  const emitter = builtin("node:events") as EmitterClass | undefined;
  if (isWatching || emitter?.prototype === undefined) return;
  const stop = watchField(emitter.prototype, see) ?? watchInit(emitter, see);
  isWatching = stop !== undefined;

  function see(made: object): void {
    const prototype = handlePrototype(made);
    if (prototype === undefined || !isWatching) return;
    isWatching = false;
    stop?.();
    found(prototype);
  }
}

interface EmitterClass {
  readonly prototype?: object;
}

/**
 * Calls `see` with each emitter that is made.
 *
 * @returns what ends it, undefined where it cannot be
 */
function watchInit(
  emitter: object,
  see: (made: object) => void,
): (() => void) | undefined {
  const original = Object.getOwnPropertyDescriptor(emitter, INIT);
  if (typeof original?.value !== "function" || !original.configurable) return;
  const init = original.value as AnyFunction;
  const value = function (this: object, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(init, this, args);
    see(this);
    return result;
  };
  mimic(value, init);
  if (!Reflect.defineProperty(emitter, INIT, { ...original, value })) return;
  return () => {
    if (Reflect.get(emitter, INIT) === value) {
      Reflect.defineProperty(emitter, INIT, original);
    }
  };
}

/** As {@linkcode watchInit}, through a setter of the field that each emitter has. */
function watchField(
  prototype: object,
  see: (made: object) => void,
): (() => void) | undefined {
  // The others' prototype has one too.
  if (Object.hasOwn(prototype, FIELD)) return;
  const isDefined = Reflect.defineProperty(prototype, FIELD, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set(this: object, value: unknown) {
      // What it would have been without us.
      Reflect.defineProperty(this, FIELD, {
        value,
        writable: true,
        configurable: true,
        enumerable: true,
      });
      see(this);
    },
  });
  return isDefined ? () => Reflect.deleteProperty(prototype, FIELD) : undefined;
}

/** The prototype of `object` if it is a handle; asks nothing of the program's. */
function handlePrototype(object: object): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (typeof prototype !== "object" || prototype === null) return undefined;
  const made = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const isHandle = typeof made === "function" &&
    Object.getOwnPropertyDescriptor(made, "name")?.value === CLASS &&
    Object.hasOwn(prototype, "readableWebStream");
  return isHandle ? prototype : undefined;
}
