/** CPU work, by the clock. */

/** Computes for `micros` microseconds. */
export function burn(micros: number): void {
  const end = performance.now() + micros / 1000;
  while (performance.now() < end);
}
