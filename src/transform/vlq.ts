/** The numbers of source maps: base 64, five bits a digit, lowest first, the sign in the lowest bit. */

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const VALUES = new Uint8Array(128).fill(255);
for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i;

const MORE = 32;

/**
 * The numbers of one segment.
 *
 * @throws {SyntaxError} When there is another character among the digits, or the last number has no end.
 */
export function decodeVlq(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = VALUES[text.charCodeAt(i)] ?? 255;
    if (digit === 255) {
      throw new SyntaxError(
        `Cannot read source map: found ${text[i]} in ${text}, wanted base 64`,
      );
    }
    value |= (digit & (MORE - 1)) << shift;
    shift += 5;
    if (digit & MORE) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = shift = 0;
  }
  if (shift !== 0) {
    throw new SyntaxError(`Cannot read source map: ${text} has no end`);
  }
  return numbers;
}

/** One number as text. `value` fits 31 bits. */
export function encodeVlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const digit = rest & (MORE - 1);
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | MORE : digit];
  } while (rest > 0);
  return text;
}
