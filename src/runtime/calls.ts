/**
 * Hook source on transformed code: each async function says itself when it
 * begins, waits, goes on and ends.
 *
 * Which promise is a call's own cannot be seen from inside it. So a call is
 * taken for what its caller awaits if it is the only one that suspended while
 * the awaited call was evaluated, and nothing else is known of its promise.
 */

import type { CallHooks } from "../core/call_hooks.ts";
import type { Settler } from "../core/explained.ts";
import { EndFlag, ParkFlag } from "../core/raw_log.ts";
import { Reason } from "../core/reason.ts";
import { reasonOfWait, type Wait } from "../core/wait.ts";
import { watchIterable } from "./watched_iterable.ts";
import { type CallGroup, SuspendedCalls } from "./call_group.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";

/** What async functions return, whatever the program puts in its place later. */
const NativePromise = Promise;

/** Calls of a function, as far as they were seen, are awaited by their caller. */
const AWAITED = 1;
/** Calls of a function go on beside their caller, at least sometimes. */
const BESIDE = 2;

/**
 * Says whether a promise is settled: `ParkFlag.Settled`, `ParkFlag.Pending`, or
 * 0 where the runtime does not tell.
 */
export type PromisePeek = (promise: Promise<unknown>) => number;

/** What is known of a call, as bits. */
const State = {
  Parked: 1,
  /** `TurnRecorder.park` said that markers are needed. */
  Waiter: 2,
  /** It has waited. */
  Suspended: 4,
  /** Its beginning was worth a reading of the clock. */
  Timed: 8,
  /** A run of an async generator: nobody awaits that as a whole. */
  Generator: 16,
  /** It returns the promise of the call that it made last. */
  Tail: 32,
  /** It returns another promise: its own is settled by that. */
  Open: 64,
} as const;

/** One run of an async function. Made for each, recorded or not: kept small. */
export class Call {
  /** The function's site. */
  readonly site: number;
  /** Id of its continuation, 0 while it is not recorded. */
  id = 0;
  /** The recording that `id` belongs to. */
  recording = 0;
  /** Of `State`. */
  state = 0;
  /** Who will say what ended the wait, if not markers. */
  settler: Settler | undefined = undefined;
  /** The call that it awaits, as far as that is known. */
  inner: Call | undefined = undefined;
  /** Whose promise is settled by its end, beside its own. */
  group: CallGroup | undefined = undefined;

  constructor(site: number) {
    this.site = site;
  }
}

/** The hooks and their switch: they pass through while another source reports. */
export interface CallHookSource {
  readonly hooks: CallHooks<Call>;
  /** A recording begins that takes calls. */
  turnOn(): void;
  turnOff(): void;
}

