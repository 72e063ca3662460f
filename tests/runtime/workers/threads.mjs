/** Workers as each runtime has them, told apart by nothing but what is wrong with them. */
import process from "node:process";

export const isNode = globalThis.Deno === undefined &&
  globalThis.Bun === undefined;

/** The class that a program uses. Read late: wrappers may be put in its place. */
export function workerClass() {
  return isNode
    ? process.getBuiltinModule("node:worker_threads").Worker
    : globalThis.Worker;
}

/** Starts `file`, beside this one, and gives what a program does with a worker. */
export function start(file, options = {}) {
  const Worker = workerClass();
  const worker = new Worker(new URL(file, import.meta.url), {
    type: "module",
    ...options,
  });
  const on = (type, fn) =>
    isNode
      ? worker.on(type, fn)
      : worker.addEventListener(type, (event) => fn(event.data ?? event));
  return {
    worker,
    on,
    post: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
    next: () =>
      new Promise((resolve) =>
        isNode ? worker.once("message", resolve) : worker.addEventListener(
          "message",
          ({ data }) => resolve(data),
          { once: true },
        )
      ),
  };
}

/** The worker's own side. */
export function parent() {
  const port = isNode
    ? process.getBuiltinModule("node:worker_threads").parentPort
    : undefined;
  return {
    post: (message) => port ? port.postMessage(message) : postMessage(message),
    listen(fn) {
      if (port) port.on("message", fn);
      else globalThis.onmessage = ({ data }) => fn(data);
    },
    close() {
      if (port) port.close();
      else globalThis.close?.();
    },
  };
}

/** Keeps the thread busy. */
export function burn(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
