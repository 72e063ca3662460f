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

/** How many bytes {@linkcode putUvarint} takes for `value`. */
export function uvarintLength(value: number): number {
  let length = 1;
  while (value >= GROUP) {
    value = Math.floor(value / GROUP);
    length++;
  }
  return length;
}
