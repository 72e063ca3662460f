import { test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import { putUvarint, uvarintLength } from "../../src/format/varint.ts";

/** The definition, with bigints: seven bits at a time, lowest first. */
function reference(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

test("putUvarint() writes the boundary values", () => {
  for (
    const [value, expected] of [
      [0, [0]],
      [127, [127]],
      [128, [128, 1]],
      [300, [172, 2]],
      [2 ** 31, [128, 128, 128, 128, 8]],
    ] as const
  ) {
    const bytes = new Uint8Array(10);
    const end = putUvarint(bytes, 0, value);
    assertEquals([...bytes.subarray(0, end)], [...expected], `${value}`);
  }
});

test("putUvarint() agrees with the definition around each power of two", () => {
  for (let bit = 0; bit < 53; bit++) {
    for (const off of [-1, 0, 1]) {
      const value = 2 ** bit + off;
      const bytes = new Uint8Array(12).fill(0xee);
      const end = putUvarint(bytes, 1, value);
      assertEquals([...bytes.subarray(1, end)], reference(value), `${value}`);
      assertEquals(uvarintLength(value), end - 1, `${value}`);
      assertEquals(bytes[end], 0xee, `no byte after ${value}`);
    }
  }
});
