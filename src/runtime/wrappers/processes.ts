/** Child processes of Deno and of node:child_process. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { NO_SITE } from "../../core/site_table.ts";
import type { ApiRow } from "../apis/api_table.ts";
import type { Wait } from "../../core/wait.ts";
import { programName } from "../apis/targets.ts";
import {
  claimFor,
  explain,
  runOwnSlice,
  type WrapperContext,
} from "./callback.ts";
import { operationOf } from "./either.ts";
import { applyHidden } from "./operations.ts";
import type { Operation } from "./operation.ts";
import { type AnyFunction, replace, replaceGetter } from "./replace.ts";

/** What commands and children of Deno's run, by their objects. */
const programs = new WeakMap<object, string>();

/** What is waited for until a child of node's says something, by the child. */
const waits = new WeakMap<object, Wait>();

/** What a command or child of Deno's runs. */
export function programOf(object: unknown): string | undefined {
  return isObject(object) ? programs.get(object) : undefined;
}

/**
 * Wraps the functions of `row`, which start a child: a promise that is built
 * around the call waits for the child.
 */
export function wrapSpawn(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replace(owner, key, (original) => {
      const start = wrapStart(original, operation, context);
      return function (this: unknown, ...args: unknown[]): unknown {
        const child: unknown = Reflect.apply(start, this, args);
        remember(child, programName(args[0]));
        return child;
      };
    });
  }
}

/** A function that returns a child, which runs from then on. */
function wrapStart(
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
): AnyFunction {
  const { recorder } = context;
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    const wait = operation.wait(args, this);
    claimFor(context, wait, true);
    const child = applyHidden(recorder, original, this, args);
    if (isObject(child)) waits.set(child, wait);
    return child;
  };
}

function remember(object: unknown, program: string | undefined): void {
  if (isObject(object) && program !== undefined) programs.set(object, program);
}

/** Name of the class in Deno's namespace. */
const COMMAND = "Command";

/**
 * Wraps the functions of `row`, which start a `Deno.Command`, and the class
 * itself: it is told the program, its objects do not tell it.
 */
export function wrapCommands(
  row: ApiRow,
  context: WrapperContext,
  namespace: object,
): void {
  const original: unknown = Reflect.get(namespace, COMMAND);
  if (typeof original !== "function") return;
  const prototype: object = original.prototype;
  let isNew = false;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    isNew = replace(prototype, key, (spawn) => {
      const start = wrapStart(spawn, operation, context);
      return function (this: unknown, ...args: unknown[]): unknown {
        const child: unknown = Reflect.apply(start, this, args);
        remember(child, programOf(this));
        return child;
      };
    });
  }
  if (isNew) replaceClass(namespace, original as Class, prototype);
}

type Class = new (...args: unknown[]) => object;

function replaceClass(
  namespace: object,
  original: Class,
  prototype: object,
): void {
  const told = new Proxy(original, {
    construct(target, args, newTarget) {
      const command: object = Reflect.construct(
        target,
        args,
        newTarget === told ? target : newTarget,
      );
      remember(command, programName(args[0]));
      return command;
    },
  });
  const descriptor = Object.getOwnPropertyDescriptor(namespace, COMMAND);
  const isDefined = Reflect.defineProperty(namespace, COMMAND, {
    value: told,
    writable: true,
    configurable: true,
    enumerable: descriptor?.enumerable ?? true,
  });
  if (!isDefined) return;
  Reflect.defineProperty(prototype, "constructor", {
    value: told,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** Wraps the getters of `row`, which give a promise. */
export function wrapGetters(
  row: ApiRow,
  context: WrapperContext,
  prototype: object,
): void {
  const { recorder } = context;
  for (const key of row.keys) {
    const operation = operationOf(row, key, context);
    replaceGetter(
      prototype,
      key,
      (original) =>
        function (this: unknown): unknown {
          const promise: unknown = Reflect.apply(original, this, []);
          if (recorder.isRecording && promise instanceof Promise) {
            explain(context, promise, operation.wait([], this));
          }
          return promise;
        },
    );
  }
}

/** Events of node:child_process's children that the loop has its listeners called for. */
const EVENTS: ReadonlySet<unknown> = new Set([
  "close",
  "disconnect",
  "error",
  "exit",
  "message",
  "spawn",
]);

/** Functions with which a program listens. */
const LISTENS = ["addListener", "on", "once"] as const;

/**
 * Wraps how the prototype of node:child_process's children tells of events: what
 * listens runs as a task, and a promise that is built around waits for the child.
 */
export function wrapChildEvents(
  context: WrapperContext,
  prototype: object,
): void {
  const { recorder, sites } = context;
  for (const key of LISTENS) {
    replace(
      prototype,
      key,
      (original) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const wait = recorder.isRecording && EVENTS.has(args[0])
            ? waits.get(this as object)
            : undefined;
          if (wait === undefined) return Reflect.apply(original, this, args);
          // Before, for a promise made just now; after, as Node has a tick run.
          claimFor(context, wait, true);
          const result: unknown = Reflect.apply(original, this, args);
          recorder.explained.claim(wait, true);
          return result;
        },
    );
  }
  replace(
    prototype,
    "emit",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const event = args[0];
        if (!recorder.isOn || !EVENTS.has(event) || !hasListener(this, event)) {
          return Reflect.apply(original, this, args);
        }
        const site = sites.renamed(NO_SITE, `child process ${String(event)}`);
        const { continuations } = recorder;
        const id = continuations.make(ContinuationKind.Immediate, site, 0);
        return runOwnSlice(context, id, original, this, args);
      },
  );
}

/** True if someone listens for `event`; asks nothing of the program's. */
function hasListener(emitter: unknown, event: unknown): boolean {
  const events = (emitter as { _events?: object } | null)?._events;
  return isObject(events) && Object.hasOwn(events, event as PropertyKey);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
