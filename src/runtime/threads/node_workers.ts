/** Workers of Node's: `worker_threads`, with `--import` of the tracer. */

import type { Spawn } from "../../core/threads.ts";
import { builtin } from "../builtins.ts";
import type { WrapperContext } from "../wrappers/callback.ts";
import { type AnyFunction, mimic } from "../wrappers/replace.ts";
import { MessageEdge } from "./message_edges.ts";
import {
  entryUrl,
  labelOf,
  SETUP_KEY,
  type WorkerData,
} from "./worker_data.ts";
import { makeOwnChannel } from "./ports.ts";

/** `node:worker_threads`, as far as it is needed. */
export interface WorkerThreadsModule {
  Worker: WorkerClass;
  MessagePort: { readonly prototype: object };
  workerData: unknown;
  readonly parentPort: object | null;
}

/** A class of workers: `new Worker(where, options)`. */
export interface WorkerClass {
  // deno-lint-ignore no-explicit-any
  new (...args: any[]): object;
  readonly prototype: object;
}

/** The options that matter. */
interface NodeWorkerOptions {
  readonly execArgv?: readonly string[];
  readonly workerData?: unknown;
  readonly transferList?: readonly unknown[];
  readonly eval?: boolean;
}

interface NodeProcess {
  readonly execArgv: readonly string[];
}

/** What is known of a worker, by the worker. */
interface Traced {
  readonly spawn: Spawn;
  readonly edge: MessageEdge;
}

/** Records the workers that `module` makes from now on. */
export function wrapNodeWorkers(
  module: WorkerThreadsModule,
  context: WrapperContext,
): void {
  const traced = new WeakMap<object, Traced>();
  wrapMembers(module.Worker.prototype, traced);
  const original = module.Worker;
  module.Worker = new Proxy(original, {
    construct(target, args, newTarget) {
      return construct(target, args, newTarget as AnyFunction, {
        context,
        traced,
      });
    },
  });
  // Named imports of built-in modules are copies until this is called.
  builtin("node:module")?.syncBuiltinESMExports?.();
}

interface Making {
  readonly context: WrapperContext;
  readonly traced: WeakMap<object, Traced>;
}

function construct(
  target: WorkerClass,
  args: unknown[],
  newTarget: AnyFunction,
  { context, traced }: Making,
): object {
  const options = (args[1] ?? {}) as NodeWorkerOptions;
  const label = options.eval === true ? "[worker eval]" : labelOf(args[0]);
  const spawn = context.recorder.threads?.spawn(label);
  if (spawn === undefined) return Reflect.construct(target, args, newTarget);
  let worker: object;
  try {
    worker = make(target, args, newTarget, spawn);
  } catch (error) {
    spawn.ended();
    throw error;
  }
  const edge = new MessageEdge({
    context,
    peer: spawn.setup.thread,
    out: spawn.toWorker,
    in: spawn.fromWorker,
    outName: `message to ${label}`,
    inName: `message from ${label}`,
  });
  traced.set(worker, { spawn, edge });
  return worker;
}

/** Makes the worker so that it loads the tracer first. */
function make(
  target: WorkerClass,
  [where, given, ...rest]: unknown[],
  newTarget: AnyFunction,
  { setup, shared, connect }: Spawn,
): object {
  const options = (given ?? {}) as NodeWorkerOptions;
  const { here, there } = makeOwnChannel();
  const workerData: WorkerData = {
    [SETUP_KEY]: { setup, shared, port: there, data: options.workerData },
  };
  const { process } = globalThis as unknown as { process: NodeProcess };
  const withTracer = (execArgv: readonly string[]): unknown[] => [
    where,
    {
      ...options,
      execArgv: [...execArgv, "--import", entryUrl().href],
      workerData,
      transferList: [...options.transferList ?? [], there],
    },
    ...rest,
  ];
  let worker: object;
  try {
    const args = withTracer(options.execArgv ?? process.execArgv);
    worker = Reflect.construct(target, args, newTarget);
  } catch (error) {
    const own = ownArguments(options, process, error);
    if (own === undefined) throw error;
    worker = Reflect.construct(target, withTracer(own), newTarget);
  }
  connect(here);
  return worker;
}

/**
 * The process's own arguments without those that Node refuses for a worker if
 * they are given, but not if they are inherited: V8's.
 */
function ownArguments(
  { execArgv }: NodeWorkerOptions,
  process: NodeProcess,
  error: unknown,
): readonly string[] | undefined {
  const { code, message } = error as { code?: string; message?: string };
  if (execArgv !== undefined || code !== "ERR_WORKER_INVALID_EXEC_ARGV") {
    return undefined;
  }
  return process.execArgv.filter((argument) => !message?.includes(argument));
}

function wrapMembers(
  prototype: object,
  traced: WeakMap<object, Traced>,
): void {
  wrap(
    prototype,
    "postMessage",
    (original) =>
      function (this: object, ...args: unknown[]): unknown {
        const { edge } = traced.get(this) ?? {};
        return edge === undefined
          ? Reflect.apply(original, this, args)
          : edge.post(original, this, args);
      },
  );
  wrap(
    prototype,
    "emit",
    (original) =>
      function (this: object, ...args: unknown[]): unknown {
        const known = traced.get(this);
        if (known === undefined) return Reflect.apply(original, this, args);
        if (args[0] === "exit") known.spawn.ended();
        return args[0] === "message"
          ? known.edge.receive(original, this, args)
          : Reflect.apply(original, this, args);
      },
  );
}

/** Gives `prototype` a member of its own, made of what it has or inherits. */
function wrap(
  prototype: object,
  key: string,
  make: (original: AnyFunction) => AnyFunction,
): void {
  const original = Reflect.get(prototype, key) as AnyFunction;
  const value = make(original);
  mimic(value, original);
  Object.defineProperty(prototype, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** The message port of a Node worker to who started it. */
export function wrapParentPort(port: object, edge: MessageEdge): void {
  wrap(
    port,
    "postMessage",
    (original) =>
      function (this: object, ...args: unknown[]): unknown {
        return edge.post(original, this, args);
      },
  );
  // What Node calls with each message: `(data, type)`.
  const dispatch = Symbol.for("nodejs.internal.kHybridDispatch");
  const original = Reflect.get(port, dispatch) as AnyFunction | undefined;
  if (original === undefined) return;
  Object.defineProperty(port, dispatch, {
    value(this: object, ...args: unknown[]): unknown {
      return args[1] === "message"
        ? edge.receive(original, this, args)
        : Reflect.apply(original, this, args);
    },
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
