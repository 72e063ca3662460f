/**
 * Hook source for an engine without promise hooks, JavaScriptCore: an accessor
 * in the place of `Promise.prototype.constructor`, which an await reads of the
 * promise that it is given. What fires, and when, is in design/bun.md, 1 and 2.
 *
 * - When the property is read, an await begins. Its continuation is announced by
 *   a reaction of our own on the same promise, which runs directly before it.
 * - What reads the property without awaiting is muted: `Promise.resolve`, `then`
 *   and `finally`, and through them the combinators. `then` also tells of its
 *   callbacks.
 * - Whose await it is, is found out by `await_places.ts`.
 *
 * All of it is put in when a recording starts, never before, and taken out when
 * it ends. The engine's own short cuts do not come back: awaits stay a quarter
 * slower and `then` several times, for as long as the process runs.
 */

import type { Clock } from "../core/clock.ts";
import { ContinuationKind } from "../core/continuation_table.ts";
import {
  AwaitFlag,
  BY_LOOP,
  EndFlag,
  RAW_STRIDE,
  RawKind,
  UNTRACED,
} from "../core/raw_log.ts";
import { Reason } from "../core/reason.ts";
import { reasonOfWait, type Wait } from "../core/wait.ts";
import { NO_SITE } from "../core/site_table.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";
import { type AwaitPlaces, Place } from "./await_places.ts";
import { PromiseStamp, SETTLED } from "./promise_stamp.ts";
import { UnseenAwaits } from "./unseen_awaits.ts";
import { isResolver } from "./wrappers/callback.ts";
import { type AnyFunction, mimic } from "./wrappers/replace.ts";

/** Under this symbol the copy of this library that records says so. */
const INSTALLED = Symbol.for("looptrace.promise_accessor");

/** Settled promises whose awaits wait for their turn, a power of two. */
const QUEUE = 2 ** 14;

/** Own awaits told apart since the last known call of a function. */
const MAX_COUNT = 7;

/** Multiplier that spreads the numbers of sites over 32 bits. */
const SPREAD = 0x9e3779b1;

/** Tells a `then` from other places whose stack is remembered. */
const THEN = 5;

/** No record of the log. */
const NO_RECORD = -1;

const { apply, defineProperty, getPrototypeOf } = Reflect;
const NativePromise = Promise;

/** What the runtime adds to the engine. */
export interface PromiseRuntime {
  readonly clock: Clock;
  /** True if a promise is not settled. */
  isPending(promise: object): boolean;
  /** `queueMicrotask` as it was before anything was wrapped. */
  queueMicrotask(fn: () => void): void;
}

/** The accessor and what wrappers ask of it. */
export interface PromiseAccessor {
  /**
   * Puts it in.
   *
   * @throws {Error} When it cannot be, because the property is fixed or taken.
   */
  install(): void;
  /** Takes out what is still in its place. */
  uninstall(): void;
  /** Runs `fn`, whose then-callbacks only pass a result on. */
  relaying<T>(fn: () => T): T;
  /** See `WrapperContext`. */
  callOpen(
    original: AnyFunction,
    receiver: unknown,
    args: readonly unknown[],
  ): unknown;
  /** See `WrapperContext`. */
  resultOf(value: unknown): number;
  /** What ran is over: something else is called, or the turn ends. */
  endRun(): void;
}

