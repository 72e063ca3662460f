/**
 * Workers of Deno's: a worker's main module is one of ours, which imports the
 * tracer and then the program's. A module of a `data:` URL may import any file,
 * whatever the worker may read.
 *
 * What is shared can only come by a message, which a worker gets when its
 * modules have run: until then it goes on with what stands in the module.
 */

import type {
  FromWorker,
  SharedWithWorker,
  WorkerSetup,
} from "../../core/thread_messages.ts";
import type { Spawn } from "../../core/threads.ts";
import type { AnyFunction } from "../wrappers/replace.ts";
import { define, wrapListeners } from "./message_listeners.ts";
import type { MessageEdge } from "./message_edges.ts";
import { makeOwnChannel, noteMessageTarget } from "./ports.ts";
import type { WebInjector } from "./web_workers.ts";
import { entryUrl, SETUP_KEY } from "./worker_data.ts";

/** What the worker's first module says. */
export interface DenoWorkerStart {
  readonly setup: WorkerSetup;
  /** The program's module. */
  readonly program: string;
}

/** Messages between worker and parent that the program does not see. */
interface OwnMessage {
  readonly [SETUP_KEY]:
    /** To the worker, first of all. */
    | { readonly shared: SharedWithWorker; readonly port: unknown }
    /** From it, for the main thread. */
    | { readonly message: FromWorker; readonly ports: readonly unknown[] };
}

interface DenoWorkerOptions {
  readonly type?: string;
  readonly deno?: { readonly permissions?: unknown };
}

// As they are before anything is wrapped.
const { addEventListener } = EventTarget.prototype;
const { setTimeout } = globalThis;
const workerPost = globalThis.Worker?.prototype.postMessage;

/** See the head of this file. */
export const denoWebInjector: WebInjector = {
  isLate: true,
  inject([where, given, ...rest], spawn) {
    const options = (given ?? {}) as DenoWorkerOptions;
    // Deno refuses all others.
    if (options.type !== "module") return undefined;
    const { permissions = "inherit" } = options.deno ?? {};
    // What a module of ours imports at run time, a worker must be allowed to.
    const isTransformed = spawn.setup.isTransformed &&
      permissions === "inherit";
    const setup = { ...spawn.setup, isTransformed };
    const { location } = globalThis as { location?: { href: string } };
    const program = new URL(String(where), location?.href).href;
    if (asksForMain(program)) return undefined;
    return {
      args: [mainModule({ setup, program }), given, ...rest],
      begun: (worker) => begin(worker, spawn),
    };
  },
};

interface DenoNamespace {
  readonly permissions: {
    querySync(
      descriptor: { name: "read"; path: string },
    ): { readonly state: string };
  };
  readTextFileSync(path: URL): string;
}

/** Modules that were looked at, and what was found. */
const askForMain = new Map<string, boolean>();

/**
 * True for a module that wants to know whether it is the main one: ours would be
 * that instead, so such a worker is not recorded.
 */
function asksForMain(program: string): boolean {
  if (!program.startsWith("file:")) return program.includes("import.meta.main");
  const known = askForMain.get(program);
  if (known !== undefined) return known;
  let asks = false;
  try {
    const { Deno: deno } = globalThis as unknown as { Deno: DenoNamespace };
    const url = new URL(program);
    url.search = url.hash = "";
    const path = decodeURIComponent(url.pathname);
    const { state } = deno.permissions.querySync({ name: "read", path });
    if (state === "granted") {
      asks = deno.readTextFileSync(url).includes("import.meta.main");
    }
  } catch {
    // It is not there, or no text: the worker says so itself.
  }
  askForMain.set(program, asks);
  return asks;
}

/** The URL of a module that imports the tracer, and the program after it. */
function mainModule(start: DenoWorkerStart): string {
  const entry = JSON.stringify(entryUrl().href);
  const own = JSON.stringify(
    dataUrl(
      `globalThis[${JSON.stringify(SETUP_KEY)}]=${JSON.stringify(start)};`,
    ),
  );
  const program = JSON.stringify(start.program);
  return dataUrl(
    start.setup.isTransformed
      ? `import${own};import{load}from${entry};await load(${program});`
      : `import${own};import${entry};import${program};`,
  );
}

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Before anyone else has the worker: nobody is to see our own messages. */
function begin(worker: EventTarget, spawn: Spawn): void {
  const listener = (event: Event) => {
    const own = ownMessage(event);
    if (own === undefined || !("message" in own)) return;
    event.stopImmediatePropagation();
    spawn.receive(own.message, own.ports);
  };
  Reflect.apply(addEventListener, worker, ["message", listener]);
  hideMainModule(worker);
  const { here, there } = makeOwnChannel();
  const message: OwnMessage = {
    [SETUP_KEY]: { shared: spawn.shared, port: there },
  };
  Reflect.apply(workerPost as AnyFunction, worker, [message, [there]]);
  spawn.connect(here);
}

