/** Places in the program: function, file, line. The frames of all stacks. */

import { countFromOne, type IdSource } from "./thread_ids.ts";

/** Default of {@linkcode SiteTable}'s limit. */
export const MAX_SITES = 65_536;

/** No place known. */
export const NO_SITE = 0;

/** File of a place that no file holds. */
export const NO_FILE = "(no file)";

const NOWHERE = { file: NO_FILE, line: 0 };

/**
 * Function of what runs in the runtime's own code alone. Go's tools take names
 * that begin so for the system's, and keep them apart.
 */
const RUNTIME_NAME = "runtime.internal";

/** One place. */
export interface Site {
  readonly fn: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Places to numbers from 1 on. Each has a program counter in the trace: one PC
 * is one place, which Go's readers insist on.
 */
export class SiteTable {
  /** How often a place was refused because the table was full. */
  overflowed = 0;

  readonly #sites: Site[] = [{ fn: "", file: "", line: 0 }];
  readonly #ids = new Map<string, number>();
  /** First site seen of each function, by function; and that by site. */
  readonly #functions = new Map<string, number>();
  readonly #functionOf: number[] = [NO_SITE];
  /** Sites under another name, by site and name: no more than sites. */
  readonly #renamed = new Map<number, Map<string, number>>();
  readonly #limit: number;
  readonly #pcs: number[] = [];
  readonly #nextPc: IdSource;

  constructor(limit: number = MAX_SITES, pcs: IdSource = countFromOne()) {
    this.#limit = limit;
    this.#nextPc = pcs;
    this.runtime = this.put(RUNTIME_NAME, "(runtime)", 0);
  }

  /** Number of places known. */
  get size(): number {
    return this.#sites.length - 1;
  }

  /**
   * The number of a place, or {@linkcode NO_SITE} when the table is full.
   * Places of one function share `fn`, `file` and `functionLine`, the line
   * where the function begins, as far as it is known.
   */
  put(fn: string, file: string, line: number, functionLine = 0): number {
    // Neither a name nor a file holds a line feed.
    const key = `${line}\n${file}\n${fn}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.size >= this.#limit) {
      this.overflowed++;
      return NO_SITE;
    }
    const id = this.#sites.push({ fn, file, line }) - 1;
    this.#ids.set(key, id);
    const owner = `${functionLine}\n${file}\n${fn}`;
    const first = this.#functions.get(owner) ?? id;
    if (first === id) this.#functions.set(owner, id);
    this.#functionOf.push(first);
    return id;
  }

  /**
   * The site named `fn` at the line of `site`, which is in another function.
   * For each callback and request: two look-ups, no text is made.
   */
  renamed(site: number, fn: string): number {
    let names = this.#renamed.get(site);
    if (names === undefined) this.#renamed.set(site, names = new Map());
    let renamed = names.get(fn);
    if (renamed === undefined) {
      const { file, line } = site === NO_SITE ? NOWHERE : this.get(site);
      renamed = this.put(fn, file, line);
      if (renamed !== NO_SITE) names.set(fn, renamed);
    }
    return renamed;
  }

  /**
   * The site that stands for the function of site `id`: the first one that was
   * seen in it, so that all its tasks have one name.
   */
  functionOf(id: number): number {
    return this.#functionOf[id];
  }

  /** The place that stands for all of the runtime's own code. */
  readonly runtime: number;

  /** The program counter of the place numbered `id`, no other thread's. */
  pcOf(id: number): number {
    return this.#pcs[id] ??= this.#nextPc.take();
  }

  /** The place numbered `id`. */
  get(id: number): Site {
    return this.#sites[id];
  }
}
