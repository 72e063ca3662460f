/** Names of what has no place in the program, and of tasks by their kind. */

import type { StackId } from "../format/ids.ts";
import { ContinuationKind } from "./continuation_table.ts";
import { NO_FILE, NO_SITE, type SiteTable } from "./site_table.ts";
import type { StackTable } from "./stack_table.ts";

/** Name of a task whose function is not known, by kind of continuation. */
const KIND_NAMES: { readonly [kind: number]: string } = {
  [ContinuationKind.Reaction]: "then callback",
  [ContinuationKind.Relay]: "async function",
  [ContinuationKind.Timer]: "setTimeout callback",
  [ContinuationKind.Interval]: "setInterval callback",
  [ContinuationKind.Immediate]: "setImmediate callback",
  [ContinuationKind.Microtask]: "microtask callback",
  [ContinuationKind.Request]: "request",
  [ContinuationKind.Main]: "main",
  [ContinuationKind.Call]: "async function",
  [ContinuationKind.Unseen]: "async function",
  [ContinuationKind.Message]: "message",
  [ContinuationKind.Operation]: "callback",
  [ContinuationKind.Event]: "listener",
};

/** Stacks of one frame for a recording: the loop's own, and entry frames. */
export class WellKnownSites {
  readonly #sites: SiteTable;
  readonly #stacks: StackTable;
  readonly #named = new Map<string, StackId>();

  constructor(sites: SiteTable, stacks: StackTable) {
    this.#sites = sites;
    this.#stacks = stacks;
  }

  /** The waker of a sleeper. */
  get timer(): StackId {
    return this.#stack("timer");
  }

  /** The waker of what waits for a socket or a remote service. */
  get network(): StackId {
    return this.#stack("network");
  }

  /** The waker of everything else that no task woke. */
  get loop(): StackId {
    return this.#stack("event loop");
  }

  /**
   * The entry frame of a task of `kind` that begins at `site`. The site of a
   * then-callback is where it was registered, in a function that is not its own.
   */
  entryOf(kind: number, site: number): StackId {
    const name = KIND_NAMES[kind];
    if (kind !== ContinuationKind.Reaction || site === NO_SITE) {
      return this.entry(name, site);
    }
    const isRuntime = site === this.#sites.runtime;
    const shown = isRuntime ? "runtime.callback" : name;
    return this.#stacks.put(this.#sites.renamed(site, shown));
  }

  /** The entry frame of the function of `site`, or a frame named `name`. */
  entry(name: string, site: number): StackId {
    if (site === NO_SITE) return this.#stack(name);
    return this.#stacks.put(this.#sites.functionOf(site));
  }

  #stack(name: string): StackId {
    let stack = this.#named.get(name);
    if (stack === undefined) {
      stack = this.#stacks.put(this.#sites.put(name, NO_FILE, 0));
      this.#named.set(name, stack);
    }
    return stack;
  }
}
