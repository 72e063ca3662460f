/**
 * Everything that will run later: the rest of an async function after an
 * await, a then-callback, a timer, a microtask, a request handler. Hooks make
 * continuations and stamp them on promises; the mapper says what they belong
 * to.
 *
 * An id is a slot and a generation, so that a promise which outlives its
 * continuation cannot be taken for another. Ids are small integers: 20 bits of
 * slot below 11 bits of generation, never 0.
 */

import type { OpenRegion } from "./annotation.ts";
import type { GoId } from "../format/ids.ts";
import type { Activation } from "./task_table.ts";
import type { Wait } from "./wait.ts";

/** What a continuation is. */
export const ContinuationKind = {
  /** A reaction of a promise: an await or a then-callback. */
  Reaction: 0,
  /** A reaction that only passes a result on, as in `Promise.all`. */
  Relay: 1,
  /** A timer's callback that does nothing but settle a promise. */
  Sleep: 2,
  /** A timer's callback. */
  Timer: 3,
  /** A repeating timer's callback; runs many times. */
  Interval: 4,
  /** A setImmediate callback. */
  Immediate: 5,
  /** A queueMicrotask or nextTick callback. */
  Microtask: 6,
  /** A server's handler of one request. */
  Request: 7,
  /** The code that called `start()`, and the module it is part of. */
  Main: 8,
  /** One run of a transformed async function, until it ends. */
  Call: 9,
  /** What may go on after an await that nobody has seen. */
  Unseen: 10,
  /** A callback that is called once when an operation is done. */
  Operation: 11,
  /** What ends a region when a promise is settled. Nothing goes on. */
  Region: 12,
  /** Whoever gets a message. */
  Message: 13,
  /**
   * Listeners that the loop calls: a task if they do something. What they only
   * settle is the loop's doing.
   */
  Event: 14,
} as const;

/** One of {@linkcode ContinuationKind}. */
export type ContinuationKind =
  typeof ContinuationKind[keyof typeof ContinuationKind];

/** Default of {@linkcode ContinuationTable}'s limit: about 7 MB when full. */
export const MAX_CONTINUATIONS = 262_144;

/** Greatest number that a column holds. */
const MAX_INT32 = 2 ** 31 - 1;

/** Kind of a slot that holds no continuation. */
const FREE = 255;

const SLOT_BITS = 20;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const GENERATION_MASK = (1 << 11) - 1;
const FIRST_CAPACITY = 1024;

/** Not settled, as far as is known. */
export const NOT_SETTLED = 0;

/** The table; see the head of this file. Columns are indexed by slot. */
export class ContinuationTable {
  /** How many could not be made because the table was full. */
  refused = 0;
  /** How many were forgotten, never having run, to make room. */
  forgotten = 0;

  kind: Uint8Array;
  /** Where it was made: a site, or 0. For a request, its name. */
  site: Int32Array;
  /**
   * What it waits for: a `Wait`. For a request, its user task; for a message to
   * another thread, which one.
   */
  wait: Int32Array;
  /** The activation that it continues, or null while it is nobody's. */
  readonly owner: (Activation | null)[] = [null];
  /**
   * Slice that settled what it waits for, or {@linkcode NOT_SETTLED}. For a call,
   * the number of the raw record with which it last parked.
   */
  settledBy: Int32Array;
  /** What the mapper noted; see there. */
  notes: Uint8Array;
  /** Of messages between threads, the goroutine that both know, by slot. */
  readonly goroutines: Map<number, GoId> = new Map();

  /** What those of `ContinuationKind.Region` end, by slot. */
  readonly #regions = new Map<number, OpenRegion>();
  #generation: Uint16Array;
  #free: Int32Array;
  #freeHead = 0;
  #freeCount = 0;
  #used = 1;
  #capacity: number;
  #hand = 1;
  readonly #limit: number;

  /** A table of at most `limit` slots, up to 2^20. */
  constructor(limit: number = MAX_CONTINUATIONS) {
    this.#limit = Math.min(limit, SLOT_MASK);
    const capacity = this.#capacity = Math.min(FIRST_CAPACITY, this.#limit);
    this.kind = new Uint8Array(capacity);
    this.site = new Int32Array(capacity);
    this.wait = new Int32Array(capacity);
    this.settledBy = new Int32Array(capacity);
    this.notes = new Uint8Array(capacity);
    this.#generation = new Uint16Array(capacity);
    this.#free = new Int32Array(capacity);
  }

  /** Number of continuations alive. */
  get size(): number {
    return this.#used - 1 - this.#freeCount;
  }

  /** True when little room is left and {@linkcode forget} should be called. */
  get isCrowded(): boolean {
    return this.size > this.#limit - (this.#limit >> 3);
  }

