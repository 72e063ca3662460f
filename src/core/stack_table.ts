/**
 * Stack to id. A stack is a site on top of another stack, so the table is a
 * tree whose roots are the entry frames of goroutines: the stack of a wait is
 * found by walking from the entry frame to the innermost call.
 */

import { EventType, leadByte } from "../format/event_catalogue.ts";
import { NO_STACK, type StackId } from "../format/ids.ts";
import {
  MAX_RECORD_BYTES,
  MAX_STACK_FRAMES,
  MAX_UVARINT_BYTES,
} from "../format/limits.ts";
import { putUvarint, uvarintLength } from "../format/varint.ts";
import type { BatchBuffer } from "./batch_buffer.ts";
import { NO_SITE, type SiteTable } from "./site_table.ts";
import type { StringTable } from "./string_table.ts";
import { countFromOne, type IdSource } from "./thread_ids.ts";

/** Default of {@linkcode StackTable}'s limit. */
export const MAX_STACKS = 65_536;

/** Stacks that are found without a map, a power of two. */
const RECENT = 1024;

const STACK_LEAD = leadByte(EventType.Stack);
/** A key holds a parent and a site; both stay below this. */
const KEY_BASE = 2 ** 20;

/** The stacks of one recording; see the head of this file. */
export class StackTable {
  /** How often a frame was left out because the table was full. */
  overflowed = 0;

  readonly #buffer: BatchBuffer;
  readonly #strings: StringTable;
  readonly #sites: SiteTable;
  readonly #limit: number;
  readonly #ids = new Map<number, StackId>();
  /** In the order of their making: id, leaf site, stack below it, number of frames. */
  readonly #made: StackId[] = [NO_STACK];
  readonly #leaf: number[] = [NO_SITE];
  readonly #below: number[] = [NO_STACK];
  readonly #depth: number[] = [0];
  /** Where among them the stack of an id is, if its id is not its place. */
  readonly #places = new Map<StackId, number>();
  readonly #next: IdSource;

  /** The last stacks asked for: site, stack below, id of each. */
  readonly #recent = new Int32Array(RECENT * 3);

  /** A table that writes into `buffer` and names places by `sites`. */
  constructor(
    buffer: BatchBuffer,
    strings: StringTable,
    sites: SiteTable,
    limit: number = MAX_STACKS,
    ids: IdSource = countFromOne(),
  ) {
    this.#buffer = buffer;
    this.#next = ids;
    this.#strings = strings;
    this.#sites = sites;
    this.#limit = limit;
  }

  /** Number of stacks with an id. */
  get size(): number {
    return this.#leaf.length - 1;
  }

  /**
   * The id of the stack with `site` on top of `below`, whose record is written
   * if it is new. `below` itself when `site` is {@linkcode NO_SITE}, when the
   * stack would be too deep or when the table is full.
   */
  put(site: number, below: StackId = NO_STACK): StackId {
    if (site === NO_SITE) return below;
    const place = (Math.imul(below, 31) + site & RECENT - 1) * 3;
    const recent = this.#recent;
    if (recent[place] === site && recent[place + 1] === below) {
      return recent[place + 2] as StackId;
    }
    const id = this.#find(site, below);
    // One that was left out is to be counted each time.
    if (id === below) return id;
    recent[place] = site;
    recent[place + 1] = below;
    recent[place + 2] = id;
    return id;
  }

  #find(site: number, below: StackId): StackId {
    const key = below * KEY_BASE + site;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const depth = this.#depth[this.#placeOf(below)];
    if (this.size >= this.#limit || depth >= MAX_STACK_FRAMES) {
      this.overflowed++;
      return below;
    }
    const id = this.#next.take() as StackId;
    const place = this.#made.push(id) - 1;
    if (place !== id) this.#places.set(id, place);
    this.#leaf.push(site);
    this.#below.push(below);
    this.#depth.push(depth + 1);
    this.#ids.set(key, id);
    this.#write(this.#buffer, id, place);
    return id;
  }

  #placeOf(id: StackId): number {
    return this.#places.get(id) ?? id;
  }

  /** Writes a record for every stack of the table, for a prelude. */
  writeTo(buffer: BatchBuffer): void {
    for (let place = 1; place <= this.size; place++) {
      this.#write(buffer, this.#made[place], place);
    }
  }

  // Shape: lead, body length, then id, count, count x (pc, fn, file, line),
  // leaf first. Strings come first, so that nothing is called in between.
  #write(buffer: BatchBuffer, id: StackId, place: number): void {
    const values: number[] = [id, 0];
    let at = place;
    while (at !== 0) {
      const site = this.#leaf[at];
      const { fn, file, line } = this.#sites.get(site);
      const pc = this.#sites.pcOf(site);
      values.push(pc, this.#strings.put(fn), this.#strings.put(file), line);
      at = this.#placeOf(this.#below[at] as StackId);
    }
    const frames = (values.length - 2) / 4;
    values[1] = frames;
    let bodyBytes = 0;
    for (const value of values) bodyBytes += uvarintLength(value);
    if (bodyBytes > MAX_RECORD_BYTES) {
      throw new Error(
        `Internal error: stack ${id} of ${frames} frames takes ${bodyBytes} ` +
          `bytes, must be at most ${MAX_RECORD_BYTES}`,
      );
    }
    buffer.ensure(1 + MAX_UVARINT_BYTES + bodyBytes);
    const { bytes } = buffer;
    let pos = buffer.pos;
    bytes[pos++] = STACK_LEAD;
    pos = putUvarint(bytes, pos, bodyBytes);
    for (const value of values) pos = putUvarint(bytes, pos, value);
    buffer.pos = pos;
  }
}
