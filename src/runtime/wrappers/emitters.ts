/** Emitters of node's: their listeners run inside `emit`. */

import { Reason } from "../../core/reason.ts";
import {
  claimFor,
  explainOpen,
  isResolver,
  type WrapperContext,
} from "./callback.ts";
import { isEnding, Listeners } from "./listeners.ts";
import { Operation } from "./operation.ts";
import { cancelPending, waitOfEvents } from "./remotes.ts";
import { type AnyFunction, replace, replaceForNow } from "./replace.ts";

/**
 * Listeners of the runtimes' own that are called for each request (Node 20 to
 * 24, Deno 2.9, Bun 1.4): not worth a slice.
 */
const INTERNAL = new Set([
  "bound resOnFinish",
  "emitResponseFinish",
  "clearIncoming",
  "socketOnData",
  "onFree",
  "connectionListener",
]);

/** What is read of an emitter. */
interface Emitter {
  readonly _events?: { readonly [type: string | symbol]: unknown };
}

/** A listener that `once` has wrapped. */
interface OnceWrapper {
  readonly listener?: unknown;
}

/**
 * Wraps `emit` of the prototype of all emitters.
 *
 * @returns what takes the wrapper out
 */
export function wrapEmit(
  context: WrapperContext,
  prototype: object,
): () => void {
  return replaceForNow(
    prototype,
    "emit",
    (original) => tellingEmit(context, original),
  );
}

/** `original`, an `emit`, which tells of the listeners that it calls. */
export function tellingEmit(
  context: WrapperContext,
  original: AnyFunction,
): AnyFunction {
  const { recorder } = context;
  const listeners = new Listeners(context);
  // Servers emit dozens of events a request: no array is made for those that
  // only the runtime listens to.
  return function emit(this: Emitter, type: string): unknown {
    const args = arguments;
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    if (type === "close") cancelPending(recorder, this);
    const known = this._events?.[type];
    if (known === undefined) return Reflect.apply(original, this, args);
    const last = lastOf(known);
    if (isInternal(last) || isEnding(type)) {
      return Reflect.apply(original, this, args);
    }
    return recorder.isAtLoop
      ? listeners.runAlone(type, last, original, this, args)
      : listeners.runInside(type, last, original, this, args);
  };
}

function isInternal(listener: unknown): boolean {
  return typeof listener === "function" && INTERNAL.has(listener.name);
}

/** The listener that gives all their name: the last, which came after the runtime's. */
function lastOf(known: unknown): unknown {
  const last: unknown = Array.isArray(known) ? known.at(-1) : known;
  return (last as AnyFunction & OnceWrapper | undefined)?.listener ?? last;
}

/** Wraps `events.once`: who waits for an event of a socket waits for that. */
export function wrapOnce(context: WrapperContext, module: object): void {
  const { recorder, sites } = context;
  const operation = new Operation(sites, "events.once", Reason.Receive);
  replace(
    module,
    "once",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (!recorder.isRecording) return Reflect.apply(original, this, args);
        const promise: unknown = context.callOpen(original, this, args);
        if (promise instanceof Promise) {
          const wait = waitOfEvents(args[0]) || operation.wait(args, this);
          explainOpen(context, promise, wait);
        }
        return promise;
      },
  );
}

function isResolve(listener: unknown): boolean {
  return typeof listener === "function" && isResolver(listener as AnyFunction);
}

/**
 * Wraps a method of all emitters that adds a listener: a promise that is being
 * built around it waits for the event, unless something else has been begun.
 *
 * @returns what takes the wrapper out
 */
export function wrapAddListener(
  key: string,
): (context: WrapperContext, prototype: object) => () => void {
  return (context, prototype) => {
    const { recorder, sites } = context;
    const name = `events.EventEmitter.${key}`;
    const operation = new Operation(sites, name, Reason.Receive);
    return replaceForNow(
      prototype,
      key,
      (original) =>
        function (this: object, ...args: unknown[]): unknown {
          const isAwaited = recorder.isRecording && args[0] !== "error" &&
            !recorder.explained.isClaimed;
          if (isAwaited) {
            const wait = waitOfEvents(this) || operation.wait(args, this);
            // Hooks see promises that are built before what is done in them.
            if (isResolve(args[1])) claimFor(context, wait);
            recorder.explained.claim(wait, true);
          }
          return Reflect.apply(original, this, args);
        },
    );
  };
}