  /** Makes a continuation. @returns its id, or 0 when the table is full */
  make(kind: ContinuationKind, site: number, wait: Wait): number {
    let slot: number;
    // Freed slots are used again in turn, so that a generation lasts long.
    if (this.#freeCount > 0 && this.#used === this.#capacity) {
      slot = this.#free[this.#freeHead];
      this.#freeHead = this.#freeHead + 1 === this.#capacity
        ? 0
        : this.#freeHead + 1;
      this.#freeCount--;
    } else if (this.#used < this.#capacity || this.#grow()) {
      slot = this.#used++;
    } else {
      this.refused++;
      return 0;
    }
    this.kind[slot] = kind;
    this.site[slot] = site;
    this.wait[slot] = wait;
    this.owner[slot] = null;
    this.settledBy[slot] = NOT_SETTLED;
    this.notes[slot] = 0;
    return slot | this.#generation[slot] << SLOT_BITS;
  }

  /** Makes one that ends `region`. @returns its id, or 0 */
  makeRegion(region: OpenRegion): number {
    const id = this.make(ContinuationKind.Region, 0, 0);
    if (id !== 0) this.#regions.set(this.slot(id), region);
    return id;
  }

  /** What the continuation in `slot` ends, once. */
  takeRegion(slot: number): OpenRegion | undefined {
    const region = this.#regions.get(slot);
    this.#regions.delete(slot);
    return region;
  }

  /**
   * Makes the continuation of a message that another thread posted here, or,
   * with `thread`, that is posted to it.
   */
  makeMessage(site: number, goId: GoId, thread = 0): number {
    const id = this.make(ContinuationKind.Message, site, thread);
    if (id !== 0) this.goroutines.set(id & SLOT_MASK, goId);
    return id;
  }

  /**
   * Makes that of a message which another thread has posted as goroutine `goId`,
   * in `userTask`, 0 for none. @returns its id, or 0 when the table is full
   */
  makeReceived(site: number, goId: GoId, userTask: number): number {
    return this.makeMessage(site, goId, userTask <= MAX_INT32 ? userTask : 0);
  }

  /** The slot of `id`, or 0 if it is not alive. */
  slot(id: number): number {
    const slot = id & SLOT_MASK;
    return this.#generation[slot] === id >> SLOT_BITS ? slot : 0;
  }

  /**
   * Ends the continuation in `slot`: its id means nothing from now on. Ending
   * it again does nothing.
   */
  release(slot: number): void {
    if (this.kind[slot] === FREE) return;
    if (this.kind[slot] === ContinuationKind.Region) this.#regions.delete(slot);
    if (this.kind[slot] === ContinuationKind.Message) {
      this.goroutines.delete(slot);
    }
    this.kind[slot] = FREE;
    this.#generation[slot] = (this.#generation[slot] + 1) & GENERATION_MASK;
    this.owner[slot] = null;
    let tail = this.#freeHead + this.#freeCount;
    if (tail >= this.#capacity) tail -= this.#capacity;
    this.#free[tail] = slot;
    this.#freeCount++;
  }

  /** Ends every continuation, for a new recording. */
  clear(): void {
    this.refused = 0;
    this.forgotten = 0;
    for (let slot = 1; slot < this.#used; slot++) this.release(slot);
  }

  /**
   * Forgets continuations that belong to no task, in turn, until a quarter of
   * the table is free or all were seen. A promise that never settles and is
   * collected by the engine tells nobody, so some are dead for sure.
   */
  forget(): void {
    const enough = this.#limit - (this.#limit >> 2);
    for (let seen = 1; seen < this.#used && this.size > enough; seen++) {
      const slot = this.#hand;
      this.#hand = this.#hand + 1 >= this.#used ? 1 : this.#hand + 1;
      const kind = this.kind[slot];
      const untold = this.owner[slot] === null &&
        (kind <= ContinuationKind.Relay || kind === ContinuationKind.Region);
      if (untold) {
        this.release(slot);
        this.forgotten++;
      }
    }
  }

  #grow(): boolean {
    if (this.#capacity >= this.#limit) return false;
    const old = this.#capacity;
    // Slots are only taken from the free list when none is unused, so the ring
    // is copied in order and starts anew.
    const capacity = Math.min(old * 2, this.#limit);
    const free = new Int32Array(capacity);
    for (let i = 0; i < this.#freeCount; i++) {
      free[i] = this.#free[(this.#freeHead + i) % old];
    }
    this.#free = free;
    this.#freeHead = 0;
    this.kind = copyInto(new Uint8Array(capacity), this.kind);
    this.site = copyInto(new Int32Array(capacity), this.site);
    this.wait = copyInto(new Int32Array(capacity), this.wait);
    this.settledBy = copyInto(new Int32Array(capacity), this.settledBy);
    this.notes = copyInto(new Uint8Array(capacity), this.notes);
    this.#generation = copyInto(new Uint16Array(capacity), this.#generation);
    this.#capacity = capacity;
    return true;
  }
}

function copyInto<T extends Uint8Array | Uint16Array | Int32Array>(
  target: T,
  source: T,
): T {
  target.set(source);
  return target;
}
