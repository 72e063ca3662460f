/** Unsigned base-128 varints, written in place: the numbers of the format. */

const GROUP = 0x80;
const UINT31 = 0x7fff_ffff;

/**
 * Appends `value` as an unsigned varint at `pos` and returns the position
 * after it.
 *
 * Shape: 1 to 8 bytes, seven bits each, lowest first; the top bit marks "more
 * follows". `value` is a safe integer, 0 or more. The caller has made room.
 */
export function putUvarint(
  bytes: Uint8Array,
  pos: number,
  value: number,
): number {
  // Above 31 bits the shift operators would cut, so the high groups divide.
  while (value > UINT31) {
    bytes[pos++] = (value % GROUP) | GROUP;
    value = Math.floor(value / GROUP);
  }
  while (value >= GROUP) {
    bytes[pos++] = (value & 0x7f) | GROUP;
    value >>>= 7;
  }
  bytes[pos++] = value;
  return pos;
}

/** As {@linkcode putUvarint}, for 2^64 - 1, which is no safe integer: 10 bytes. */
export function putMaxUvarint(bytes: Uint8Array, pos: number): number {
  bytes.fill(0xff, pos, pos + 9);
  bytes[pos + 9] = 1;
  return pos + 10;
}

/** How many bytes {@linkcode putUvarint} takes for `value`. */
export function uvarintLength(value: number): number {
  let length = 1;
  while (value >= GROUP) {
    value = Math.floor(value / GROUP);
    length++;
  }
  return length;
}

/** What {@linkcode UvarintReader.next} gives for values beyond a safe integer. */
export const WIDE = -1;
/** What {@linkcode UvarintReader.next} gives for more than ten bytes. */
export const TOO_LONG = -2;

/**
 * Reads varints one after the other.
 *
 * Bounds are the caller's: at least ten bytes must be readable at `pos`, so a
 * buffer that may end inside a varint is padded with zero bytes and `pos`
 * compared with its true end afterwards.
 */
export class UvarintReader {
  bytes: Uint8Array = new Uint8Array(0);
  pos: number = 0;
  /** The value when `next` gave {@linkcode WIDE}; 0 to 2^64 - 1. */
  wide: bigint = 0n;

  /**
   * The next value, or {@linkcode WIDE} or {@linkcode TOO_LONG}, with `pos`
   * after it. Padded forms are taken; bits beyond the 64th are ignored, as in
   * Go 1.19.
   */
  next(): number {
    const bytes = this.bytes;
    let byte = bytes[this.pos++];
    if (byte < GROUP) return byte;
    let value = byte & 0x7f;
    byte = bytes[this.pos++];
    if (byte < GROUP) return value | byte << 7;
    value |= (byte & 0x7f) << 7;
    byte = bytes[this.pos++];
    if (byte < GROUP) return value | byte << 14;
    value |= (byte & 0x7f) << 14;
    byte = bytes[this.pos++];
    if (byte < GROUP) return value | byte << 21;
    return this.#long(value | (byte & 0x7f) << 21);
  }

  /** The fifth byte and after; `low` holds the first 28 bits. */
  #long(low: number): number {
    let high = 0;
    let scale = 1;
    // Three groups on top of 28 bits: 49 bits, exact in a double.
    for (let index = 4; index < 7; index++) {
      const byte = this.bytes[this.pos++];
      high += (byte & 0x7f) * scale;
      if (byte < GROUP) return low + high * 2 ** 28;
      scale *= GROUP;
    }
    let wide = BigInt(low) + (BigInt(high) << 28n);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.pos++];
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < GROUP) {
        wide = BigInt.asUintN(64, wide);
        if (wide <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(wide);
        this.wide = wide;
        return WIDE;
      }
    }
    return TOO_LONG;
  }
}
