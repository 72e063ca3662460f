/**
 * Hook source on V8's promise hooks, for Deno and Node: sees every native
 * promise of any code.
 *
 * What fires, and in which order, is in design/deno-node.md section 1.2. `T` is
 * the promise that V8 makes for an await, `W` the one that it makes around an
 * awaited value that is no promise.
 *
 * None of the four functions may make a promise, or throw.
 */

import { ContinuationKind } from "../core/continuation_table.ts";
import {
  AwaitFlag,
  RAW_STRIDE,
  type RawLog,
  UNTRACED,
} from "../core/raw_log.ts";
import { Reason } from "../core/reason.ts";
import { NO_SITE } from "../core/site_table.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";
import { MoreWaiters, PromiseStamp, SETTLED } from "./promise_stamp.ts";

/** No place in the recorder's memory. */
const NO_PLACE = -1;

/** Promises remembered of those made in a slice. */
const MAX_PLAIN = 64;

/** The await of continuation `id`, the last record, begins a run of its own. */
function unlinkLast({ codes, length }: RawLog, id: number): void {
  const at = (length - 1) * RAW_STRIDE;
  if (at >= 0 && codes[at + 1] === id) codes[at] &= ~(AwaitFlag.Linked << 8);
}

/** The four hooks, for `v8.promiseHooks` or the engine's own. */
export interface PromiseHooks {
  init(promise: object, parent: object | undefined): void;
  before(promise: object): void;
  after(promise: object): void;
  settled(promise: object): void;
}

/** The hooks and what wrappers may ask of them. */
export interface PromiseHookSource {
  readonly hooks: PromiseHooks;
  /** The promise made last, if nothing happened since. */
  lastPlain(): object | undefined;
  /** Says what the reactions made inside `fn` do: pass a result on. */
  relaying<T>(fn: () => T): T;
  /** Has continuation `id` wait for `promise`. @returns false if it is settled */
  settleWith(promise: object, id: number): boolean;
  /** True if the last await was in the call whose promise this is. */
  isLastCall(promise: object): boolean;
  /** Lets go of every promise. */
  forget(): void;
}