/** Makes the accessor that reports to `recorder`. It is not put in. */
export function createPromiseAccessor(
  recorder: TurnRecorder,
  places: AwaitPlaces,
  { clock, isPending, queueMicrotask }: PromiseRuntime,
): PromiseAccessor {
  const { log, continuations, explained } = recorder;
  // True while a read of the property is no await.
  let isMuted = false;
  let relays = 0;
  // Number of the next record, if the one before it is the first await of a
  // call that its caller may await.
  let linkAt = NO_RECORD;
  // The continuation whose own await has been seen: it runs no more.
  let parked = 0;
  // What led to where the running slice is: see `enterSlice`.
  let slice = 0;
  let begin = 0;
  let lastCall = NO_SITE;
  let count = 0;
  // The same at each await, by the slot of its continuation.
  let lastCalls = new Int32Array(1024);
  let counts = new Uint8Array(1024);
  const unseen = new UnseenAwaits(recorder, clock, (id) => {
    enterSlice(id, NO_SITE, 0);
    parked = 0;
  });
  // Continuations of awaits of settled promises, in the queue of microtasks.
  const queue = new Int32Array(QUEUE);
  let head = 0;
  let tail = 0;

  /**
   * The path to an await begins with the function that runs, the last function
   * known to have been called in it and the number of its own awaits since then:
   * so that loops come round, though an own await has no stack.
   */
  function enterSlice(id: number, call: number, awaits: number): void {
    slice = id;
    lastCall = call;
    count = awaits;
    begin = recorder.path + Math.imul(call, 961) + Math.imul(awaits, 131) | 0;
    recorder.path = begin;
  }

  /** The slice of continuation `id` begins, called by the queue of microtasks. */
  function goOn(id: number): void {
    if (!recorder.isOn) return;
    unseen.endTrial();
    try {
      recorder.resumeMicrotask(id, recorder.enqueuedBy || BY_LOOP);
      if (id === UNTRACED) recorder.hush();
      else if (id !== 0) {
        const slot = continuations.slot(id);
        enterSlice(id, lastCalls[slot], counts[slot]);
      }
      if (id !== UNTRACED) unseen.mayGoOn();
      parked = 0;
    } catch (error) {
      recorder.fail(error);
    }
  }

  /** Runs directly before what awaits `promise` goes on. */
  async function follow(promise: unknown, id: number): Promise<void> {
    try {
      await promise;
    } catch {
      // The program sees it at its own await.
    }
    goOn(id);
  }

  function onMarker(number: number): void {
    // What the tracer itself had to go on with is over: the rest is the program.
    if (recorder.current === UNTRACED && recorder.sliceNumber === number) {
      recorder.endMicrotask(UNTRACED, 0);
    }
    unseen.onMarker(number);
  }

  function followSettled(): void {
    goOn(queue[head++ & QUEUE - 1]);
  }

  /** Announces continuation `id` of an await of `promise`. */
  function announce(promise: object, isWaiting: boolean, id: number): void {
    // A reaction on a rejected promise would hide that nobody handles it.
    if (isWaiting || tail - head === QUEUE) follow(promise, id);
    else {
      queue[tail++ & QUEUE - 1] = id;
      queueMicrotask(followSettled);
    }
  }

  function onAwait(promise: object): void {
    const isWaiting = isPending(promise);
    if (recorder.untraced > 0) {
      announce(promise, isWaiting, UNTRACED);
      return;
    }
    // Code that no microtask of ours announced: its last await was of no promise.
    if (parked !== 0 && parked === recorder.current || recorder.hasRunOut) {
      unseen.findOne();
      parked = 0;
    }
    if (slice !== recorder.current) enterSlice(recorder.current, NO_SITE, 0);
    const stamp = PromiseStamp.of(promise);
    let wait = PromiseStamp.wait(stamp);
    const isNew = PromiseStamp.waiters(stamp) === 0;
    const isFresh = isNew && isWaiting && wait === Reason.Unknown;
    const isLinked = isFresh && linkAt === log.numberOf(log.length);
    linkAt = NO_RECORD;
    const claim = explained.takeClaim();
    if (isFresh && !isLinked) wait = claim;
    const step = 2 + reasonOfWait(wait) + (isFresh ? 16 : 0) +
      (isLinked ? 32 : 0);
    recorder.path = Math.imul(recorder.path, 31) + step | 0;
    const place = places.at(recorder.path, readConstructor);
    if (place === Place.Read) return;
    if (isNew) PromiseStamp.setWaiters(stamp, SETTLED);
    const id = record(place, wait, isWaiting, isLinked, isFresh);
    announce(promise, isWaiting, id);
  }

  /** @returns the id of its continuation, 0 when there is no room for more */
  function record(
    place: Place,
    wait: Wait,
    isWaiting: boolean,
    isLinked: boolean,
    isFresh: boolean,
  ): number {
    const isCall = place > Place.Own;
    const site = isCall
      ? places.site
      : slice > 0
      ? continuations.site[continuations.slot(slice)]
      : NO_SITE;
    const isOpen = isFresh && !isLinked && wait === Reason.Unknown;
    let flags = AwaitFlag.Call | (isOpen ? AwaitFlag.Open : 0) |
      (isWaiting ? 0 : AwaitFlag.Settled) |
      (isLinked ? AwaitFlag.Linked : 0);
    if (place === Place.Own) flags |= AwaitFlag.Own;
    else if (isCall && place !== Place.Tail) flags |= AwaitFlag.Nested;
    const isBeside = place === Place.Beside || place === Place.Nested;
    const id = recorder.awaitAt(site, wait, flags, isBeside);
    if (id === 0) return 0;
    if (
      place <= Place.Nested && place !== Place.Own && place !== Place.Beside
    ) {
      linkAt = log.numberOf(log.length);
    }
    const slot = continuations.slot(id);
    if (slot >= counts.length) grow();
    if (isCall) {
      lastCalls[slot] = NO_SITE;
      counts[slot] = 0;
      recorder.path = begin + Math.imul(lastCall, 7) +
          Math.imul(site, SPREAD) | 0;
      lastCall = site;
      count = 0;
    } else {
      lastCalls[slot] = lastCall;
      counts[slot] = Math.min(count + 1, MAX_COUNT);
      if (place === Place.Own) parked = recorder.current;
    }
    unseen.see(!isCall || place === Place.Tail, isOpen);
    return id;
  }

  function grow(): void {
    const calls = new Int32Array(counts.length * 2);
    calls.set(lastCalls);
    lastCalls = calls;
    const more = new Uint8Array(counts.length * 2);
    more.set(counts);
    counts = more;
  }

  function readConstructor(this: unknown): PromiseConstructor {
    if (isMuted || !recorder.isOn || !(this instanceof NativePromise)) {
      return NativePromise;
    }
    isMuted = true;
    try {
      onAwait(this);
    } catch (error) {
      recorder.fail(error);
    } finally {
      isMuted = false;
    }
    return NativePromise;
  }

  /** As an assignment does it where the property is a plain one. */
  function writeConstructor(this: object, value: unknown): void {
    defineProperty(this, "constructor", {
      value,
      writable: true,
      enumerable: this !== NativePromise.prototype,
      configurable: true,
    });
  }

  function muted(original: AnyFunction): AnyFunction {
    return function (this: unknown, value: unknown): unknown {
      // A subclass runs code of its own.
      if (isMuted || !recorder.isOn || this !== NativePromise) {
        return apply(original, this, [value]);
      }
      isMuted = true;
      try {
        return apply(original, this, [value]);
      } finally {
        isMuted = false;
      }
    };
  }

  function wrapThen(original: AnyFunction): AnyFunction {
    return function wrapper(
      this: unknown,
      onFulfilled: unknown,
      onRejected: unknown,
    ): unknown {
      const callbacks = [onFulfilled, onRejected];
      return callMuted(original, this, callbacks, wrapper);
    };
  }

  function wrapFinally(original: AnyFunction): AnyFunction {
    return function wrapper(this: unknown, onFinally: unknown): unknown {
      return callMuted(original, this, [onFinally], wrapper);
    };
  }

  /** Calls a method of a promise that takes callbacks. */
  function callMuted(
    original: AnyFunction,
    promise: unknown,
    callbacks: unknown[],
    top: AnyFunction,
  ): unknown {
    if (!recorder.isOn) return apply(original, promise, callbacks);
    const wasMuted = isMuted;
    try {
      // A subclass runs code of its own, and has a property of its own.
      const isNative = isPlain(promise);
      if (recorder.untraced === 0) wrapCallbacks(callbacks, top, isNative);
      if (isNative) isMuted = true;
      return apply(original, promise, callbacks);
    } finally {
      isMuted = wasMuted;
    }
  }

  /** Replaces the functions in `callbacks`, one of which will run. */
  function wrapCallbacks(
    callbacks: unknown[],
    top: AnyFunction,
    isNative: boolean,
  ): void {
    let id = 0;
    for (let i = 0; i < callbacks.length; i++) {
      const callback = callbacks[i];
      if (typeof callback !== "function") continue;
      const fn = callback as AnyFunction;
      // Reactions of the engine's own: they pass a result on.
      const isRelay = relays > 0 || isResolver(fn);
      if (id === 0) {
        id = isRelay ? makeRelay(isNative) : continuations.make(
          ContinuationKind.Reaction,
          recorder.siteOf(THEN, top),
          0,
        );
        linkAt = NO_RECORD;
      }
      callbacks[i] = isRelay ? relay(fn, id) : reaction(fn, id);
    }
  }

  /**
   * What the engine does when a promise is settled: it passes that on. With a
   * promise of a subclass, in a job of its own, it is an await that does so.
   */
  function makeRelay(isNative: boolean): number {
    if (isNative || relays > 0 || !unseen.isOnTrial) {
      return continuations.make(ContinuationKind.Relay, NO_SITE, 0);
    }
    return record(Place.Own, Reason.Unknown, true, false, false);
  }

  function reaction(callback: AnyFunction, id: number): AnyFunction {
    return function (value: unknown): unknown {
      const wasMuted = isMuted;
      isMuted = false;
      goOn(id);
      try {
        const result = callback(value);
        if (recorder.isOn) recorder.endMicrotask(id, resultOf(result));
        return result;
      } finally {
        isMuted = wasMuted;
      }
    };
  }

  function relay(callback: AnyFunction, id: number): AnyFunction {
    return function (value: unknown): unknown {
      goOn(id);
      isMuted = true;
      try {
        return callback(value);
      } finally {
        isMuted = false;
      }
    };
  }

  function resultOf(value: unknown): number {
    if (!(value instanceof NativePromise) || !isPending(value)) {
      unseen.isOver();
      return EndFlag.Plain;
    }
    if (log.lastKind !== RawKind.Await) unseen.mayGoOn();
    else {
      unseen.isOver();
      // It gives back the promise of what it called last.
      log.codes[(log.length - 1) * RAW_STRIDE] &= ~(AwaitFlag.Nested << 8);
    }
    return EndFlag.Linked;
  }

  const methods = [
    replacement(NativePromise, "resolve", muted),
    replacement(NativePromise.prototype, "then", wrapThen),
    replacement(NativePromise.prototype, "finally", wrapFinally),
  ];

  return {
    install() {
      if (isInstalled()) return;
      checkConstructor();
      defineProperty(NativePromise.prototype, "constructor", {
        get: readConstructor,
        set: writeConstructor,
        enumerable: false,
        configurable: true,
      });
      for (const method of methods) method.putIn();
      recorder.onMarker = onMarker;
      setInstalled(true);
    },
    uninstall() {
      if (!isInstalled()) return;
      for (const method of methods) method.takeOut();
      recorder.onMarker = undefined;
      const { prototype } = NativePromise;
      const own = Object.getOwnPropertyDescriptor(prototype, "constructor");
      if (own?.get === readConstructor) {
        writeConstructor.call(prototype, NativePromise);
      }
      setInstalled(false);
      linkAt = NO_RECORD;
      parked = slice = 0;
    },
    relaying<T>(fn: () => T): T {
      relays++;
      try {
        return fn();
      } finally {
        relays--;
      }
    },
    callOpen(original, receiver, args) {
      const wasMuted = isMuted;
      isMuted = true;
      try {
        return apply(original, receiver, args);
      } finally {
        isMuted = wasMuted;
      }
    },
    resultOf,
    endRun() {
      unseen.endTrial();
    },
  };

  function isInstalled(): boolean {
    return registry()[INSTALLED] === readConstructor;
  }

  function setInstalled(isIn: boolean): void {
    registry()[INSTALLED] = isIn ? readConstructor : undefined;
  }
}

