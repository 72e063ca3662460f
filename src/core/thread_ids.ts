/**
 * Ids that no two threads of a process give out twice: goroutines, user tasks,
 * strings, stacks, program counters.
 *
 * Each thread takes them in blocks from counters in shared memory, so that they
 * stay small. One thread alone counts from 1 and shares nothing.
 */

/** What is counted, by its counter's index. */
const Counter = {
  Go: 0,
  UserTask: 1,
  String: 2,
  Stack: 3,
  Pc: 4,
} as const;
type Counter = typeof Counter[keyof typeof Counter];

const COUNTERS = 5;

/** Ids in a block, by counter. */
const BLOCK: readonly number[] = [4096, 512, 512, 512, 512];

/** Bytes of the shared memory that `ThreadIds` takes its blocks from. */
export const SHARED_ID_BYTES = COUNTERS * 4;

/**
 * Where the ids of a thread begin that has no access to the counters yet, and
 * how many there are: stacks must stay below 2^32, the others below 2^53.
 */
const FAR_FROM: readonly number[] = [
  2 ** 40,
  2 ** 40,
  2 ** 40,
  2 ** 28,
  2 ** 40,
];
const FAR_COUNT: readonly number[] = [
  2 ** 32,
  2 ** 32,
  2 ** 17,
  2 ** 16,
  2 ** 17,
];
const FAR_THREADS = 2048;

/** First and last of a block for each counter, the last one not included. */
export type FirstBlocks = readonly (readonly [number, number])[];

/** The ids of one kind for one thread. */
export class IdSource {
  /** The id that comes next, and the end of the block. */
  next: number;
  end: number;
  /** Called when the block is used up: sets `next` and `end`. */
  refill: (source: IdSource) => void;

  constructor(
    next: number,
    end: number,
    refill: (source: IdSource) => void = noMore,
  ) {
    this.next = next;
    this.end = end;
    this.refill = refill;
  }

  /** An id that was never given out. */
  take(): number {
    if (this.next === this.end) this.refill(this);
    return this.next++;
  }
}

/** For one thread alone: 1, 2, 3 ... */
export function countFromOne(): IdSource {
  return new IdSource(1, Infinity);
}

function noMore(): never {
  throw new Error("Internal error: a block of ids is used up");
}

/** The ids of one thread; see the head of this file. */
export class ThreadIds {
  readonly go: IdSource = countFromOne();
  readonly userTask: IdSource = countFromOne();
  readonly string: IdSource = countFromOne();
  readonly stack: IdSource = countFromOne();
  /** Program counters outlive recordings: sites do. */
  readonly pc: IdSource = countFromOne();

  readonly #sources: readonly IdSource[] = [
    this.go,
    this.userTask,
    this.string,
    this.stack,
    this.pc,
  ];
  #counters: Int32Array | undefined;
  #isMain = true;

  /** The counters' memory, which other threads are given; from now on it is used. */
  share(): SharedArrayBuffer {
    if (this.#counters === undefined) {
      const counters = this.#counters = new Int32Array(
        new SharedArrayBuffer(SHARED_ID_BYTES),
      );
      this.#sources.forEach((source, kind) => {
        source.end = source.next + BLOCK[kind];
        source.refill = (source) => takeBlock(source, counters, kind);
        Atomics.store(counters, kind, source.end);
      });
    }
    return this.#counters.buffer as SharedArrayBuffer;
  }

  /** Blocks for a thread that will have to wait for the counters. */
  firstBlocks(): FirstBlocks {
    this.share();
    const counters = this.#counters!;
    return BLOCK.map((size, kind) => {
      const blocks = kind === Counter.Go ? 16 : 8;
      const first = Atomics.add(counters, kind, size * blocks);
      return [first, first + size * blocks] as const;
    });
  }

  /**
   * This is the thread numbered `thread`, not the main one: ids come from
   * `blocks` first, then from far behind all blocks, until `useShared`.
   */
  useBlocks(thread: number, blocks: FirstBlocks): void {
    this.#isMain = false;
    this.#sources.forEach((source, kind) => {
      [source.next, source.end] = blocks[kind];
      source.refill = (source) => takeFar(source, thread, kind);
    });
  }

  /** This is not the main thread: ids come from these counters. */
  useShared(memory: SharedArrayBuffer): void {
    this.#isMain = false;
    const counters = this.#counters = new Int32Array(memory);
    this.#sources.forEach((source, kind) => {
      source.refill = (source) => takeBlock(source, counters, kind);
      // What is left of first blocks is used up; sites may have no id yet.
      if (source.end === Infinity) source.next = source.end = 0;
    });
  }

  /** A recording begins: all ids but program counters count from the start. */
  restart(): void {
    this.#sources.forEach((source, kind) => {
      if (kind === Counter.Pc) return;
      const counters = this.#counters;
      if (!this.#isMain) {
        // The rest of a block of an earlier recording may be another's now.
        if (counters !== undefined) source.next = source.end = 0;
        return;
      }
      source.next = 1;
      if (counters === undefined) return;
      source.end = 1 + BLOCK[kind];
      Atomics.store(counters, kind, source.end);
    });
  }
}

function takeBlock(source: IdSource, counters: Int32Array, kind: number): void {
  source.next = Atomics.add(counters, kind, BLOCK[kind]);
  source.end = source.next + BLOCK[kind];
}

function takeFar(source: IdSource, thread: number, kind: number): void {
  const count = FAR_COUNT[kind];
  const from = FAR_FROM[kind] + thread % FAR_THREADS * count;
  // Once through the range, ids would come twice: no recording is that long.
  source.next = from;
  source.end = from + count;
}
