/**
 * Listeners: a task of their own where the loop calls them, a part of who calls
 * them elsewhere, which is told of if it takes long.
 */

import { ContinuationKind } from "../../core/continuation_table.ts";
import { NO_FILE } from "../../core/site_table.ts";
import {
  isResolver,
  nameOf,
  runSlice,
  type WrapperContext,
} from "./callback.ts";
import type { AnyFunction } from "./replace.ts";

/** Types of events that are told apart; listeners of others have no type. */
const MAX_TYPES = 256;

/** What the name of an event's type looks like, if it is a name. */
const TYPE_NAME = /^[\w.:-]{1,40}$/;

/** Listeners that run as long as this are told of: 100 us. */
const REGION_MS = 0.1;

/**
 * Events that runtimes dispatch when the loop is empty. To record one would begin
 * a turn, whose end keeps the loop for once more, and so on for ever.
 */
const ENDINGS = new Set<unknown>([
  "beforeunload",
  "unload",
  "beforeExit",
  "exit",
]);

/** True for an event that says that the program ends. */
export function isEnding(type: unknown): boolean {
  return ENDINGS.has(type);
}

const UNNAMED = "listener";

/** See the head of this file. */
export class Listeners {
  readonly #context: WrapperContext;
  /** Sites of listeners without a name, by the type of event. */
  readonly #byType = new Map<unknown, number>();

  constructor(context: WrapperContext) {
    this.#context = context;
  }

  /**
   * Calls `dispatch`, which calls the listeners of one event, as a task. One of
   * them is `listener`, if one is known.
   */
  runAlone(
    type: unknown,
    listener: unknown,
    dispatch: AnyFunction,
    receiver: unknown,
    args: ArrayLike<unknown>,
  ): unknown {
    const { continuations } = this.#context.recorder;
    const fn = typeof listener === "function" ? listener as AnyFunction : null;
    const kind = fn !== null && isResolver(fn)
      ? ContinuationKind.Sleep
      : ContinuationKind.Event;
    const id = continuations.make(kind, this.#siteOf(type, fn), 0);
    return runSlice(this.#context, id, dispatch, receiver, args);
  }

  /**
   * As {@linkcode runAlone}, where code of the program dispatches the event: a
   * region, if it takes long.
   */
  runInside(
    type: unknown,
    listener: unknown,
    dispatch: AnyFunction,
    receiver: unknown,
    args: ArrayLike<unknown>,
  ): unknown {
    const { recorder } = this.#context;
    const since = recorder.nextRecord;
    const began = recorder.clockNow();
    try {
      return Reflect.apply(dispatch, receiver, args);
    } finally {
      if (recorder.clockNow() - began >= REGION_MS) {
        const fn = typeof listener === "function" ? listener : null;
        recorder.region(this.#siteOf(type, fn as AnyFunction), began, since);
      }
    }
  }

  #siteOf(type: unknown, listener: AnyFunction | null): number {
    const { sites } = this.#context;
    const name = listener === null ? "" : nameOf(listener);
    if (name !== "") return sites.put(name, NO_FILE, 0);
    let site = this.#byType.get(type);
    if (site === undefined) {
      const isName = typeof type === "string" && TYPE_NAME.test(type) &&
        this.#byType.size < MAX_TYPES;
      site = sites.put(isName ? `${type} ${UNNAMED}` : UNNAMED, NO_FILE, 0);
      if (isName) this.#byType.set(type, site);
    }
    return site;
  }
}
