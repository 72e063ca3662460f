/** Child processes of Bun. */

import type { ApiRow } from "../apis/api_table.ts";
import { claimFor, explain, type WrapperContext } from "./callback.ts";
import { operationOf } from "./either.ts";
import { applyHidden } from "./operations.ts";
import { type AnyFunction, replace } from "./replace.ts";

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