/** Makes the hooks that report to `recorder`. They are off. */
export function createCallHooks(
  recorder: TurnRecorder,
  peek: PromisePeek,
): CallHookSource {
  const { explained } = recorder;
  let isOn = false;
  let recording = 0;
  // What became of the calls of each function, by its site: when those begin that
  // go on beside their caller is worth a reading of the clock.
  const fates: number[] = [];
  // True from the mark before an awaited call on, until a call begins.
  let isExpected = false;
  // The call that suspended last, until it is seen whether it is awaited.
  let undecided: Call | undefined;
  const suspended = new SuspendedCalls();
  // The call that ended last, and the record that says so.
  let ended: Call | undefined;
  let endedWith = 0;

  function decide(fate: number): void {
    const { site } = undecided!;
    undecided = undefined;
    if (fates[site] !== BESIDE) fates[site] = fate;
  }

  /** True if `call` is recorded: if it runs since before, it is from now on. */
  function isRecorded(call: Call): boolean {
    if (call.recording !== recording) {
      call.recording = recording;
      call.state = call.state & State.Generator | State.Suspended;
      call.id = recorder.untraced > 0 ? 0 : recorder.adoptCall(call.site);
    }
    return call.id !== 0;
  }

  function begin(call: Call): void {
    if (undecided !== undefined) decide(BESIDE);
    call.recording = recording;
    if (recorder.untraced > 0) return;
    const { site } = call;
    while (fates.length <= site) fates.push(0);
    const isTimed = !isExpected || fates[site] === BESIDE;
    isExpected = false;
    call.id = recorder.beginCall(site, isTimed);
    if (isTimed) call.state |= State.Timed;
  }

  function park(
    call: Call,
    site: number,
    wait: Wait,
    flags: number,
    isWatched = false,
  ): void {
    const { state } = call;
    const isFirst = (state & State.Suspended) === 0;
    const isWaiter = recorder.park(
      call.id,
      site,
      wait,
      flags,
      isFirst && (state & State.Timed) !== 0,
      (state & State.Generator) === 0,
      isWatched,
    );
    call.state = state | State.Parked | State.Suspended |
      (isWaiter ? State.Waiter : 0);
    if (recorder.depth === 0) return;
    undecided = call;
    suspended.push(call, recorder.depth, recorder.sliceNumber);
  }

  /** `call` runs: what seems to run inside it waits unseen. */
  function toTop(call: Call): void {
    if (call.recording !== recording || call.id === 0) return;
    if (recorder.current !== call.id) recorder.bringToTop(call.id);
  }

  function mark(call: Call, expected: boolean): void {
    toTop(call);
    isExpected = expected;
    suspended.drop(recorder.depth);
    recorder.beginArgument();
  }

  function argument(call: Call, value: unknown): void {
    toTop(call);
    const group = suspended.group(value, recorder.sliceNumber);
    if (group !== undefined) explained.offer(value as object, group);
    // What is called with it makes its own promise of what was begun for it.
    const claim = explained.takeClaim();
    const isCalled = explained.isClaimCalled;
    mark(call, false);
    explained.claim(claim, isCalled);
  }

  /** The call asked what it iterates for the next value, and waits for it. */
  function waitNext(call: Call, site: number, result: unknown): void {
    if (undecided !== undefined) decide(BESIDE);
    if (!isRecorded(call)) return;
    toTop(call);
    const flags = flagsOf(result);
    park(call, site, waitFor(result, flags) || Reason.Receive, flags);
  }

  function wait(call: Call, site: number, value: unknown): void {
    if (undecided !== undefined) decide(BESIDE);
    if (!isRecorded(call)) return;
    const flags = flagsOf(value);
    // What was begun before is not waited for here.
    explained.takeClaim();
    recorder.watch?.noteAwait(call.id, value);
    park(call, site, waitFor(value, flags), flags);
  }

  function waitCall(call: Call, site: number, value: unknown): void {
    isExpected = false;
    if (!isRecorded(call)) return;
    toTop(call);
    let flags = flagsOf(value);
    let wait = waitFor(value, flags);
    const claim = explained.takeClaim();
    const isClaimed = wait === 0 && claim !== 0 && flags !== ParkFlag.Settled;
    if (isClaimed) wait = claim;
    const isLinked = wait === 0 && isOnlyCall(value) &&
      flags !== ParkFlag.Settled;
    if (isLinked) {
      flags |= ParkFlag.Linked;
      call.inner = undecided;
    }
    if (undecided !== undefined) decide(isLinked ? AWAITED : BESIDE);
    // Only what combines others has one.
    const reason = reasonOfWait(wait);
    if (reason === Reason.Sync || reason === Reason.Select) {
      call.settler = explained.settlerOf(value);
    }
    recorder.watch?.noteAwait(call.id, value);
    park(call, site, wait, flags, isClaimed && explained.isClaimCalled);
  }

  function flagsOf(value: unknown): number {
    if (value instanceof NativePromise) return peek(value);
    // Another object may be a thenable: what that does is not known.
    const isObject = typeof value === "object" && value !== null;
    return isObject || typeof value === "function" ? 0 : ParkFlag.Settled;
  }

  function waitFor(value: unknown, flags: number): Wait {
    return flags === ParkFlag.Settled ? 0 : explained.waitOf(value);
  }

  /** True if `value` is, as far as can be told, the promise of a call. */
  function isOnlyCall(value: unknown): boolean {
    return recorder.suspendedCalls === 1 && value instanceof NativePromise;
  }

  function goOn(call: Call, hasThrown: boolean): void {
    if (undecided !== undefined) decide(BESIDE);
    if (recorder.isStarting) recorder.endStart();
    if (!isRecorded(call)) return;
    const by = endWait(call, hasThrown);
    const { watch } = recorder;
    const { inner } = call;
    call.inner = undefined;
    // What it called has just ended: the same task goes on, at the same time.
    const isSameTask = inner !== undefined && inner === ended &&
      recorder.isLast(endedWith);
    ended = undefined;
    recorder.resumeMicrotask(call.id, by, !isSameTask);
    watch?.endAwait(call.id);
  }

  /** @returns the record since which the slice ran that ended the wait, or 0 */
  function endWait(call: Call, hasThrown: boolean): number {
    const { state } = call;
    call.state = state & ~(State.Parked | State.Waiter);
    if ((state & State.Waiter) !== 0) {
      recorder.endWait();
      return recorder.enqueuedBy;
    }
    if (call.settler === undefined) return 0;
    const by = call.settler.endedBy(hasThrown);
    call.settler = undefined;
    return by;
  }

  function yielded(call: Call): void {
    if (undecided !== undefined) decide(BESIDE);
    if (!isRecorded(call)) return;
    endWait(call, false);
    recorder.resumeInside(call.id);
  }

  function tail(call: Call, value: unknown): void {
    isExpected = false;
    if (call.recording !== recording || call.id === 0) return;
    toTop(call);
    const claim = explained.takeClaim();
    const isTail = claim === 0 && isOnlyCall(value) &&
      explained.waitOf(value) === 0;
    if (isTail) call.state |= State.Tail;
    else if (value instanceof NativePromise) call.state |= State.Open;
    if (undecided !== undefined) decide(isTail ? AWAITED : BESIDE);
  }

  function exit(call: Call): void {
    if (call.recording !== recording || call.id === 0) return;
    // An await has thrown, and nobody caught it.
    if ((call.state & State.Parked) !== 0) goOn(call, true);
    if (undecided !== undefined) decide(BESIDE);
    const { state } = call;
    const flags = (state & State.Tail) !== 0
      ? EndFlag.Linked
      : (state & State.Open) !== 0
      ? EndFlag.Open
      : 0;
    const end = recorder.exitCall(call.id, flags);
    // What it began and did not wait for is not what its caller waits for.
    explained.takeClaim();
    call.group?.note(flags === 0 ? end : 0);
    ended = call;
    endedWith = end;
    call.id = 0;
  }

  const hooks: CallHooks<Call> = {
    enter(site) {
      const call = new Call(site);
      if (!isOn) return call;
      try {
        begin(call);
      } catch (error) {
        recorder.fail(error);
      }
      return call;
    },
    generate(site) {
      isExpected = false;
      const call = hooks.enter(site);
      call.state |= State.Generator;
      return call;
    },
    module(site) {
      return hooks.enter(site);
    },
    wait(call, site, value) {
      if (!isOn) return value;
      try {
        wait(call, site, value);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    mark(call) {
      if (!isOn) return call;
      try {
        mark(call, true);
      } catch (error) {
        recorder.fail(error);
      }
      return call;
    },
    markTail(call) {
      if (!isOn) return call;
      try {
        // As its caller goes on beside another, so does what takes its place.
        mark(call, (call.state & State.Timed) === 0);
      } catch (error) {
        recorder.fail(error);
      }
      return call;
    },
    argument(call, value) {
      if (!isOn) return value;
      try {
        argument(call, value);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    waitCall(call, site, value) {
      if (!isOn) return value;
      try {
        waitCall(call, site, value);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    resume(call, value) {
      if (!isOn) return value;
      try {
        goOn(call, false);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    caught(call) {
      if (!isOn || (call.state & State.Parked) === 0) return;
      if (call.recording !== recording) return;
      try {
        goOn(call, true);
      } catch (error) {
        recorder.fail(error);
      }
    },
    passed(call) {
      if (!isOn) return;
      try {
        goOn(call, false);
      } catch (error) {
        recorder.fail(error);
      }
    },
    iterate(call, site, iterable) {
      if (!isOn) return iterable;
      return watchIterable(iterable, (result) => {
        if (!isOn) return;
        try {
          waitNext(call, site, result);
        } catch (error) {
          recorder.fail(error);
        }
      });
    },
    yielding(call, site, value) {
      if (!isOn) return value;
      try {
        if (isRecorded(call)) park(call, site, Reason.Send, 0);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    yielded(call, value) {
      if (!isOn) return value;
      try {
        yielded(call);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    tail(call, value) {
      if (!isOn) return value;
      try {
        tail(call, value);
      } catch (error) {
        recorder.fail(error);
      }
      return value;
    },
    result(call, value) {
      if (isOn && value instanceof NativePromise) call.state |= State.Open;
      return value;
    },
    exit(call) {
      if (!isOn) return;
      try {
        exit(call);
      } catch (error) {
        recorder.fail(error);
      }
    },
  };

  return {
    hooks,
    turnOn() {
      recording++;
      undecided = undefined;
      isOn = true;
    },
    turnOff() {
      isOn = false;
      undecided = ended = undefined;
    },
  };
}
