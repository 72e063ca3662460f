/**
 * Listeners for messages, on what tells of them by events: each message is run
 * as a task by the first listener that is called with it.
 */

import type { AnyFunction } from "../wrappers/replace.ts";
import { mimic } from "../wrappers/replace.ts";
import type { MessageEdge } from "./message_edges.ts";

/** Whom a message comes from, by who gets it; undefined if that is not known. */
export type EdgeOf = (receiver: unknown) => MessageEdge | undefined;

interface ListenerObject {
  handleEvent(event: unknown): unknown;
}

/** Messages that a listener was called with already. */
const seen = new WeakSet<object>();

/** The message whose listener runs. */
let active: unknown;

/** What stands for each listener of the program's. */
const stands = new WeakMap<object, AnyFunction>();

/** Wraps how listeners for messages are added to `target`, or to what inherits from it. */
export function wrapListeners(target: object, edgeOf: EdgeOf): void {
  define(
    target,
    "addEventListener",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const edge = args[0] === "message" ? edgeOf(this ?? target) : undefined;
        if (edge !== undefined) {
          args[1] = standFor(args[1], edge);
          edge.listened();
        }
        return Reflect.apply(original, this, args);
      },
  );
  define(
    target,
    "removeEventListener",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const stand = isObject(args[1]) ? stands.get(args[1]) : undefined;
        const result = Reflect.apply(original, this, args);
        if (args[0] !== "message" || stand === undefined) return result;
        // It may have been added before there were wrappers.
        return Reflect.apply(original, this, [
          args[0],
          stand,
          ...args.slice(2),
        ]);
      },
  );
  wrapHandler(target, edgeOf);
}

/** `onmessage`: listens from when it is first set, as the web has it. */
function wrapHandler(target: object, edgeOf: EdgeOf): void {
  const found = descriptorOf(target, "onmessage");
  if (found === undefined || found.configurable !== true) return;
  const plain = found.get !== undefined && found.set !== undefined
    ? { get: found.get, set: found.set }
    : byListener(target);
  /** What the program has set, by what stands for it. */
  const given = new WeakMap<object, unknown>();
  Object.defineProperty(target, "onmessage", {
    configurable: true,
    enumerable: found.enumerable,
    get(this: unknown): unknown {
      const handler: unknown = Reflect.apply(plain.get, this, []);
      return isObject(handler) ? given.get(handler) ?? handler : handler;
    },
    set(this: unknown, handler: unknown) {
      const edge = edgeOf(this ?? target);
      if (edge === undefined || typeof handler !== "function") {
        Reflect.apply(plain.set, this, [handler]);
        return;
      }
      const stand = standFor(handler, edge) as AnyFunction;
      given.set(stand, handler);
      edge.listened();
      Reflect.apply(plain.set, this, [stand]);
    },
  });
}

function descriptorOf(
  target: object,
  key: PropertyKey,
): PropertyDescriptor | undefined {
  for (
    let at: object | null = target;
    at !== null;
    at = Object.getPrototypeOf(at)
  ) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A handler where the runtime's own is no accessor, as on Bun's `self`. */
function byListener(
  target: object,
): { get(): unknown; set(value: unknown): void } {
  const listen = Reflect.get(target, "addEventListener") as AnyFunction;
  const ignore = Reflect.get(target, "removeEventListener") as AnyFunction;
  let handler: unknown = null;
  const listener = (event: unknown): unknown =>
    Reflect.apply(handler as AnyFunction, target, [event]);
  // Below the wrappers of listeners: what is set is wrapped already.
  const add = unwrapped.get(listen) ?? listen;
  const remove = unwrapped.get(ignore) ?? ignore;
  return {
    get: () => handler,
    set(value) {
      const isSet = typeof value === "function";
      if (isSet && handler === null) {
        Reflect.apply(add, target, ["message", listener]);
      } else if (!isSet && handler !== null) {
        Reflect.apply(remove, target, ["message", listener]);
      }
      handler = isSet ? value : null;
    },
  };
}

/** What wrappers of this file are made of. */
const unwrapped = new WeakMap<object, AnyFunction>();

/** Gives `target` a member of its own, made of what it has or inherits. */
export function define(
  target: object,
  key: PropertyKey,
  make: (original: AnyFunction) => AnyFunction,
): void {
  const original: unknown = Reflect.get(target, key);
  if (typeof original !== "function") return;
  const value = make(original as AnyFunction);
  mimic(value, original as AnyFunction);
  unwrapped.set(value, original as AnyFunction);
  const found = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: found?.enumerable ?? false,
  });
}

/** Instances say that `constructor` is what they were made by. */
export function sayConstructor(prototype: object, constructor: unknown): void {
  Object.defineProperty(prototype, "constructor", {
    ...Object.getOwnPropertyDescriptor(prototype, "constructor"),
    value: constructor,
  });
}

/** What is called in the place of `listener`. */
function standFor(listener: unknown, edge: MessageEdge): unknown {
  if (!isObject(listener)) return listener;
  let stand = stands.get(listener);
  if (stand === undefined) {
    stand = function (this: unknown, ...args: unknown[]): unknown {
      const [event] = args;
      // Deno's `onmessage` is a listener itself, which calls what was set.
      if (event === active) return Reflect.apply(call, this, args);
      const isFirst = isObject(event) && !seen.has(event);
      if (isFirst) seen.add(event);
      const outside = active;
      active = event;
      try {
        return isFirst
          ? edge.receive(call, this, args)
          : edge.receiveAgain(call, this, args);
      } finally {
        active = outside;
      }
    };
    const call = typeof listener === "function"
      ? listener as AnyFunction
      : (event: unknown) => (listener as ListenerObject).handleEvent(event);
    stands.set(listener, stand);
  }
  return stand;
}

function isObject(value: unknown): value is object {
  return typeof value === "function" ||
    typeof value === "object" && value !== null;
}
