/** Durations for people: three digits and a unit. */

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "us"], [1, "ns"]] as const;

/** `nanoseconds` as `1.23 s`, `45.6 ms`, `789 us`; 0 as `0`. */
export function durationText(nanoseconds: number): string {
  if (nanoseconds === 0) return "0";
  for (const [size, unit] of UNITS) {
    // What would be rounded up to 1000 belongs to the next unit.
    if (Math.abs(nanoseconds) >= 0.9995 * size) {
      const value = nanoseconds / size;
      const digits = Math.abs(value) < 9.995
        ? 2
        : Math.abs(value) < 99.95
        ? 1
        : 0;
      return `${value.toFixed(unit === "ns" ? 0 : digits)} ${unit}`;
    }
  }
  return `${nanoseconds} ns`;
}
