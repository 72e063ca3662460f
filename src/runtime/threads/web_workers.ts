/** Workers of the web, as Deno and Bun have them: `new Worker(url, options)`. */

import type { Spawn } from "../../core/threads.ts";
import type { WrapperContext } from "../wrappers/callback.ts";
import { edgeTo, type MessageEdge } from "./message_edges.ts";
import { define, sayConstructor, wrapListeners } from "./message_listeners.ts";
import type { WorkerClass } from "./node_workers.ts";
import { noteMessageTarget } from "./ports.ts";
import { labelOf } from "./worker_data.ts";

/** How a runtime has a worker load the tracer before its program. */
export interface WebInjector {
  /** True if the worker gets what is shared only after its program's first lines. */
  readonly isLate: boolean;
  /**
   * The constructor's arguments with the tracer in them, and what is to be done
   * with the worker before anyone else has it. Undefined if that cannot be.
   */
  inject(args: readonly unknown[], spawn: Spawn): Injected | undefined;
}

/** See {@linkcode WebInjector.inject}. */
export interface Injected {
  readonly args: readonly unknown[];
  begun(worker: EventTarget): void;
}

interface Traced {
  readonly spawn: Spawn;
  readonly edge: MessageEdge;
}

/** Records the workers that `target.Worker` makes from now on. */
export function wrapWebWorkers(
  target: { Worker?: WorkerClass },
  context: WrapperContext,
  injector: WebInjector,
): void {
  const original = target.Worker;
  if (original === undefined) return;
  const traced = new WeakMap<object, Traced>();
  wrapMembers(original.prototype, traced);
  const proxy = new Proxy(original, {
    construct(target, args, newTarget) {
      const { threads } = context.recorder;
      const label = labelOf(args[0]);
      const spawn = threads?.spawn(label, injector.isLate);
      const injected = spawn && injectSafely(injector, args, spawn);
      if (spawn === undefined || injected === undefined) {
        spawn?.ended();
        return Reflect.construct(target, args, newTarget);
      }
      let worker: object;
      try {
        worker = Reflect.construct(target, injected.args, newTarget);
      } catch (error) {
        spawn.ended();
        throw error;
      }
      noteMessageTarget(worker);
      injected.begun(worker as EventTarget);
      traced.set(worker, { spawn, edge: edgeTo(context, spawn, label) });
      return worker;
    },
  });
  sayConstructor(original.prototype, proxy);
  Object.defineProperty(target, "Worker", {
    ...Object.getOwnPropertyDescriptor(target, "Worker"),
    value: proxy,
  });
}

/** What cannot be injected, the program's own constructor may refuse. */
function injectSafely(
  injector: WebInjector,
  args: readonly unknown[],
  spawn: Spawn,
): Injected | undefined {
  try {
    return injector.inject(args, spawn);
  } catch {
    return undefined;
  }
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
  define(
    prototype,
    "terminate",
    (original) =>
      function (this: object, ...args: unknown[]): unknown {
        const result = Reflect.apply(original, this, args);
        traced.get(this)?.spawn.ended();
        return result;
      },
  );
  wrapListeners(prototype, (worker) => traced.get(worker as object)?.edge);
}
