/** Puts a wrapper in the place of a function of the runtime. */

/** A function of the runtime: called with whatever `this` and arguments the program gives. */
// deno-lint-ignore no-explicit-any
export type AnyFunction = (this: any, ...args: any[]) => any;

const wrappers = new WeakSet<object>();

/**
 * Replaces `target[key]` by what `wrap` makes of it. Name, length, own
 * properties and the property's attributes stay as they were.
 *
 * Where it cannot be (no such function, frozen, already done) nothing happens:
 * the trace knows less, the program runs.
 *
 * @returns whether it was replaced
 */
export function replace(
  target: object,
  key: PropertyKey,
  wrap: (original: AnyFunction) => AnyFunction,
): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  const original: unknown = Reflect.get(target, key);
  if (typeof original !== "function" || wrappers.has(original)) return false;
  const wrapper = wrap(original as AnyFunction);
  mimic(wrapper, original as AnyFunction);
  wrappers.add(wrapper);
  // The members of Bun may be written to, but not defined anew.
  if (descriptor?.configurable === false) {
    return descriptor.writable === true && Reflect.set(target, key, wrapper);
  }
  return Reflect.defineProperty(target, key, {
    value: wrapper,
    writable: true,
    configurable: true,
    enumerable: descriptor?.enumerable ?? false,
  });
}

/** As {@linkcode replace}, for one function that has several `keys`. */
export function replaceAll(
  target: object,
  keys: readonly PropertyKey[],
  wrap: (original: AnyFunction) => AnyFunction,
): void {
  const done = new Map<unknown, AnyFunction>();
  for (const key of keys) {
    replace(target, key, (original) => {
      const wrapper = done.get(original) ?? wrap(original);
      done.set(original, wrapper);
      return wrapper;
    });
  }
}

/**
 * Replaces the getter of `target[key]`.
 *
 * @returns whether it was replaced
 */
export function replaceGetter(
  target: object,
  key: PropertyKey,
  wrap: (original: AnyFunction) => AnyFunction,
): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  const original = descriptor?.get;
  if (original === undefined || wrappers.has(original)) return false;
  const get = wrap(original);
  mimic(get, original);
  wrappers.add(get);
  return Reflect.defineProperty(target, key, { ...descriptor, get });
}

/**
 * As {@linkcode replace}, for a time.
 *
 * @returns what puts the original back, unless someone else has replaced it
 */
export function replaceForNow(
  target: object,
  key: string | symbol,
  wrap: (original: AnyFunction) => AnyFunction,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (descriptor === undefined || !replace(target, key, wrap)) return () => {};
  const wrapper: unknown = Reflect.get(target, key);
  return () => {
    if (Reflect.get(target, key) !== wrapper) return;
    Reflect.defineProperty(target, key, descriptor);
  };
}

/** Gives `wrapper` the name, length and own properties of `original`. */
export function mimic(wrapper: AnyFunction, original: AnyFunction): void {
  for (const name of Reflect.ownKeys(original)) {
    if (name === "prototype") continue;
    const own = Object.getOwnPropertyDescriptor(original, name)!;
    // What `util.promisify` made says of itself that it is what promisify gives.
    if (own.value === original) own.value = wrapper;
    try {
      Object.defineProperty(wrapper, name, own);
    } catch {
      // Not configurable on a function of ours: it keeps its own.
    }
  }
}
