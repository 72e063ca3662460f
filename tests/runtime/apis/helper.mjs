/**
 * What a snippet is given, and what it tells. A file of `snippets/` exports `snippets`, a list of
 *
 *     {
 *       api: "fs.promises.readFile",     // as the tables of src/runtime/apis name it: the operation's name in the trace
 *       runtimes: ["node", "bun"],       // where it is tried; @default all three
 *       reason: "sync",                  // of its waits; @default what the table's row says
 *       waker: "loop",                   // who ends them: "loop" or the name of a task, alternatives behind |
 *       untested: "why",                 // instead of `run`: the row is not tried
 *       async run(h) { ... },            // uses the function once, waiting for 2 ms or more if that can be had
 *     }
 *
 * with several entries of one api where a function has several ways. `run` tells with `h.timed`, `h.sync` and
 * `h.goroutine` what the trace must have; one that tells nothing fails.
 */
import { join } from "node:path";

/** Thrown by `h.skip`. */
export class Skipped extends Error {}

/** What one snippet measured and wants to be found; see apis/check.ts, which reads it. */
export class SnippetHelper {
  /** @type {{ kind: string, ms?: [number, number], [expected: string]: unknown }[]} */
  told = [];
  /** A folder for this process alone. */
  folder;
  /** Addresses of the counterpart; see counterpart.mjs. And `later`. */
  server;
  /** "deno", "node" or "bun". */
  runtime;
  /** True under the preload. */
  isTransformed;

  constructor({ folder, addresses, runtime, isTransformed }) {
    this.folder = folder;
    this.runtime = runtime;
    this.isTransformed = isTransformed;
    this.server = {
      ...addresses,
      later: (action, ms, parameters = {}) =>
        this.#later(action, ms, parameters),
    };
  }

  /** Path of a file in the folder. */
  path(name) {
    return join(this.folder, name);
  }

  /**
   * Awaits what `fn` returns and wants that wait found, as long as it was here. `expected` may have `api`, `reason`,
   * `waker`, `target` in place of what the snippet says.
   *
   * Call the operation inside `fn`: under the preload an await claims what was begun while its expression was evaluated.
   * What an operation does at its first use (modules that are loaded late) is no wait: use it once before.
   */
  async timed(fn, expected = {}) {
    // The task blocks between the return of the call and the next microtask, the first to run after its slice.
    let called = 0;
    let blocked = 0;
    Promise.resolve().then(() => blocked = performance.now());
    const call = () => {
      const promise = fn();
      called = performance.now();
      return promise;
    };
    const value = await call();
    const ended = performance.now();
    const ms = [ended - blocked, ended - called];
    this.told.push({ kind: "wait", ms, ...expected });
    return value;
  }

  /** Calls `fn`, which blocks the loop for 20 us or longer: wants a goroutine in a system call. */
  sync(fn, expected = {}) {
    const began = performance.now();
    const value = fn();
    const ms = performance.now() - began;
    this.told.push({ kind: "sync", ms: [ms, ms], ...expected });
    return value;
  }

  /** Wants a goroutine that begins in a function of this name: a listener, a handler, a callback. */
  goroutine(name) {
    this.told.push({ kind: "goroutine", name });
  }

  /** Wants a region of this name: a listener that ran for 100 us or longer. */
  region(name) {
    this.told.push({ kind: "region", name });
  }

  /** Leaves the snippet: this machine has not what it needs. */
  skip(why) {
    throw new Skipped(why);
  }

  /** A sleep that is nothing but one. */
  sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Burns time. */
  burn(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }

  /** Has the counterpart do `action` as a client after `ms`; resolves when it has heard of it. */
  async #later(action, ms, parameters) {
    const query = new URLSearchParams({ action, ms, ...parameters });
    const response = await fetch(`${this.server.http}/later?${query}`);
    await response.text();
  }
}
