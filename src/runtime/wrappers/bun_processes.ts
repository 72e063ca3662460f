/** Child processes of Bun. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { NO_SITE } from "../../core/site_table.ts";
import type { ApiRow } from "../apis/api_table.ts";
import {
  claimFor,
  explain,
  nameOf,
  runOwnSlice,
  type WrapperContext,
} from "./callback.ts";
import { operationOf } from "./either.ts";
import { applyHidden } from "./operations.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";

/** Property of a child: a promise of its end. Its prototype's is fixed. */
const EXITED = "exited";

/** Wraps the functions of `row`, which start a child, and what children tell their end with. */
export function wrapSubprocesses(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  const { recorder } = context;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(
      owner,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          if (!recorder.isRecording) return Reflect.apply(original, this, args);
          const wait = operation.wait(args, this);
          claimFor(context, wait, true);
          wrapOptions(args, context);
          const child = applyHidden(recorder, original, this, args);
          if (typeof child !== "object" || child === null) return child;
          const prototype: object = Object.getPrototypeOf(child);
          Reflect.defineProperty(child, EXITED, {
            configurable: true,
            enumerable: false,
            get(this: object): unknown {
              const promise: unknown = Reflect.get(prototype, EXITED, child);
              if (recorder.isRecording && promise instanceof Promise) {
                explain(context, promise, wait);
              }
              return promise;
            },
          });
          return child;
        },
    );
  }
}

/** Options of a child that Bun calls, by what happened then. */
const LISTENERS = {
  ipc: "child process message",
  onExit: "child process exit",
} as const;

/** Puts options in the place of those among `args` in which what listens runs as a task. */
function wrapOptions(args: unknown[], context: WrapperContext): void {
  // Behind a list of words, or with the list in them.
  const at = Array.isArray(args[0]) ? 1 : 0;
  const options = args[at] as Record<string, unknown> | null | undefined;
  for (const [key, name] of Object.entries(LISTENERS)) {
    const listener: unknown = options?.[key];
    if (typeof listener !== "function") continue;
    const wrapped = wrapListener(listener as AnyFunction, name, context);
    args[at] = { ...args[at] as object, [key]: wrapped };
  }
}

/** A function that Bun calls whenever something happens: each time a task. */
function wrapListener(
  listener: AnyFunction,
  name: string,
  context: WrapperContext,
): AnyFunction {
  const { recorder, sites } = context;
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isOn) return Reflect.apply(listener, this, args);
    const site = sites.renamed(NO_SITE, nameOf(listener) || name);
    const { continuations } = recorder;
    const id = continuations.make(ContinuationKind.Immediate, site, 0);
    return runOwnSlice(context, id, listener, this, args);
  };
  mimic(wrapper, listener);
  return wrapper;
}

/** Wraps the functions of `row`, which take a template and return a promise of what the shell does with it. */
export function wrapShell(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  const { recorder } = context;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    const original: unknown = Reflect.get(owner, key);
    if (typeof original !== "function" || shells.has(original)) continue;
    // It keeps what it was told in properties of its own: a proxy has them too.
    const shell = new Proxy(original as AnyFunction, {
      apply(target, receiver, args: unknown[]): unknown {
        if (!recorder.isRecording) return Reflect.apply(target, receiver, args);
        const wait = operation.wait(args, receiver);
        const promise = applyHidden(recorder, target, receiver, args);
        if (promise instanceof Promise) explain(context, promise, wait);
        return promise;
      },
    });
    shells.add(shell);
    Reflect.set(owner, key, shell);
  }
}

const shells = new WeakSet<object>();
