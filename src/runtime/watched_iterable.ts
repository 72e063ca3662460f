/**
 * An iterable that tells of each `next()`. A loop over it does what it would do
 * over the original: the same methods are looked up and called in the same
 * order, and what they give is passed on as it is.
 */

/** Called with what each `next()` gave. */
export type OnNext = (result: unknown) => void;

/** `iterable`, watched, if it is one that can be. */
export function watchIterable<T>(iterable: T, onNext: OnNext): T {
  if (typeof iterable !== "object" || iterable === null) return iterable;
  return new WatchedIterable(iterable, onNext) as T;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

class WatchedIterable {
  readonly #iterable: object;
  readonly #onNext: OnNext;

  constructor(iterable: object, onNext: OnNext) {
    this.#iterable = iterable;
    this.#onNext = onNext;
  }

  get [Symbol.asyncIterator](): unknown {
    return this.#watch(Symbol.asyncIterator);
  }

  get [Symbol.iterator](): unknown {
    return this.#watch(Symbol.iterator);
  }

  #watch(key: symbol): unknown {
    const iterable = this.#iterable;
    const method: unknown = Reflect.get(iterable, key);
    if (typeof method !== "function") return method;
    return () =>
      watchIterator(
        Reflect.apply(method as Method, iterable, []),
        this.#onNext,
      );
  }
}

function watchIterator(iterator: unknown, onNext: OnNext): unknown {
  if (typeof iterator !== "object" || iterator === null) return iterator;
  const next: unknown = Reflect.get(iterator, "next");
  // The loop says best what is wrong with it.
  if (typeof next !== "function") return iterator;
  return {
    next(...args: unknown[]): unknown {
      const result: unknown = Reflect.apply(next, iterator, args);
      onNext(result);
      return result;
    },
    get return(): unknown {
      return bound(iterator, "return");
    },
    get throw(): unknown {
      return bound(iterator, "throw");
    },
  };
}

/** A method of `object`, or what else is there. */
function bound(object: object, key: string): unknown {
  const method: unknown = Reflect.get(object, key);
  if (typeof method !== "function") return method;
  return (...args: unknown[]): unknown =>
    Reflect.apply(method as Method, object, args);
}
