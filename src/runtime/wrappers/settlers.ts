/**
 * Who settles a combined promise. The engine settles it in jobs of its own, of
 * which markers cannot tell. So a reaction of ours stands before each of those:
 * it runs when a member is settled, and whoever queued it settled that member.
 *
 * Only native promises in a plain array are looked at. The engine attaches its
 * own reactions to all of them, so none is handled that was not before.
 */

import type { Settler } from "../../core/explained.ts";
import type { TurnRecorder } from "../../core/turn_recorder.ts";

/** The combinators. */
export type CombinatorName = "all" | "allSettled" | "race" | "any";

const { then } = Promise.prototype;
const { values } = Array.prototype;

/** Who settles what the combinator `name` makes of `members`. */
export function settlerOf(
  recorder: TurnRecorder,
  name: CombinatorName,
  members: unknown,
): Settler | undefined {
  const known = recorder.explained.takeOffer(members);
  // Of `any` only the first that does not throw counts.
  if (known === undefined || name === "any") {
    return watchSettler(recorder, name, members);
  }
  known.isFirst = name === "race";
  return known;
}

function watchSettler(
  recorder: TurnRecorder,
  name: CombinatorName,
  members: unknown,
): Settler | undefined {
  if (!Array.isArray(members) || members[Symbol.iterator] !== values) {
    return undefined;
  }
  const settler = new CombinedSettler(recorder, name);
  for (const member of members) {
    if (isNative(member)) settler.watch(member);
  }
  return settler.isWatching ? settler : undefined;
}

/** True for a promise whose `then` the engine calls without the program. */
function isNative(value: unknown): value is Promise<unknown> {
  return value instanceof Promise &&
    Object.getPrototypeOf(value) === Promise.prototype &&
    !Object.hasOwn(value, "then") && !Object.hasOwn(value, "constructor");
}

class CombinedSettler implements Settler {
  #by = 0;
  readonly #recorder: TurnRecorder;
  #left = 0;
  readonly #fulfilled: () => void;
  readonly #rejected: () => void;

  constructor(recorder: TurnRecorder, name: CombinatorName) {
    this.#recorder = recorder;
    this.#fulfilled = () => this.#note(name === "race" || name === "any");
    this.#rejected = () => this.#note(name === "race" || name === "all");
  }

  get isWatching(): boolean {
    return this.#left > 0;
  }

  endedBy(): number {
    return this.#by;
  }

  watch(member: Promise<unknown>): void {
    if (this.#left++ === 0) this.#recorder.beginWait();
    Reflect.apply(then, member, [this.#fulfilled, this.#rejected]);
  }

  #note(isLast: boolean): void {
    if (this.#left <= 0) return;
    this.#by = this.#recorder.enqueuedBy;
    this.#left = isLast ? 0 : this.#left - 1;
    if (this.#left === 0) this.#recorder.endWait();
  }
}
