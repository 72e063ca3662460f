/** Time as the trace counts it. */

/** Ticks of a second: one tick is 64 ns, as in Go, so that deltas are short. */
export const TICKS_PER_SECOND = 15_625_000;

/** Ticks of a millisecond, the unit of {@linkcode Clock}. */
export const TICKS_PER_MS = TICKS_PER_SECOND / 1000;

/**
 * Reads a monotonic clock, in milliseconds with fractions. `performance` is
 * one. Called as a method: a bound copy is slower.
 */
export interface Clock {
  now(): number;
}

/**
 * Whole ticks from `origin` to `time`, both in milliseconds, plus one, so that
 * no tick is 0. Exact for 2^53 ticks: 18 years.
 */
export function toTicks(time: number, origin: number): number {
  return Math.floor((time - origin) * TICKS_PER_MS) + 1;
}
