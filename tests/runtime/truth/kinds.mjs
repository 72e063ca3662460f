/** How calls are made and what is waited for: numbers that random programs log, shared by generator, log and check. */

/** How an activation was called. */
export const Mode = {
  /** `await f()`: lives in its caller's goroutine. */
  Awaited: 1,
  /** `return f()`: takes its caller's place. */
  Returned: 2,
  /** Goes on beside its caller: its own goroutine. */
  Beside: 3,
  /** Nothing tells whether it is a call or goes on beside: either is right. */
  Either: 4,
  /** An async generator that its consumer iterates: runs in the consumer's goroutine, or in its own. */
  Generator: 5,
  /** Called by a callback: the callback's goroutine, or its own. */
  Callback: 6,
};

/** What an await waits for. */
export const Wait = {
  /** No promise. */
  Value: 1,
  Call: 2,
  Sleep: 3,
  Immediate: 4,
  Tick: 5,
  Microtask: 6,
  /** A promise made by hand. */
  Deferred: 7,
  /** The promise of a call made before. */
  Kept: 8,
  All: 9,
  Settled: 10,
  Race: 11,
  Any: 12,
  Then: 13,
  Finally: 14,
  Thenable: 15,
  Subclass: 16,
  Generator: 17,
  /** A promise that is settled already. */
  Resolved: 18,
};

/** Callbacks. */
export const Callback = {
  Timer: 1,
  Interval: 2,
  Immediate: 3,
  Tick: 4,
  Microtask: 5,
  Then: 6,
};