/** Where an error comes from our module, as when the program's is missing. */
const FROM_MAIN_MODULE =
  /\n\s*at [^\n]*data:text\/javascript,import[^\n]*looptrace[^\n]*/g;

/** The program sees no error that names a module which is not its own. */
function hideMainModule(worker: EventTarget): void {
  const dispatch = worker.dispatchEvent;
  Object.defineProperty(worker, "dispatchEvent", {
    value(this: EventTarget, event: Event): boolean {
      const { message = "", filename, lineno, colno, error } =
        event as ErrorEvent;
      const own = message.replace(FROM_MAIN_MODULE, "");
      if (event.type !== "error" || own === message) {
        return dispatch.call(this, event);
      }
      const shown = new ErrorEvent("error", {
        message: own,
        filename,
        lineno,
        colno,
        error,
        cancelable: true,
      });
      const isUnhandled = dispatch.call(this, shown);
      if (!isUnhandled) event.preventDefault();
      return isUnhandled;
    },
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

function ownMessage(event: Event): OwnMessage[typeof SETUP_KEY] | undefined {
  const { data } = event as MessageEvent;
  return typeof data === "object" && data !== null
    ? (data as Partial<OwnMessage>)[SETUP_KEY]
    : undefined;
}

/** What a Deno worker has of its own. */
interface WorkerScope {
  postMessage(message: unknown, transfer: readonly unknown[]): void;
}

/** The worker's side of what is shared, and of what goes to the main thread. */
export interface DenoParent {
  post(message: FromWorker, transfer: readonly unknown[]): void;
}

/**
 * This is a worker. `shared` is called when what is shared has come. While
 * `isHeld`, messages are kept back.
 */
export function listenToParent(
  shared: (shared: SharedWithWorker, port: unknown) => void,
): DenoParent {
  const scope = globalThis as unknown as WorkerScope;
  noteMessageTarget(globalThis);
  const { postMessage } = scope;
  const listener = (event: Event) => {
    const own = ownMessage(event);
    if (own !== undefined && "shared" in own) {
      event.stopImmediatePropagation();
      shared(own.shared, own.port);
    } else if (held !== undefined) {
      event.stopImmediatePropagation();
      held.push(event as MessageEvent);
    }
  };
  Reflect.apply(addEventListener, globalThis, ["message", listener]);
  return {
    post(message, transfer) {
      const ports = transfer.filter((value) => !(value instanceof ArrayBuffer));
      const own: OwnMessage = { [SETUP_KEY]: { message, ports } };
      Reflect.apply(postMessage, globalThis, [own, transfer]);
    },
  };
}

/** Messages that came before the program could listen for them. */
let held: MessageEvent[] | undefined;

/** Keeps messages back from now on. @returns what gives them out */
export function holdMessages(): () => void {
  held = [];
  return () => {
    const events = held ?? [];
    held = undefined;
    for (const { data, ports } of events) {
      globalThis.dispatchEvent(
        new MessageEvent("message", { data, ports: [...ports] }),
      );
    }
  };
}

/** Under this name is what is called when the program's module begins to run. */
const LOADED_KEY = "looptrace.loaded";

/**
 * The URL of a module that imports `program`, and has `fn` called in the turn
 * after that in which it begins to run.
 */
export function afterLoading(program: string, fn: () => void): string {
  Object.defineProperty(globalThis, LOADED_KEY, {
    value: () => {
      Reflect.deleteProperty(globalThis, LOADED_KEY);
      setTimeout(fn, 0);
    },
    configurable: true,
  });
  // Modules run in the order of their imports, when all of them are loaded.
  const first = dataUrl(`globalThis[${JSON.stringify(LOADED_KEY)}]();`);
  return dataUrl(
    `import${JSON.stringify(first)};import${JSON.stringify(program)};`,
  );
}

/** The worker's end of the messages between it and who started it. */
export function wrapDenoParent(edge: MessageEdge, ending: () => void): void {
  define(
    globalThis,
    "postMessage",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        return edge.post(original, this, args);
      },
  );
  define(
    globalThis,
    "close",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        ending();
        return Reflect.apply(original, this, args);
      },
  );
  wrapListeners(globalThis, () => edge);
}

/** `self.location` is that of the program's module. */
export function restoreLocation(program: string): void {
  const url = new URL(program);
  const { WorkerLocation } = globalThis as unknown as {
    WorkerLocation?: { readonly prototype: object };
  };
  if (WorkerLocation === undefined) return;
  const location = Object.create(WorkerLocation.prototype) as object;
  for (
    const key of [
      "href",
      "origin",
      "protocol",
      "host",
      "hostname",
      "port",
      "pathname",
      "search",
      "hash",
    ] as const
  ) {
    Object.defineProperty(location, key, { value: url[key], enumerable: true });
  }
  Object.defineProperty(location, "toString", { value: () => url.href });
  const found = Object.getOwnPropertyDescriptor(globalThis, "location");
  Object.defineProperty(globalThis, "location", {
    get: () => location,
    set: found?.set,
    configurable: true,
    enumerable: found?.enumerable ?? true,
  });
}
