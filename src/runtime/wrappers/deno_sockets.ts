/** Deno's sockets, whose classes are found when the first instance is there. */

import { type ApiRow, operationName } from "../apis/api_table.ts";
import type { WrapperContext } from "./callback.ts";
import { LateClass, type PeekResult } from "./late_classes.ts";
import { Operation } from "./operation.ts";
import { wrapKeys, wrapPromise } from "./operations.ts";
import { replace } from "./replace.ts";

/** The part of Deno's internals that tells of a promise what it is. */
interface DenoCore {
  getPromiseDetails?(promise: Promise<unknown>): readonly [number, unknown];
}

const PENDING = 0;
const FULFILLED = 1;

/** Wraps what connects, and the class of connections. */
export function wrapConnects(
  context: WrapperContext,
  namespace: object,
  row: ApiRow,
  conn: ApiRow,
): void {
  const connections = lateConnections(context, namespace, conn);
  for (const key of row.keys) {
    const name = operationName(row.owner, key);
    const operation = new Operation(
      context.sites,
      name,
      row.reason,
      row.target,
    );
    replace(namespace, key, (original) => {
      const wrapper = wrapPromise(
        original,
        operation,
        context,
        () => false,
      );
      return function (this: unknown, ...args: unknown[]): unknown {
        const promise: unknown = Reflect.apply(wrapper, this, args);
        connections?.expect(promise);
        return promise;
      };
    });
  }
}

/** Wraps what listens: the class of what it returns, and of what that gives. */
export function wrapListens(
  context: WrapperContext,
  namespace: object,
  keys: readonly string[],
  listener: ApiRow,
  conn?: ApiRow,
): void {
  const connections = conn === undefined
    ? undefined
    : lateConnections(context, namespace, conn);
  for (const key of keys) {
    replace(
      namespace,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const found: unknown = Reflect.apply(original, this, args);
          if (typeof found === "object" && found !== null) {
            wrapClass(listener, context, found);
            if (connections !== undefined) expectFrom(found, connections);
          }
          return found;
        },
    );
  }
}

/** The prototypes that have been told to say what they give. */
const telling = new WeakSet<object>();

/** What `accept` gives of `listener` is an instance of the class. */
function expectFrom(listener: object, connections: LateClass): void {
  const prototype = holderOf(listener, "accept");
  if (prototype === undefined || telling.has(prototype)) return;
  telling.add(prototype);
  const { accept } = prototype as { accept: (...args: unknown[]) => unknown };
  Object.defineProperty(prototype, "accept", {
    ...Object.getOwnPropertyDescriptor(prototype, "accept"),
    value: Object.defineProperties(
      function (this: unknown, ...args: unknown[]): unknown {
        const promise: unknown = Reflect.apply(accept, this, args);
        connections.expect(promise);
        return promise;
      },
      Object.getOwnPropertyDescriptors(accept),
    ),
  });
}

function lateConnections(
  context: WrapperContext,
  namespace: object,
  conn: ApiRow,
): LateClass | undefined {
  const peek = peekOf(namespace);
  return peek && new LateClass(
    context.recorder,
    peek,
    (instance) => wrapClass(conn, context, instance),
  );
}

/** Wraps the methods of `row` on the prototype of `instance` that has them. */
function wrapClass(
  row: ApiRow,
  context: WrapperContext,
  instance: object,
): void {
  const prototype = holderOf(instance, row.keys[0]);
  if (prototype !== undefined) wrapKeys(row, context, prototype);
}

/** The prototype of `instance` that has `key`. */
function holderOf(instance: object, key: string): object | undefined {
  let at: unknown = Object.getPrototypeOf(instance);
  while (typeof at === "object" && at !== null) {
    if (Object.hasOwn(at, key)) return at;
    at = Object.getPrototypeOf(at);
  }
  return undefined;
}

function peekOf(namespace: object): PeekResult | undefined {
  const key: unknown = Reflect.get(namespace, "internal");
  const internals: unknown = Reflect.get(namespace, key as symbol);
  const { core } = (internals ?? {}) as { readonly core?: DenoCore };
  if (core?.getPromiseDetails === undefined) return undefined;
  return (promise) => {
    const [state, result] = core.getPromiseDetails!(promise);
    return state === PENDING
      ? undefined
      : state === FULFILLED
      ? [result]
      : null;
  };
}
