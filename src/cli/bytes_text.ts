/** Amounts of memory for people: three digits and a unit. */

const UNITS = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]] as const;

/** `bytes` as `1.23 GiB`, `45.6 MiB`, `789 KiB`, `12 bytes`. */
export function bytesText(bytes: number): string {
  for (const [size, unit] of UNITS) {
    if (bytes < size) continue;
    const value = bytes / size;
    return `${
      value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
    } ${unit}`;
  }
  return `${bytes} bytes`;
}