/** Makes the hooks that report to `recorder`. */
export function createPromiseHooks(recorder: TurnRecorder): PromiseHookSource {
  // Promises made in this slice that nobody awaits yet, oldest first. Those of
  // calls that have not suspended yet are among them, outermost first.
  const plain: (object | undefined)[] = new Array(MAX_PLAIN).fill(undefined);
  let plainCount = 0;
  // The last await, as long as nothing followed it.
  let lastReaction: object | undefined;
  let lastParent: PromiseStamp | undefined;
  let lastWaiters: number | MoreWaiters = 0;
  let isLastThen = false;
  // Where the promise that it waits for was among the plain ones, -1 for nowhere,
  // how many of these there were, and whether it went on with a run.
  let lastIndex = -1;
  let lastCount = 0;
  let isLastLinked = false;
  // Where the call of this run first suspended, for the recorder to remember.
  let runPlace = NO_PLACE;
  let isLastPlain = false;
  let relays = 0;
  // Reactions of the tracer's own that run, to be ended by `after`.
  let untracedDepth = 0;

  function pushPlain(promise: object): void {
    if (plainCount === MAX_PLAIN) {
      plain.copyWithin(0, 1);
      plainCount--;
    }
    plain[plainCount++] = promise;
  }

  /** Something other than an await follows: the run of awaits is over. */
  function endRun(): void {
    if (lastReaction === undefined) return;
    const isSure = isSiteKnown(lastReaction);
    lastReaction = undefined;
    lastParent = undefined;
    recorder.noteRun(runPlace, true);
    runPlace = NO_PLACE;
    if (isLastThen || plainCount === 0) return;
    // It may have been a `then`, such as the `catch` of a call that nobody awaits.
    if (isLastLinked && !isSure) return;
    // The newest promise left is that of the outermost call of the run.
    PromiseStamp.explain(plain[--plainCount]!, Reason.Task);
  }

  /** True if it is known where `reaction` was made, and so whether by `then`. */
  function isSiteKnown(reaction: object): boolean {
    const { continuations } = recorder;
    const id = PromiseStamp.continuation(reaction);
    return continuations.site[continuations.slot(id)] !== NO_SITE;
  }

  function init(promise: object, parent: object | undefined): void {
    if (recorder.untraced > 0 || recorder.isAfterHushed) {
      const isReaction = parent !== undefined;
      PromiseStamp.make(promise, isReaction ? UNTRACED : 0, 0);
      return;
    }
    if (parent === undefined) {
      PromiseStamp.make(promise, 0, 0);
      endRun();
      if (relays === 0) pushPlain(promise);
      isLastPlain = true;
      recorder.break();
      return;
    }
    isLastPlain = false;
    initReaction(promise, PromiseStamp.of(parent));
  }

  function initReaction(promise: object, parent: PromiseStamp): void {
    const before = PromiseStamp.waiters(parent);
    if (isWrapper(parent)) seeWrapper(parent);
    // Is it the promise of a call just made, or of the reaction just made?
    let index = plainCount - 1;
    while (index >= 0 && plain[index] !== parent) index--;
    const isLinked = lastReaction !== undefined && relays === 0 &&
      (index >= 0 || parent === lastReaction);
    if (!isLinked) endRun();
    const count = plainCount;
    // Awaited, it is no candidate any more. Nor is what was made inside it, if it
    // is a call; something older that a call awaits leaves that call's own.
    if (isLinked && index >= 0) plainCount = index;
    else if (index >= 0 && index < plainCount) {
      plain.copyWithin(index, index + 1, plainCount);
      plainCount--;
    }
    const wait = PromiseStamp.wait(parent);
    const isThen = recorder.beginAwait(wait, isLinked, source.hooks.init);
    const isCall = !isThen && plainCount > 0 && relays === 0;
    const flags = (isLinked ? AwaitFlag.Linked : 0) |
      (isCall ? AwaitFlag.Call : 0) |
      (before === SETTLED ? AwaitFlag.Settled : 0);
    // The first suspension of a call that goes on beside its caller is worth a
    // reading of the clock.
    const isFirst = isCall && runPlace === NO_PLACE;
    if (isFirst) runPlace = recorder.place;
    const id = recorder.await(wait, flags, isFirst && recorder.isBeside);
    // What is made of a call's promise waits for the call.
    const isOfCall = isThen && isLinked && index >= 0 && wait === 0;
    PromiseStamp.make(promise, id, isOfCall ? Reason.Task : wait);
    if (id === 0) return;
    // A callback of the runtime's own is no task, and settles for another.
    const isRelay = relays > 0 || !isCall && recorder.isRuntimeAwait;
    if (isRelay) {
      const { continuations } = recorder;
      continuations.kind[continuations.slot(id)] = ContinuationKind.Relay;
    }
    isLastThen = isThen || relays > 0;
    lastReaction = promise;
    lastParent = parent;
    lastWaiters = before;
    lastIndex = index;
    lastCount = count;
    isLastLinked = isLinked;
    if (before === 0) PromiseStamp.setWaiters(parent, id);
    else if (before !== SETTLED) {
      PromiseStamp.setWaiters(parent, new MoreWaiters(id, before));
    }
  }

  /**
   * True if `parent` is a `W` that stays pending, made around a thenable or a
   * promise of a subclass: the `T` just made awaits it at once. A `then` that is
   * not known for one looks the same.
   */
  function isWrapper(parent: PromiseStamp): boolean {
    return parent === lastReaction && lastParent !== undefined &&
      lastWaiters !== SETTLED && !isLastThen && relays === 0;
  }

  /**
   * The last await was none: the promise that `W` seemed to wait for is that of
   * the activation which waits for `W`.
   */
  function seeWrapper(wrapper: PromiseStamp): void {
    const id = PromiseStamp.continuation(wrapper);
    if (PromiseStamp.wait(wrapper) === Reason.Task) {
      // It waits for what the thenable does: for no task that is known.
      const { continuations } = recorder;
      continuations.wait[continuations.slot(id)] = Reason.Unknown;
      PromiseStamp.unexplain(wrapper);
    }
    if (lastIndex < 0) return;
    if (!isLastLinked) {
      plain.copyWithin(lastIndex + 1, lastIndex, plainCount);
      plain[lastIndex] = lastParent!;
      plainCount++;
      return;
    }
    // The run before was of a call that goes on beside the activation.
    unlinkLast(recorder.log, id);
    recorder.noteRun(runPlace, true);
    runPlace = NO_PLACE;
    plainCount = lastCount;
    if (plainCount - 1 > lastIndex) {
      PromiseStamp.explain(plain[--plainCount]!, Reason.Task);
    }
  }

  function before(promise: object): void {
    endSlice();
    if (recorder.isStarting) recorder.endStart();
    const id = PromiseStamp.continuation(promise);
    if (id === UNTRACED) {
      untracedDepth++;
      recorder.enterUntraced();
      return;
    }
    if (recorder.untraced > 0) return;
    recorder.resume(id);
  }

  function after(promise: object): void {
    endSlice();
    if (recorder.isStarting) {
      recorder.endStart();
      return;
    }
    if (recorder.untraced > 0) {
      if (recorder.isHushed) recorder.unhush();
      else if (untracedDepth > 0) {
        if (PromiseStamp.continuation(promise) !== UNTRACED) return;
        untracedDepth--;
        recorder.leaveUntraced();
        return;
      } else return;
    }
    PromiseStamp.ran(promise);
    recorder.suspend();
  }

  /** What was made in one slice is nothing to the next. */
  function endSlice(): void {
    plainCount = 0;
    isLastPlain = false;
    if (lastReaction === undefined) return;
    lastReaction = undefined;
    lastParent = undefined;
    recorder.noteRun(runPlace, false);
    runPlace = NO_PLACE;
  }

  function settled(promise: object): void {
    const stamp = PromiseStamp.of(promise);
    const waiters = PromiseStamp.waiters(stamp);
    PromiseStamp.setWaiters(stamp, SETTLED);
    if (waiters === 0 || waiters === SETTLED) {
      settledUnseen(stamp);
      return;
    }
    endRun();
    isLastPlain = false;
    let at = waiters;
    while (typeof at === "object") {
      recorder.settle(at.id);
      at = at.next;
    }
    recorder.settle(at);
  }

  /** Nobody waits for it: of interest only for what it comes between. */
  function settledUnseen(stamp: PromiseStamp): void {
    if (recorder.untraced > 0) return;
    const id = PromiseStamp.continuation(stamp);
    if (id !== 0 && id === recorder.current) return;
    if (stamp === lastReaction && lastParent !== undefined) {
      undoWrapper(stamp, id);
      return;
    }
    endRun();
    isLastPlain = false;
    recorder.break();
  }

  /** The last await was none: V8 made `W` around a value, settled at once. */
  function undoWrapper(stamp: PromiseStamp, id: number): void {
    recorder.undoAwait(id);
    PromiseStamp.clear(stamp);
    // The parent of W is the promise of the activation that awaits.
    PromiseStamp.setWaiters(lastParent!, lastWaiters);
    PromiseStamp.explain(lastParent!, Reason.Task);
    pushPlain(lastParent!);
    lastReaction = undefined;
    lastParent = undefined;
  }

  recorder.onBreak = () => {
    endRun();
    isLastPlain = false;
  };

  const source: PromiseHookSource = {
    hooks: {
      init(promise, parent): void {
        if (!recorder.takesPromises) return;
        try {
          init(promise, parent);
        } catch (error) {
          recorder.fail(error);
        }
      },
      before(promise): void {
        if (!recorder.takesPromises) return;
        try {
          before(promise);
        } catch (error) {
          recorder.fail(error);
        }
      },
      after(promise): void {
        if (!recorder.takesPromises) return;
        try {
          after(promise);
        } catch (error) {
          recorder.fail(error);
        }
      },
      settled(promise): void {
        if (!recorder.takesPromises) return;
        try {
          settled(promise);
        } catch (error) {
          recorder.fail(error);
        }
      },
    },
    lastPlain() {
      return isLastPlain ? plain[plainCount - 1] : undefined;
    },
    relaying<T>(fn: () => T): T {
      relays++;
      try {
        return fn();
      } finally {
        relays--;
        endRun();
      }
    },
    settleWith(promise, id) {
      const stamp = PromiseStamp.of(promise);
      const waiters = PromiseStamp.waiters(stamp);
      if (waiters === SETTLED) return false;
      PromiseStamp.setWaiters(
        stamp,
        waiters === 0 ? id : new MoreWaiters(id, waiters),
      );
      return true;
    },
    isLastCall(promise) {
      return lastReaction !== undefined && plainCount > 0 &&
        plain[plainCount - 1] === promise;
    },
    forget() {
      plain.fill(undefined);
      plainCount = 0;
      lastReaction = undefined;
      lastParent = undefined;
      isLastPlain = false;
      untracedDepth = 0;
    },
  };
  return source;
}
