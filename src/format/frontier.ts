/** The lists whose next event could be taken now, the earliest first. */

/**
 * A sorted array: for the few lists of an ordinary trace nothing is faster.
 *
 * Equal times come out as Go 1.19 takes them from up to twelve lists, so that
 * dumps can be compared: what came first leaves first, except that with every
 * event taken the last of all goes before its equals, because Go moves the
 * last one into the free place and sorts again.
 */
export class SortedFrontier {
  /** Lists and times in order, from `#start` on. */
  readonly #lists: Int32Array;
  readonly #times: Float64Array;
  #start: number = 0;
  #end: number = 0;

  constructor(capacity: number) {
    this.#lists = new Int32Array(capacity);
    this.#times = new Float64Array(capacity);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  push(list: number, time: number): void {
    const lists = this.#lists;
    const times = this.#times;
    const start = this.#start;
    let at: number;
    if (start > 0) {
      // A taken list usually comes back near the front, where its place is free.
      at = start - 1;
      const last = this.#end - 1;
      while (at < last && times[at + 1] <= time) {
        times[at] = times[at + 1];
        lists[at] = lists[at + 1];
        at++;
      }
      this.#start = start - 1;
    } else {
      at = this.#end++;
      while (at > 0 && times[at - 1] > time) {
        times[at] = times[at - 1];
        lists[at] = lists[at - 1];
        at--;
      }
    }
    times[at] = time;
    lists[at] = list;
  }

  /** Removes the earliest list and returns it. There is at least one. */
  take(): number {
    const times = this.#times;
    const list = this.#lists[this.#start++];
    const last = this.#end - 1;
    if (last > this.#start && times[last] === times[last - 1]) {
      this.#moveLast(last);
    }
    return list;
  }

  /** Moves the last list before all of the same time. */
  #moveLast(last: number): void {
    const lists = this.#lists;
    const times = this.#times;
    const list = lists[last];
    let at = last;
    while (at > this.#start && times[at - 1] === times[last]) {
      lists[at] = lists[at - 1];
      at--;
    }
    lists[at] = list;
  }
}

/** A heap by time, then by number of the list: its cost grows slowly with the number of lists. */
export class HeapFrontier {
  length: number = 0;
  readonly #heap: Int32Array;
  /** Time by list. */
  readonly #times: Float64Array;

  constructor(capacity: number) {
    this.#heap = new Int32Array(capacity);
    this.#times = new Float64Array(capacity);
  }

  push(list: number, time: number): void {
    const heap = this.#heap;
    this.#times[list] = time;
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(list, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = list;
  }

  /** Removes the earliest list and returns it. There is at least one. */
  take(): number {
    const heap = this.#heap;
    const first = heap[0];
    const length = --this.length;
    const list = heap[length];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#isBefore(heap[child + 1], heap[child])) {
        child++;
      }
      if (!this.#isBefore(heap[child], list)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = list;
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const timeA = this.#times[a];
    const timeB = this.#times[b];
    return timeA < timeB || timeA === timeB && a < b;
  }
}
