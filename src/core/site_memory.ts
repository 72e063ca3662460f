/**
 * Remembers at which site an await happens, so that few stacks need capturing.
 *
 * Code that begins at the same site and then does the same sequence of things
 * is most likely the same code. The key of an await is therefore a hash of
 * where its slice began, of the last sites known in it and of every hook event
 * since. What was captured once
 * for a key is taken for granted and checked now and then; a key under which
 * two sites were seen is never trusted again.
 */

import type { Reason } from "./reason.ts";
import { NO_SITE } from "./site_table.ts";
import type { StackCapture, StackTop } from "./stack_capture.ts";

/** Keys remembered, a power of two. A new key takes the place of an old one. */
const ENTRIES = 8192;

/** Mark of a key under which more than one site was seen. */
const AMBIGUOUS = -1;

/** Calls at a place, as far as they were seen, are awaited by their caller. */
const AWAITED = 1;
/** Calls at a place go on beside their caller, at least sometimes. */
const BESIDE = 2;

/** A remembered site is checked whenever it was used twice as often as before. */
function isCheckDue(uses: number): boolean {
  return (uses & uses - 1) === 0;
}

/** The memory; see the head of this file. */
export class SiteMemory {
  /** How many keys turned out to stand for more than one site. */
  ambiguous = 0;
  /** What the runtime's frames above the site of the last {@linkcode at} said. */
  reason: Reason = 0;
  /** True if the last {@linkcode at} was inside `Promise.prototype.then`. */
  isThen = false;
  /** True if the last {@linkcode at} captured, instead of remembering. */
  isSeen = false;
  /** Where the last {@linkcode at} looked. */
  place = 0;

  readonly #capture: StackCapture;
  readonly #keys = new Int32Array(ENTRIES);
  readonly #sites = new Int32Array(ENTRIES);
  readonly #reasons = new Uint8Array(ENTRIES);
  /** 1 for a key inside `then`. */
  readonly #thens = new Uint8Array(ENTRIES);
  readonly #uses = new Uint32Array(ENTRIES);
  /** Whether calls that first suspend there go on beside their caller. */
  readonly #beside = new Uint8Array(ENTRIES);

  constructor(capture: StackCapture) {
    this.#capture = capture;
  }

  /**
   * The site of the code that is running, or {@linkcode NO_SITE}.
   *
   * @param key what led here; see the head of this file
   * @param top the innermost function on the stack that was called by the
   *   program or the runtime
   */
  at(key: number, top: StackTop): number {
    this.isSeen = false;
    const index = this.place = (key ^ key >>> 13) & ENTRIES - 1;
    if (this.#keys[index] !== key) return this.#learn(index, key, top);
    const site = this.#sites[index];
    if (site === AMBIGUOUS) return this.#look(top) ?? NO_SITE;
    const uses = ++this.#uses[index];
    if (isCheckDue(uses) && this.#capture.canCheck) {
      return this.#check(index, site, top);
    }
    this.reason = this.#reasons[index] as Reason;
    this.isThen = this.#thens[index] !== 0;
    return site;
  }

  /** True unless calls where `at` looked were all awaited by their caller. */
  get isBeside(): boolean {
    return this.#beside[this.place] !== AWAITED;
  }

  /** Remembers of a place whether the call there goes on beside its caller. */
  note(place: number, isBeside: boolean): void {
    if (isBeside) this.#beside[place] = BESIDE;
    else if (this.#beside[place] === 0) this.#beside[place] = AWAITED;
  }

  /** Captures, if that may be now. */
  #look(top: StackTop): number | undefined {
    const capture = this.#capture;
    const site = capture.capture(top);
    this.isSeen = site !== undefined;
    this.reason = site === undefined ? 0 : capture.reason;
    this.isThen = site !== undefined && capture.isThen;
    return site;
  }

  #learn(index: number, key: number, top: StackTop): number {
    const site = this.#look(top);
    if (site === undefined) return NO_SITE;
    this.#keys[index] = key;
    this.#sites[index] = site;
    this.#reasons[index] = this.reason;
    this.#thens[index] = this.isThen ? 1 : 0;
    this.#uses[index] = 0;
    this.#beside[index] = 0;
    return site;
  }

  #check(index: number, site: number, top: StackTop): number {
    const found = this.#look(top);
    if (found === undefined) {
      this.reason = this.#reasons[index] as Reason;
      this.isThen = this.#thens[index] !== 0;
      return site;
    }
    if (found !== site) {
      this.#sites[index] = AMBIGUOUS;
      this.ambiguous++;
    }
    return found;
  }
}
