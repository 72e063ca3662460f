/** Wrappers of the operations in the API tables, by how they are waited for. */

import { ContinuationKind } from "../../core/continuation_table.ts";
import type { Wait } from "../../core/wait.ts";
import type { TurnRecorder } from "../../core/turn_recorder.ts";
import {
  type ApiRow,
  type MayRunProgram,
  operationName,
} from "../apis/api_table.ts";
import { ownerOf } from "../apis/owners.ts";
import {
  callbackSite,
  claimFor,
  explain,
  explainOpen,
  inOwnSlice,
  isResolver,
  type WrapperContext,
} from "./callback.ts";
import { Operation } from "./operation.ts";
import { type AnyFunction, mimic, replace } from "./replace.ts";

/** Marks callbacks of operations in what led to their site. */
const CALLBACK = 11;

/** Wraps what of `rows` has become ready. */
export function wrapReady(
  rows: readonly ApiRow[],
  context: WrapperContext,
): void {
  for (const row of rows) if (row.isReady !== undefined) wrapRow(row, context);
}

/** Puts the wrappers of a row in. What a runtime has not is passed over. */
export function wrapRow(row: ApiRow, context: WrapperContext): void {
  if (row.isReady?.() === false) return;
  const owner = ownerOf(row.madeBy ?? row.owner);
  if (owner === undefined) return;
  if (row.wrap !== undefined) row.wrap(context, owner);
  else if (row.wrapForNow === undefined) wrapKeys(row, context, owner);
}

/**
 * Puts in what is in its place only while something records.
 *
 * @returns what takes it out
 */
export function wrapApisForNow(
  rows: readonly ApiRow[],
  context: WrapperContext,
): () => void {
  const takeOut = rows.flatMap(({ owner: name, wrapForNow }) => {
    const owner = wrapForNow === undefined ? undefined : ownerOf(name);
    return owner === undefined ? [] : [wrapForNow!(context, owner)];
  });
  return () => takeOut.forEach((one) => one());
}

/** Names of what `rows` wrap, as far as this runtime has it. */
export function wrappedNames(rows: readonly ApiRow[]): string[] {
  const names = rows.filter(({ family }) => family !== "servers").flatMap(
    (row) => {
      const isReady = row.isReady?.() ?? true;
      const owner = isReady ? ownerOf(row.madeBy ?? row.owner) : undefined;
      if (isReady && owner === undefined) return [];
      const isHere = owner !== undefined && row.madeBy === undefined;
      return row.keys.filter((key) => !isHere || key in owner)
        .map((key) => operationName(row.owner, key));
    },
  );
  return [...new Set(names)];
}

/** Wraps each of the row's functions that `owner` has. */
export function wrapKeys(
  row: ApiRow,
  context: WrapperContext,
  owner: object,
): void {
  for (const key of row.keys) {
    const name = operationName(row.owner, key);
    const operation = new Operation(
      context.sites,
      name,
      row.reason,
      row.target,
    );
    wrapOperation(row, owner, key, operation, context);
  }
}

/** Wraps `owner[key]` by the row's `how`. @returns whether it was wrapped */
export function wrapOperation(
  row: Pick<ApiRow, "how" | "runsProgram">,
  owner: object,
  key: string,
  operation: Operation,
  context: WrapperContext,
): boolean {
  const runsProgram = guarded(row.runsProgram ?? false);
  switch (row.how) {
    case "promise":
      return replace(
        owner,
        key,
        (original) => wrapPromise(original, operation, context, runsProgram),
      );
    case "callback":
      return replace(
        owner,
        key,
        (original) =>
          keepPromisified(
            wrapCallback(original, operation, context, runsProgram),
            original,
            operation,
            context,
          ),
      );
    case "sync":
      return replace(
        owner,
        key,
        (original) => wrapSync(original, operation, context, runsProgram),
      );
    default:
      return false;
  }
}

/** Of functions that call nothing of the program's. */
function never(): boolean {
  return false;
}

/** `runs` as a function that throws nothing: what it cannot tell may be. */
export function guarded(runs: boolean | MayRunProgram): MayRunProgram {
  if (typeof runs === "boolean") return () => runs;
  return (args, receiver) => {
    try {
      return runs(args, receiver);
    } catch {
      return true;
    }
  };
}

/** A function that returns a promise of its result. */
export function wrapPromise(
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
  runsProgram: MayRunProgram = never,
): AnyFunction {
  const { recorder } = context;
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    const wait = operation.wait(args, this);
    const isOpen = runsProgram(args, this);
    const promise: unknown = isOpen
      ? context.callOpen(original, this, args)
      : applyHidden(recorder, original, this, args);
    if (promise instanceof Promise) {
      (isOpen ? explainOpen : explain)(context, promise, wait);
    }
    return promise;
  };
}

