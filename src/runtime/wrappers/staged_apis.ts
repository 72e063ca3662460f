/**
 * Puts the wrappers of a runtime's API table in, in stages: loading all of the
 * built-in modules at once would hold a busy loop for up to a tenth of a second.
 */

import type { ApiRow } from "../apis/api_table.ts";
import { moduleOf } from "../apis/owners.ts";
import type { WrapperContext } from "./callback.ts";
import { wrapReady, wrapRow } from "./operations.ts";

/** What stages need of the runtime. */
export interface StageHost {
  /** Calls `fn` soon, after what the loop has to do now. */
  soon(fn: () => void): void;
  /** Called when more has been wrapped. */
  wrapped?(): void;
}

/** See the head of this file. */
export class StagedApis {
  readonly #rows: readonly ApiRow[];
  readonly #context: WrapperContext;
  readonly #host: StageHost;
  /** Rows that wait for their module, by its name. */
  readonly #waiting = new Map<string, ApiRow[]>();
  #isStarted = false;
  #hasGlobals = false;

  constructor(
    rows: readonly ApiRow[],
    context: WrapperContext,
    host: StageHost,
  ) {
    this.#rows = rows;
    this.#context = context;
    this.#host = host;
    for (const row of rows) {
      const module = moduleOf(row.madeBy ?? row.owner);
      if (module === undefined || row.isArmed) continue;
      const rows = this.#waiting.get(module);
      if (rows === undefined) this.#waiting.set(module, [row]);
      else rows.push(row);
    }
  }

  /** Wraps what must be wrapped before a recording starts. */
  arm(): void {
    this.#wrap(this.#rows.filter(({ isArmed }) => isArmed));
  }

  /**
   * Wraps what is in no module: before the program runs, so that it cannot keep
   * a function for itself that is not wrapped.
   */
  wrapGlobals(): void {
    if (this.#hasGlobals) return;
    this.#hasGlobals = true;
    this.#wrap(
      this.#rows.filter(({ owner, madeBy, isArmed }) =>
        !isArmed && moduleOf(madeBy ?? owner) === undefined
      ),
    );
  }

  /**
   * Wraps what is in no module, and each module then: `isAtOnce`, or one after
   * the other while the loop goes on.
   */
  start(isAtOnce: boolean): void {
    if (this.#isStarted) {
      wrapReady(this.#rows, this.#context);
      if (isAtOnce) this.#wrapModules();
      return;
    }
    this.#isStarted = true;
    this.wrapGlobals();
    wrapReady(this.#rows, this.#context);
    if (isAtOnce) this.#wrapModules();
    else this.#host.soon(this.#wrapNext);
  }

  /** The program is about to import the module `name`. */
  importing(name: string): void {
    const module = name.startsWith("node:") || name.startsWith("bun:")
      ? name
      : `node:${name}`;
    if (this.#wrapModule(module)) this.#host.wrapped?.();
  }

  #wrapModules(): void {
    for (const module of [...this.#waiting.keys()]) this.#wrapModule(module);
    this.#host.wrapped?.();
  }

  readonly #wrapNext = (): void => {
    const [module] = this.#waiting.keys();
    if (module === undefined) return;
    this.importing(module);
    this.#host.soon(this.#wrapNext);
  };

  /** @returns false if nothing was to be wrapped */
  #wrapModule(module: string): boolean {
    const rows = this.#waiting.get(module);
    if (rows === undefined) return false;
    this.#waiting.delete(module);
    this.#wrap(rows);
    return true;
  }

  #wrap(rows: readonly ApiRow[]): void {
    const { recorder } = this.#context;
    const { starts } = recorder;
    // What a module does when it is loaded is none of the program's.
    recorder.untraced++;
    try {
      for (const row of rows) this.#wrapRow(row);
    } finally {
      if (recorder.untraced > 0 && recorder.starts === starts) {
        recorder.untraced--;
      }
    }
  }

  #wrapRow(row: ApiRow): void {
    try {
      wrapRow(row, this.#context);
    } catch {
      // Frozen, or put in place by somebody else: less is named, nothing breaks.
    }
  }
}
