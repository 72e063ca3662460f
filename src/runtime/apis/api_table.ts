/**
 * The APIs through which a program waits, as data: wrappers, the README's tables
 * and the contract tests are all made from these rows. One table for each
 * runtime, composed of one file for each family.
 */

import type { Reason } from "../../core/reason.ts";
import type { WrapperContext } from "../wrappers/callback.ts";

/**
 * Where functions are found, as a program writes it: "fs", "fs.promises",
 * "Deno", "crypto.subtle", "ReadableStreamDefaultReader.prototype", or
 * "globalThis". See `owners.ts`.
 */
export type Owner = string;

/**
 * How a program learns that what it waits for is over.
 *
 * - `promise`: the function returns one
 * - `callback`: the last function among the arguments is called, once
 * - `sync`: the call blocks the loop until it returns
 * - `event`: listeners of the program are called
 * - `own`: another way, which the row's `wrap` knows
 */
export type ApiKind = "promise" | "callback" | "sync" | "event" | "own";

/**
 * What a call works on: a file's base name, `host:port`. Short and without
 * secrets. Calls nothing of the program's; what it throws counts as not known.
 */
export type TargetOf = (
  args: readonly unknown[],
  receiver: unknown,
) => string | undefined;

/** True if code of the program may run inside a call. As {@linkcode TargetOf}. */
export type MayRunProgram = (
  args: readonly unknown[],
  receiver: unknown,
) => boolean;

/** Functions of one owner that are wrapped alike. */
export interface ApiRow {
  /** What the README groups rows by, such as "files". */
  readonly family: string;
  readonly owner: Owner;
  /**
   * Whose functions make the objects that have these, where the owner itself
   * cannot be found: `wrap` is given this one.
   */
  readonly madeBy?: Owner;
  /** Names of the functions. Those that a runtime has not are passed over. */
  readonly keys: readonly string[];
  readonly how: ApiKind;
  /** What is waited for. Of no meaning for `sync`: a blocking call. */
  readonly reason: Reason;
  readonly target?: TargetOf;
  /** True if code of the program may run inside the call, or inside some. */
  readonly runsProgram?: boolean | MayRunProgram;
  /** True if it must be wrapped before a recording starts; see `arm`. */
  readonly isArmed?: boolean;
  /**
   * False while the owner is not to be asked for, because that would load what
   * the program may never use. It is wrapped at a later start then, or by `wrap`
   * of a row that knows.
   */
  readonly isReady?: () => boolean;
  /** Puts the wrappers in, where there is more to it than `how` says. */
  readonly wrap?: (context: WrapperContext, owner: object) => void;
  /**
   * Puts wrappers in for the time of a recording: for what is called so often
   * that a program would feel a wrapper that does nothing.
   *
   * @returns what takes them out
   */
  readonly wrapForNow?: (context: WrapperContext, owner: object) => () => void;
  /** What the README is to say about it. */
  readonly note?: string;
}

/** An API that others have and this runtime has not, or not so that it can be wrapped. */
export interface MissingApi {
  readonly family: string;
  /** Such as "Deno.serve". */
  readonly api: string;
  readonly why: string;
}

/** All that is wrapped on one runtime, and what is not. */
export interface ApiTable {
  readonly rows: readonly ApiRow[];
  readonly missing: readonly MissingApi[];
}

/**
 * The name of an operation as traces, tests and the README have it:
 * "fs.readFile", "fetch", "ReadableStreamDefaultReader.read".
 */
export function operationName(owner: Owner, key: string): string {
  if (owner === "globalThis") return key;
  return `${owner.replace(/\.prototype$/, "")}.${key}`;
}
