/** Where a source has the words that matter, so that the walk can pass by all else. */

/** Each function that awaits has one of the first two; inside of one, the others matter as well. */
const WORDS = /async|await|return|yield/g;

/** The places of those words in one source, comments and strings included. */
export class Keywords {
  /** Offsets, ascending. */
  readonly #places: number[] = [];
  /** Of those, the ones of `async` and `await`. */
  readonly #waiting: number[] = [];

  constructor(source: string) {
    for (const { index, 0: word } of source.matchAll(WORDS)) {
      this.#places.push(index);
      if (word[0] === "a") this.#waiting.push(index);
    }
  }

  /** True if any of the words is in that part of the source. */
  within({ start, end }: Part): boolean {
    return isAnyWithin(this.#places, start, end);
  }

  /** True if `async` or `await` is. */
  waitsWithin({ start, end }: Part): boolean {
    return isAnyWithin(this.#waiting, start, end);
  }
}

/** From `start` up to but without `end`. */
interface Part {
  readonly start: number;
  readonly end: number;
}

function isAnyWithin(
  places: readonly number[],
  start: number,
  end: number,
): boolean {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle] < start) low = middle + 1;
    else high = middle;
  }
  return low < places.length && places[low] < end;
}
