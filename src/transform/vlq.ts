/** The numbers of source maps: base 64, five bits a digit, lowest first, the sign in the lowest bit. */

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** No digit. */
const NONE = 64;

/** What each character is worth. */
const VALUES = new Uint8Array(128).fill(NONE);
for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i;

/** Set in a digit that another one follows. */
const MORE = 32;

/** Reads the numbers of a text one after the other. */
export class VlqReader {
  /** Where the next number, or what stands between two, begins. */
  offset = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** True if a number begins here. */
  get hasNumber(): boolean {
    return valueAt(this.#text, this.offset) !== NONE;
  }

  /** @throws {SyntaxError} When there is no number here, or its end is missing. */
  next(): number {
    let value = 0;
    for (let shift = 0;; shift += 5) {
      const digit = valueAt(this.#text, this.offset);
      if (digit === NONE) {
        throw new SyntaxError(
          `Cannot read source map: wanted a number at ${this.offset}, found ${
            this.#text[this.offset] ?? "the end"
          }`,
        );
      }
      this.offset++;
      value |= (digit & (MORE - 1)) << shift;
      if (digit < MORE) break;
    }
    return value & 1 ? -(value >>> 1) : value >>> 1;
  }
}

function valueAt(text: string, offset: number): number {
  const code = text.charCodeAt(offset); // NaN behind the end
  return code < 128 ? VALUES[code] : NONE;
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
