/**
 * Emitters that stand for something remote, as sockets and requests do: what is
 * waited for by who waits for their events, and whose callback they will call.
 */

import type { TurnRecorder } from "../../core/turn_recorder.ts";
import type { Wait } from "../../core/wait.ts";

const waits = new WeakMap<object, Wait>();
const pending = new WeakMap<object, number>();

/** Who waits for an event of `emitter` waits for `wait`. */
export function setWaitOf(emitter: unknown, wait: Wait): void {
  if (isObject(emitter)) waits.set(emitter, wait);
}

/** What is waited for by who waits for an event of `emitter`, 0 if not known. */
export function waitOfEvents(emitter: unknown): Wait {
  return isObject(emitter) ? waits.get(emitter) ?? 0 : 0;
}

/** `emitter` will call the callback of continuation `id`, unless it closes. */
export function setPending(emitter: unknown, id: number): void {
  if (isObject(emitter) && id !== 0) pending.set(emitter, id);
}

/** `emitter` is closed: a callback that it has not called it never will. */
export function cancelPending(recorder: TurnRecorder, emitter: object): void {
  const id = pending.get(emitter);
  if (id === undefined) return;
  pending.delete(emitter);
  const { continuations } = recorder;
  if (continuations.slot(id) !== 0) recorder.cancel(id);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