/** Calls `original`; what the runtime itself does in it is not recorded. */
export function applyHidden(
  recorder: TurnRecorder,
  original: AnyFunction,
  receiver: unknown,
  args: readonly unknown[],
): unknown {
  recorder.untraced++;
  try {
    return Reflect.apply(original, receiver, args);
  } finally {
    // A start or an end in between has set it anew.
    if (recorder.untraced > 0) recorder.untraced--;
  }
}

/**
 * A function that calls the last function among its arguments when it is done.
 * `called` is told what it returned and the id of the callback.
 */
export function wrapCallback(
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
  runsProgram: MayRunProgram = never,
  called?: (result: unknown, id: number) => void,
): AnyFunction {
  const { recorder } = context;
  const fallback = `${operation.name} callback`;
  return function wrapper(this: unknown, ...args: unknown[]): unknown {
    const at = recorder.isRecording ? lastFunction(args) : -1;
    if (at < 0) return Reflect.apply(original, this, args);
    const callback = args[at] as AnyFunction;
    const wait = operation.wait(args, this);
    const isResolve = claimBuilt(context, wait, callback);
    const site = isResolve
      ? 0
      : callbackSite(context, callback, fallback, CALLBACK, wrapper);
    // The runtime's own doing, in the course of something else.
    if (site === context.sites.runtime) {
      return Reflect.apply(original, this, args);
    }
    const kind = isResolve
      ? ContinuationKind.Sleep
      : ContinuationKind.Operation;
    const id = recorder.schedule(kind, site, wait);
    args[at] = inOwnSlice(context, id, callback);
    const isOpen = runsProgram(args, this);
    try {
      const result = callOrCancel(context, id, isOpen, original, this, args);
      called?.(result, id);
      return result;
    } finally {
      // The program may have begun something else meanwhile.
      if (isOpen) recorder.explained.claim(wait, !isResolve);
    }
  };
}

/**
 * As {@linkcode claimFor}, for an operation that calls `callback`.
 *
 * @returns whether `callback` only settles the promise
 */
export function claimBuilt(
  context: WrapperContext,
  wait: Wait,
  callback: AnyFunction,
): boolean {
  const isResolve = isResolver(callback);
  claimFor(context, wait, !isResolve);
  return isResolve;
}

/** What `util.promisify` gives in the place of a function that has it. */
const PROMISIFIED = Symbol.for("nodejs.util.promisify.custom");

/** Wraps what `util.promisify` makes of `original`, if that has something of its own. */
export function keepPromisified(
  wrapper: AnyFunction,
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
): AnyFunction {
  const own = Object.getOwnPropertyDescriptor(original, PROMISIFIED);
  if (typeof own?.value !== "function" || own.value === original) {
    return wrapper;
  }
  const promisified = own.value as AnyFunction;
  const value = wrapPromise(promisified, operation, context);
  mimic(value, promisified);
  // As fixed as the original's: it is not overwritten.
  return Object.defineProperty(wrapper, PROMISIFIED, {
    ...own,
    value,
    configurable: false,
  });
}

function callOrCancel(
  { recorder, callOpen }: WrapperContext,
  id: number,
  isOpen: boolean,
  original: AnyFunction,
  receiver: unknown,
  args: readonly unknown[],
): unknown {
  let isCalled = false;
  try {
    const result: unknown = isOpen
      ? callOpen(original, receiver, args)
      : applyHidden(recorder, original, receiver, args);
    isCalled = true;
    return result;
  } finally {
    // Arguments that are no good: nothing will be called.
    if (!isCalled && recorder.isRecording && id !== 0) recorder.cancel(id);
  }
}

function lastFunction(args: readonly unknown[]): number {
  let at = args.length - 1;
  while (at >= 0 && typeof args[at] !== "function") at--;
  return at;
}

/** A function that blocks the loop. */
export function wrapSync(
  original: AnyFunction,
  operation: Operation,
  context: WrapperContext,
  runsProgram: MayRunProgram = never,
): AnyFunction {
  const { recorder } = context;
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!recorder.isRecording) return Reflect.apply(original, this, args);
    recorder.wrappedCalls++;
    const began = recorder.clockNow();
    try {
      return runsProgram(args, this)
        ? Reflect.apply(original, this, args)
        : applyHidden(recorder, original, this, args);
    } finally {
      if (recorder.isLong(began)) {
        recorder.syscall(operation.site(args, this), began);
      }
    }
  };
}
