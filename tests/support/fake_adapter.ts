/** A runtime whose clock and timers a test moves by hand, and whose hooks never fire. */
import type {
  Capabilities,
  ContextCarrier,
  HookKind,
  PromiseFacts,
  RuntimeAdapter,
} from "../../src/core/adapter.ts";
import type { CallHooks } from "../../src/core/call_hooks.ts";
import type { RuntimeProbes } from "../../src/core/probe.ts";
import { Reason } from "../../src/core/reason.ts";
import type { TurnRecorder } from "../../src/core/turn_recorder.ts";
import {
  type CallHookSource,
  createCallHooks,
} from "../../src/runtime/calls.ts";

interface FakeTimer {
  readonly fn: () => void;
  readonly every: number | undefined;
  due: number;
}

/** See the head of this file. */
export class FakeAdapter implements RuntimeAdapter {
  readonly capabilities: Capabilities = {
    runtime: "Fake",
    version: "1",
    awaits: "promise hooks",
    transform: false,
    removableHooks: true,
    internalHooks: false,
    stacks: false,
    gc: "count",
    heap: false,
    cpu: false,
    servers: [],
    wraps: [],
  };
  readonly timeOrigin = 0;
  readonly clock = { now: (): number => this.now };
  readonly frames = {
    shortName: (): string | undefined => undefined,
    reasonOf: (): Reason => Reason.Unknown,
  };
  /** What it measures: nothing, unless a test puts something here. */
  probes: RuntimeProbes = {};
  now = 5000;
  /** Set from `install` to `uninstall`. */
  recorder: TurnRecorder | undefined;
  installs = 0;
  /** What `install` throws next, if anything. */
  refusal: Error | undefined;
  readonly #timers = new Set<FakeTimer>();
  readonly #turnEnds: (() => void)[] = [];
  readonly #microtasks: (() => void)[] = [];
  /** What transformed code calls, once it was asked for. */
  calls: CallHookSource | undefined;

  /** Timers that wait, background ones included. */
  get timers(): number {
    return this.#timers.size;
  }

  arm(): void {}

  attachParent(): () => void {
    return () => {};
  }

  openPort(): never {
    throw new Error("The fake runtime has no threads");
  }

  attachCalls(recorder: TurnRecorder): CallHooks {
    this.calls ??= createCallHooks(recorder, () => 0);
    return this.calls.hooks;
  }

  importing(): void {}

  install(recorder: TurnRecorder, hooks: HookKind): void {
    if (this.refusal !== undefined) throw this.refusal;
    recorder.hasExactSlices = hooks !== "none";
    if (hooks === "none") this.calls?.turnOn();
    this.installs++;
    this.recorder = recorder;
  }

  uninstall(): void {
    this.calls?.turnOff();
    this.recorder = undefined;
  }

  /** Promises that are settled, as far as it tells. */
  readonly settled = new Set<Promise<unknown>>();
  readonly promises: PromiseFacts = {
    looksPerSlice: 1,
    looksPerTurn: 4,
    isPending: (promise) => !this.settled.has(promise),
    settleWith: () => false,
    isLastCall: () => undefined,
  };

  /** Carries a value along what is called at once. */
  createCarrier(): ContextCarrier {
    let current: unknown;
    return {
      get: () => current,
      run(value, fn) {
        const before = current;
        current = value;
        try {
          return fn();
        } finally {
          current = before;
        }
      },
      disable: () => void (current = undefined),
    };
  }

  queueMarker(marker: () => void): void {
    this.#microtasks.push(marker);
  }

  /** Runs everything that was queued, in order; `fn` is queued last. */
  runMicrotasks(fn?: () => void): void {
    if (fn !== undefined) this.#microtasks.push(fn);
    for (let next; (next = this.#microtasks.shift()) !== undefined;) next();
  }

  /** Queues `fn` as the program would. */
  queue(fn: () => void): void {
    this.#microtasks.push(fn);
  }

  scheduleTurnEnd(fn: () => void): void {
    this.#turnEnds.push(fn);
  }

  setBackgroundInterval(fn: () => void, ms: number): () => void {
    return this.#set(fn, ms, ms);
  }

  setTimer(fn: () => void, ms: number): () => void {
    return this.#set(fn, ms, undefined);
  }

  /** The loop has done this turn's work. */
  endTurn(): void {
    for (const fn of this.#turnEnds.splice(0)) fn();
  }

  /** Time passes, with every timer that is due in it. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.due <= until)
        .sort((a, b) => a.due - b.due)[0];
      if (due === undefined) break;
      this.now = Math.max(this.now, due.due);
      if (due.every === undefined) this.#timers.delete(due);
      else due.due += due.every;
      due.fn();
      this.endTurn();
    }
    this.now = until;
  }

  #set(fn: () => void, ms: number, every: number | undefined): () => void {
    const timer = { fn, every, due: this.now + ms };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
