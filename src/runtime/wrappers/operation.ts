/** An operation of the runtime that a program waits for, with its names. */

import type { Reason } from "../../core/reason.ts";
import { NO_FILE, type SiteTable } from "../../core/site_table.ts";
import { operationOfWait, type Wait, waitOf } from "../../core/wait.ts";
import type { TargetOf } from "../apis/api_table.ts";

/** Targets of one operation that are told apart; what comes then goes without. */
const MAX_TARGETS = 256;

/** Longest name of a target; what is longer is cut. */
const MAX_TARGET_LENGTH = 80;

/** See the head of this file. The waits of its targets are remembered. */
export class Operation {
  readonly name: string;
  readonly #sites: SiteTable;
  readonly #reason: Reason;
  readonly #target: TargetOf | undefined;
  readonly #plain: Wait;
  readonly #waits = new Map<string, Wait>();

  constructor(
    sites: SiteTable,
    name: string,
    reason: Reason,
    target?: TargetOf,
  ) {
    this.name = name;
    this.#sites = sites;
    this.#reason = reason;
    this.#target = target;
    this.#plain = waitOf(reason, sites.put(name, NO_FILE, 0));
  }

  /** What a call with `args` waits for. */
  wait(args: readonly unknown[], receiver: unknown): Wait {
    if (this.#target === undefined) return this.#plain;
    let target: string | undefined;
    try {
      target = this.#target(args, receiver);
    } catch {
      // Arguments of any kind: the call itself will say what is wrong.
    }
    return target ? this.waitFor(target) : this.#plain;
  }

  /** What a call that works on `target` waits for. */
  waitFor(target: string): Wait {
    const known = this.#waits.get(target);
    if (known !== undefined) return known;
    if (this.#waits.size >= MAX_TARGETS) return this.#plain;
    const file = target.slice(0, MAX_TARGET_LENGTH);
    const site = this.#sites.put(this.name, file, 0);
    const wait = waitOf(this.#reason, site);
    this.#waits.set(target, wait);
    return wait;
  }

  /** The site that names a call with `args`. */
  site(args: readonly unknown[], receiver: unknown): number {
    return operationOfWait(this.wait(args, receiver));
  }
}
