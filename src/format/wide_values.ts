/** Values of 2^53 and more, which a `number` cannot hold: kept aside, named by negative numbers. */

/**
 * The name of 2^64 - 1, which the format uses for "none"; as a signed number
 * it is -1 as well.
 */
export const ALL_ONES = -1;

const ALL_ONES_VALUE = 2n ** 64n - 1n;

/**
 * Gives every large value a negative number of its own, so that columns and
 * tables of numbers can hold it. Equal values get equal numbers.
 */
export class WideValues {
  #values: bigint[] = [ALL_ONES_VALUE];
  #names: Map<bigint, number> = new Map([[ALL_ONES_VALUE, ALL_ONES]]);

  /** The negative number that stands for `value`, 2^53 to 2^64 - 1. */
  put(value: bigint): number {
    let name = this.#names.get(value);
    if (name === undefined) {
      this.#values.push(value);
      name = -this.#values.length;
      this.#names.set(value, name);
    }
    return name;
  }

  /** The value of a number that may stand for a large one, unsigned. */
  toBigInt(value: number): bigint {
    return value < 0 ? this.#values[-value - 1] : BigInt(value);
  }

  /** The value as the nearest `number`, unsigned. */
  toNumber(value: number): number {
    return value < 0 ? Number(this.#values[-value - 1]) : value;
  }

  /** All digits, read as an unsigned number. */
  toText(value: number): string {
    return value < 0 ? this.#values[-value - 1].toString() : String(value);
  }

  /** All digits, read as a signed number of 64 bits, as Go's `int`. */
  toSignedText(value: number): string {
    return value < 0
      ? BigInt.asIntN(64, this.#values[-value - 1]).toString()
      : String(value);
  }
}
