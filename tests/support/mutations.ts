/** Damage to traces, decided by a seed. */
import type { Random } from "./random.ts";

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** The kinds of damage, by name. Each returns a new array or changes its own copy. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flipBit(bytes, random) {
    if (bytes.length > 0) {
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    }
    return bytes;
  },
  setByte(bytes, random) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  /** Exchanges two pieces of equal length. */
  swap(bytes, random) {
    const length = 1 + random.below(Math.max(1, bytes.length >> 2));
    if (bytes.length < 2 * length) return bytes;
    const first = random.below(bytes.length - length + 1);
    const second = random.below(bytes.length - length + 1);
    const kept = bytes.slice(first, first + length);
    bytes.copyWithin(first, second, second + length);
    bytes.set(kept, second);
    return bytes;
  },
  /** Makes some byte the beginning of a longer varint, up to more than ten bytes. */
  growVarint(bytes, random) {
    const at = random.below(bytes.length + 1);
    const more = new Uint8Array(1 + random.below(12)).fill(0x80);
    for (let index = 0; index < more.length; index++) {
      if (random.below(2) === 0) more[index] = 0xff;
    }
    return spliced(bytes, at, 0, more);
  },
  /** A length prefix that is longer or shorter than what follows. */
  lieAboutLength(bytes, random) {
    for (let tries = 0; tries < 32; tries++) {
      const at = random.below(Math.max(1, bytes.length - 1));
      if (bytes[at] >= 0xc0) {
        bytes[at + 1] = random.below(256);
        return bytes;
      }
    }
    return bytes;
  },
  remove(bytes, random) {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, random.below(16), new Uint8Array(0));
  },
  /** A piece of the trace once more, somewhere else. */
  repeat(bytes, random) {
    const from = random.below(bytes.length + 1);
    const piece = bytes.slice(from, from + random.below(64));
    return spliced(bytes, random.below(bytes.length + 1), 0, piece);
  },
};

const NAMES = Object.keys(MUTATIONS);

/** A copy of `bytes` with one to four mutations, most often outside the header. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const header = random.below(16) === 0 ? 0 : Math.min(16, bytes.length);
  let body: Uint8Array = bytes.slice(header);
  for (let count = 1 + random.below(4); count > 0; count--) {
    body = MUTATIONS[random.pick(NAMES)](body, random);
  }
  return spliced(bytes.slice(0, header), header, 0, body);
}

function spliced(
  bytes: Uint8Array,
  at: number,
  removed: number,
  added: Uint8Array,
): Uint8Array {
  const rest = bytes.subarray(at + removed);
  const result = new Uint8Array(
    Math.min(at, bytes.length) + added.length + rest.length,
  );
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(rest, at + added.length);
  return result;
}
