/** Event targets of the web: their listeners run inside `dispatchEvent`. */

import { isMessageTarget } from "../threads/ports.ts";
import type { WrapperContext } from "./callback.ts";
import { isEnding, Listeners } from "./listeners.ts";
import { type AnyFunction, mimic, replace, replaceForNow } from "./replace.ts";

/** Events that only the loop has for a WebSocket. */
const SOCKET_EVENTS = new Set<unknown>(["open", "message", "error", "close"]);

/**
 * Wraps `dispatchEvent`, through which the runtimes on V8 dispatch theirs.
 *
 * @returns what takes the wrapper out
 */
export function wrapDispatch(
  context: WrapperContext,
  prototype: object,
): () => void {
  const { recorder } = context;
  const listeners = new Listeners(context);
  const typeOf = getterOf(Event.prototype, "type");
  return replaceForNow(
    prototype,
    "dispatchEvent",
    (original) =>
      function dispatchEvent(this: unknown, ...args: unknown[]): unknown {
        if (!recorder.isRecording || !(args[0] instanceof Event)) {
          return Reflect.apply(original, this, args);
        }
        const type: unknown = Reflect.apply(typeOf, args[0], []);
        const isOthers = type === "message" &&
          isMessageTarget(this ?? globalThis);
        if (isOthers || isEnding(type)) {
          return Reflect.apply(original, this, args);
        }
        return isFromLoop(this, type) || recorder.isAtLoop
          ? listeners.runAlone(type, undefined, original, this, args)
          : listeners.runInside(type, undefined, original, this, args);
      },
  );
}

function isFromLoop(target: unknown, type: unknown): boolean {
  // Asking for the class would load it where nobody has used it.
  return SOCKET_EVENTS.has(type) &&
    Reflect.get(target as object, Symbol.toStringTag) === "WebSocket";
}

function getterOf(prototype: object, key: string): AnyFunction {
  return Object.getOwnPropertyDescriptor(prototype, key)!.get!;
}

/** Something that may listen to events. */
type Listener = AnyFunction | { readonly handleEvent: unknown };

/**
 * Wraps the listeners of targets whose events the runtime dispatches by itself:
 * what is given to `addEventListener` and to the accessors of `types`.
 * `isLoops` says that nobody but the loop dispatches them.
 */
export function wrapListeners(
  context: WrapperContext,
  prototype: object,
  types: readonly string[],
  isLoops: boolean,
): void {
  const wrappers = new ListenerWrappers(context, isLoops);
  replace(
    prototype,
    "addEventListener",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        args[1] = wrappers.of(args[1], args[0]);
        return Reflect.apply(original, this, args);
      },
  );
  replace(
    prototype,
    "removeEventListener",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const wrapper = wrappers.known(args[1]);
        if (wrapper !== undefined) {
          Reflect.apply(original, this, [args[0], wrapper, ...args.slice(2)]);
        }
        // It may be older than the wrappers.
        return Reflect.apply(original, this, args);
      },
  );
  for (const type of types) wrapHandler(prototype, type, wrappers);
}

/** Wraps the accessor `on...` of an event. */
function wrapHandler(
  prototype: object,
  type: string,
  wrappers: ListenerWrappers,
): void {
  const key = `on${type}`;
  const own = Object.getOwnPropertyDescriptor(prototype, key);
  if (own?.get === undefined || own.set === undefined) return;
  if (!own.configurable) return;
  const { get, set }: { get?: AnyFunction; set?: AnyFunction } = own;
  const getter = function (this: unknown): unknown {
    return wrappers.original(Reflect.apply(get!, this, []));
  };
  const setter = function (this: unknown, handler: unknown): void {
    Reflect.apply(set!, this, [
      typeof handler === "function" ? wrappers.of(handler, type) : handler,
    ]);
  };
  mimic(getter, get!);
  mimic(setter, set!);
  Object.defineProperty(prototype, key, { ...own, get: getter, set: setter });
}

/** A wrapper for each listener, so that it is added and removed as that would be. */
class ListenerWrappers {
  readonly #context: WrapperContext;
  readonly #isLoops: boolean;
  readonly #listeners: Listeners;
  readonly #wrappers = new WeakMap<object, AnyFunction>();
  readonly #originals = new WeakMap<object, Listener>();

  constructor(context: WrapperContext, isLoops: boolean) {
    this.#context = context;
    this.#isLoops = isLoops;
    this.#listeners = new Listeners(context);
  }

  /** The wrapper of `listener`, or what it is if it is none. */
  of(listener: unknown, type: unknown): unknown {
    if (typeof listener !== "function") return listener;
    let wrapper = this.#wrappers.get(listener);
    if (wrapper === undefined) {
      wrapper = this.#wrap(listener as AnyFunction, type);
      this.#wrappers.set(listener, wrapper);
      this.#originals.set(wrapper, listener as AnyFunction);
    }
    return wrapper;
  }

  known(listener: unknown): AnyFunction | undefined {
    return typeof listener === "function"
      ? this.#wrappers.get(listener)
      : undefined;
  }

  /** The listener that `wrapper` stands for, or what else it is. */
  original(wrapper: unknown): unknown {
    return typeof wrapper === "function"
      ? this.#originals.get(wrapper) ?? wrapper
      : wrapper;
  }

  #wrap(listener: AnyFunction, type: unknown): AnyFunction {
    const { recorder } = this.#context;
    const listeners = this.#listeners;
    const isLoops = this.#isLoops;
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      if (!recorder.isRecording) return Reflect.apply(listener, this, args);
      return isLoops || recorder.isAtLoop
        ? listeners.runAlone(type, listener, listener, this, args)
        : listeners.runInside(type, listener, listener, this, args);
    };
    mimic(wrapper, listener);
    return wrapper;
  }
}
