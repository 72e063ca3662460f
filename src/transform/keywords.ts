/** Where a source has the words that matter, so that the walk can pass by all else. */

/** Each function that awaits has one of the first two; inside of one, the others matter as well. */
const WORDS = /async|await|return|yield/g;

/**
 * For each offset of a source, and its end, where the next of the words
 * begins; an offset behind the end if none does. Comments and strings count.
 */
export interface Keywords {
  /** Of all the words. */
  readonly all: Uint32Array;
  /** Of `async` and `await` alone. */
  readonly waiting: Uint32Array;
}

/** Looks for the words. */
export function findKeywords(source: string): Keywords {
  const none = source.length + 1;
  const all = new Uint32Array(none).fill(none);
  const waiting = new Uint32Array(none).fill(none);
  let done = 0;
  let doneWaiting = 0;
  for (const { index, 0: word } of source.matchAll(WORDS)) {
    all.fill(index, done, index + 1);
    done = index + 1;
    if (word[0] !== "a") continue;
    waiting.fill(index, doneWaiting, index + 1);
    doneWaiting = index + 1;
  }
  return { all, waiting };
}
