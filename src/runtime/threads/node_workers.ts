/** Workers of Node's: `worker_threads`, with `--import` of the tracer. */

import type { Spawn } from "../../core/threads.ts";
import { builtin } from "../builtins.ts";
import type { WrapperContext } from "../wrappers/callback.ts";
import type { AnyFunction } from "../wrappers/replace.ts";
import { edgeTo, type MessageEdge } from "./message_edges.ts";
import { define, sayConstructor } from "./message_listeners.ts";
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
  parentPort: object | null;
}

/** A class of workers: `new Worker(where, options)`. */
export interface WorkerClass {
  // deno-lint-ignore no-explicit-any
  new (...args: any[]): object;
  readonly prototype: object;
}

/**
 * Makes a worker, by `construct` from arguments such as `args`, that loads the
 * tracer first, and connects it.
 */
export type NodeInjector = (
  construct: (args: unknown[]) => object,
  args: readonly unknown[],
  spawn: Spawn,
) => object;

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
  inject: NodeInjector,
): void {
  const traced = new WeakMap<object, Traced>();
  wrapMembers(module.Worker.prototype, traced);
  const original = module.Worker;
  const proxy = module.Worker = new Proxy(original, {
    construct(target, args, newTarget) {
      return construct(target, args, newTarget as AnyFunction, {
        context,
        inject,
        traced,
      });
    },
  });
  sayConstructor(original.prototype, proxy);
  // Named imports of built-in modules are copies until this is called.
  builtin("node:module")?.syncBuiltinESMExports?.();
}

interface Making {
  readonly context: WrapperContext;
  readonly inject: NodeInjector;
  readonly traced: WeakMap<object, Traced>;
}

function construct(
  target: WorkerClass,
  args: unknown[],
  newTarget: AnyFunction,
  { context, inject, traced }: Making,
): object {
  const options = (args[1] ?? {}) as NodeWorkerOptions;
  const label = labelOf(args[0]);
  // Node 20 runs a text before what is to be imported first.
  const spawn = options.eval === true
    ? undefined
    : context.recorder.threads?.spawn(label);
  if (spawn === undefined) return Reflect.construct(target, args, newTarget);
  let worker: object;
  try {
    worker = inject(
      (args) => Reflect.construct(target, args, newTarget),
      args,
      spawn,
    );
  } catch (error) {
    spawn.ended();
    throw error;
  }
  traced.set(worker, { spawn, edge: edgeTo(context, spawn, label) });
  return worker;
}

/** On Node: a worker imports the tracer. */
export const nodeInjector: NodeInjector = (construct, args, spawn) => {
  const [where, given, ...rest] = args;
  const { setup, shared } = spawn;
  const options = (given ?? {}) as NodeWorkerOptions;
  const { process } = globalThis as unknown as { process: NodeProcess };
  const { here, there } = makeOwnChannel();
  const workerData: WorkerData = {
    [SETUP_KEY]: {
      setup,
      shared,
      port: there,
      data: options.workerData,
      execArgv: [...options.execArgv ?? process.execArgv],
    },
  };
  const withTracer = (execArgv: readonly string[]): unknown[] => [
    where,
    {
      ...options,
      // Before a preload of the program's, which is to find the tracer there.
      execArgv: ["--import", entryUrl().href, ...execArgv],
      workerData,
      transferList: [...options.transferList ?? [], there],
    },
    ...rest,
  ];
  let worker: object;
  try {
    worker = construct(withTracer(options.execArgv ?? process.execArgv));
  } catch (error) {
    const own = ownArguments(options, process, error);
    if (own === undefined) throw error;
    worker = construct(withTracer(own));
  }
  spawn.connect(here);
  return worker;
};

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
  define(
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
  wrapOn(prototype, (worker) => traced.get(worker)?.edge);
  define(
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

/** Wraps how an emitter's listeners are added. */
function wrapOn(
  target: object,
  edgeOf: (emitter: object) => MessageEdge | undefined,
): void {
  for (const key of ["on", "addListener", "once"]) {
    define(
      target,
      key,
      (original) =>
        function (this: object, ...args: unknown[]): unknown {
          if (args[0] === "message") edgeOf(this)?.listened();
          return Reflect.apply(original, this, args);
        },
    );
  }
}

/** The message port of a Node worker to who started it. */
export function wrapParentPort(port: object, edge: MessageEdge): void {
  wrapOn(port, () => edge);
  define(
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
