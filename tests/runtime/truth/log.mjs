/**
 * What a random program says of itself while it runs: the truth with which its trace is compared. Made by
 * generator.ts, the program calls these functions; read back by truth.ts.
 *
 * An event is five numbers: kind, subject, two details, and the time in milliseconds, by the clock that the recorder
 * reads too. Nothing here makes a promise or waits, but for the promises that are the program's own.
 */

import process from "node:process";
import { Mode } from "./kinds.mjs";

export const Kind = {
  /** subject: activation, detail: its caller, how it was called. */
  Enter: 1,
  /** A call is next, or something that the engine does; the time until `Return` is not the subject's. */
  Call: 2,
  Return: 3,
  /** The subject is about to wait. detail: `Wait`, what for: the number of a promise. */
  Suspend: 4,
  Resume: 5,
  /** The subject is over. detail: 1 if it is to throw. */
  Exit: 6,
  /** The subject is over and gives the promise of the call that follows. */
  Tail: 7,
  /** subject: a promise made by hand; detail: who settles it. */
  Settle: 8,
  /** subject: a callback; detail: who asked for it, what kind. */
  Schedule: 9,
  /** The callback runs, and has run. */
  Begin: 10,
  End: 11,
  /** subject: a generator that gives a value, and is asked for the next. */
  Yield: 12,
  Yielded: 13,
  /** detail: number of a rejection that nobody handled. */
  Unhandled: 14,
  /** Anything else that the order is to be known of. */
  Note: 15,
  /** subject: an activation that waits for several; detail: the number of a promise among them. */
  Member: 16,
};

/** Numbers of an event. */
export const STRIDE = 5;

/** Shortest piece of running time, in milliseconds: long enough to be found in the trace. */
const SHORTEST_MS = 0.001;

/** Activations of one program, at most; see `room`. */
const MAX_ACTIVATIONS = 70;

let events = [];
let segment = 0;
let ids = 0;
let activations = 0;
/** What is not over yet: activations and callbacks. */
let open = 0;
let slots = [];
/** The last activation that each called. */
let callees = new Map();
let isSpinning = false;

function put(kind, subject, first, second, time) {
  events.push(kind, subject, first, second, time);
}

function beginSegment(kind, subject, first = 0, second = 0) {
  const at = events.length + STRIDE - 1;
  put(kind, subject, first, second, 0);
  segment = events[at] = performance.now();
}

function endSegment(kind, subject, first = 0, second = 0) {
  let now = performance.now();
  while (isSpinning && now - segment < SHORTEST_MS) now = performance.now();
  put(kind, subject, first, second, now);
}

/** The promise in a slot of the program's pool, a new one if that was settled. */
function slot(index) {
  const found = slots[index];
  if (found !== undefined && found.isPending) return found;
  const made = { key: ++ids, isPending: true };
  made.promise = new Promise((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  return slots[index] = made;
}

/** Called by programs. `a` is the activation, or callback, that calls. */
export const T = {
  enter(caller, mode) {
    activations++;
    open++;
    const id = ++ids;
    callees.set(caller, id);
    beginSegment(Kind.Enter, id, caller, mode);
    return id;
  },
  call(a) {
    endSegment(Kind.Call, a);
  },
  /** @returns the number of the activation that was called */
  back(a) {
    beginSegment(Kind.Return, a);
    return callees.get(a) ?? 0;
  },
  /** @param key number of the promise waited for, or how many of them */
  suspend(a, wait, key = 0) {
    endSegment(Kind.Suspend, a, wait, key);
  },
  /** The same for the promise in a slot. */
  suspendOn(a, wait, index) {
    endSegment(Kind.Suspend, a, wait, slot(index).key);
  },
  resume(a) {
    beginSegment(Kind.Resume, a);
  },
  /** Between two awaits in one expression. */
  again(a, wait, value) {
    beginSegment(Kind.Resume, a);
    endSegment(Kind.Suspend, a, wait);
    return value;
  },
  exit(a, throws = 0) {
    open--;
    endSegment(Kind.Exit, a, throws);
  },
  tail(a) {
    open--;
    endSegment(Kind.Tail, a);
  },
  yielding(a) {
    endSegment(Kind.Yield, a);
  },
  yielded(a) {
    beginSegment(Kind.Yielded, a);
  },
  /** Announces a callback and gives its number. */
  schedule(a, kind) {
    open++;
    const id = ++ids;
    put(Kind.Schedule, id, a, kind, performance.now());
    return id;
  },
  begin(b) {
    beginSegment(Kind.Begin, b);
  },
  /** @param {number} runs again if not 0 */
  end(b, again = 0) {
    if (again === 0) open--;
    endSegment(Kind.End, b);
  },
  /** Announces a callback that is an async function: it is entered and left as one. */
  later() {
    open++;
  },
  /** It is entered. */
  now() {
    open--;
  },
  note(a, what = 0) {
    put(Kind.Note, a, what, 0, performance.now());
  },
  /** A promise that somebody, or at last the driver, settles. */
  promise(a, index) {
    const { key, promise } = slot(index);
    put(Kind.Member, a, key, 0, performance.now());
    return promise;
  },
  settle(a, index) {
    const found = slots[index];
    if (found === undefined || !found.isPending) return;
    found.isPending = false;
    put(Kind.Settle, found.key, a, 0, performance.now());
    found.resolve(found.key);
  },
  /** False when the program has made as many calls as it may. */
  room() {
    return activations < MAX_ACTIVATIONS;
  },
};

if ("Deno" in globalThis) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onUnhandled(event.reason);
  });
} else process.on("unhandledRejection", onUnhandled);

function onUnhandled(reason) {
  // Programs throw errors whose message is a number; anything else is a fault of the test.
  const thrown = Number(reason?.message);
  if (Number.isNaN(thrown)) {
    console.error(reason);
    process.exit(1);
  }
  put(Kind.Unhandled, 0, thrown, 0, performance.now());
}

/**
 * Runs one program until nothing of it is left. `run` is its outermost function; `timers` whether it has timers; `spin`
 * whether each piece of running time must be long enough to be found in a trace.
 *
 * @returns {Promise<number[]>} its events
 */
export async function drive(run, { timers, spin }) {
  events = [];
  slots = [];
  callees = new Map();
  ids = activations = open = 0;
  isSpinning = spin;
  const root = run(0, Mode.Beside);
  root.catch(() => {});
  for (let quiet = 0, seen = -1; quiet < 3 || open > 0; quiet++) {
    if (quiet === 3) {
      // Nobody else is going to settle these.
      for (let index = 0; index < slots.length; index++) T.settle(0, index);
    }
    if (events.length !== seen) quiet = 0;
    if (quiet > 50) throw new Error(`${open} parts of a program never end`);
    seen = events.length;
    await new Promise((resolve) =>
      timers ? setTimeout(resolve, 2) : setImmediate(resolve)
    );
  }
  const result = events;
  events = [];
  return result;
}
