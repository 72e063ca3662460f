/** Ids of any size to small numbers in order of first sight, so that state per id fits into typed arrays. */

/** Ids up to this multiple of the number of known ids are found by direct look-up. */
const SPREAD = 4;
const FIRST_SIZE = 1024;

/**
 * Dense indices for ids. Index 0 is id 0, which every table of the format uses
 * for "none". Negative ids are names of large ones (`WideValues`).
 *
 * Traces number things densely from 1, so the usual look-up is one read of an
 * array; ids far apart go through a map. Memory stays proportional to the
 * number of ids whatever their values.
 */
export class IdTable {
  /** Ids by index. */
  readonly ids: number[] = [0];
  #direct: Uint32Array = new Uint32Array(FIRST_SIZE);
  #sparse: Map<number, number> = new Map();

  get length(): number {
    return this.ids.length;
  }

  /** The index of `id`, a new one at first sight. */
  put(id: number): number {
    if (id >= 0 && id < this.#direct.length) {
      const index = this.#direct[id];
      if (index !== 0 || id === 0) return index;
    }
    return this.#sparse.get(id) ?? this.#add(id);
  }

  /** The index of `id`, or -1. */
  find(id: number): number {
    if (id === 0) return 0;
    if (id > 0 && id < this.#direct.length && this.#direct[id] !== 0) {
      return this.#direct[id];
    }
    return this.#sparse.get(id) ?? -1;
  }

  #add(id: number): number {
    const index = this.ids.length;
    this.ids.push(id);
    if (id >= this.#direct.length && id < SPREAD * (index + FIRST_SIZE)) {
      const wider = new Uint32Array(2 * SPREAD * (index + FIRST_SIZE));
      wider.set(this.#direct);
      this.#direct = wider;
    }
    if (id >= 0 && id < this.#direct.length) this.#direct[id] = index;
    else this.#sparse.set(id, index);
    return index;
  }
}
