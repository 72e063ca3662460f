/** A typed array that grows by doubling. */

const FIRST_SIZE = 256;

interface TypedArray {
  readonly length: number;
  [index: number]: number;
  set(source: ArrayLike<number>, offset?: number): void;
}

/**
 * `array` is replaced when it grows: read it again after each `push`. Entries
 * from `length` on are zero.
 */
export class Growable<T extends TypedArray> {
  array: T;
  length: number = 0;
  readonly #make: new (size: number) => T;

  constructor(make: new (size: number) => T, size: number = FIRST_SIZE) {
    this.#make = make;
    this.array = new make(size);
  }

  /** Appends one value and returns its index. */
  push(value: number): number {
    if (this.length === this.array.length) this.#grow(this.length + 1);
    this.array[this.length] = value;
    return this.length++;
  }

  /** Appends a copy of `values` and returns the index of the first. */
  append(values: ArrayLike<number>): number {
    const start = this.length;
    const end = start + values.length;
    if (end > this.array.length) this.#grow(end);
    this.array.set(values, start);
    this.length = end;
    return start;
  }

  #grow(least: number): void {
    const wider = new this.#make(Math.max(least, 2 * this.array.length));
    wider.set(this.array);
    this.array = wider;
  }
}