/** True for a promise of no subclass. */
function isPlain(promise: unknown): boolean {
  return promise instanceof NativePromise &&
    getPrototypeOf(promise) === NativePromise.prototype;
}

/** The global object, where copies of this library find each other. */
function registry(): Record<symbol, unknown> {
  return globalThis as unknown as Record<symbol, unknown>;
}

/** @throws {Error} When the property is not as the language has it. */
function checkConstructor(): void {
  if (registry()[INSTALLED] !== undefined) {
    throw new Error(
      "Cannot record: another copy of this library is recording, stop it first",
    );
  }
  const { prototype } = NativePromise;
  const own = Object.getOwnPropertyDescriptor(prototype, "constructor");
  if (own?.configurable !== true) {
    throw new Error(
      "Cannot record: Promise.prototype is frozen, must have a configurable constructor",
    );
  }
  if (own.value !== NativePromise) {
    throw new Error(
      "Cannot record: Promise.prototype.constructor was replaced, must be Promise",
    );
  }
}

/** A method that is replaced while a recording runs. */
interface Replacement {
  putIn(): void;
  takeOut(): void;
}

function replacement(
  target: object,
  key: string,
  wrap: (original: AnyFunction) => AnyFunction,
): Replacement {
  let own: PropertyDescriptor | undefined;
  let wrapper: AnyFunction | undefined;
  return {
    putIn() {
      own = Object.getOwnPropertyDescriptor(target, key);
      if (typeof own?.value !== "function") return;
      wrapper = wrap(own.value);
      mimic(wrapper, own.value);
      defineProperty(target, key, { ...own, value: wrapper });
    },
    takeOut() {
      if (wrapper === undefined || Reflect.get(target, key) !== wrapper) return;
      defineProperty(target, key, own!);
    },
  };
}
