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

/** Default of {@linkcode StackTable}'s limit. */
export const MAX_STACKS = 65_536;

/** Stacks that are found without a map, a power of two. */
const RECENT = 1024;

const STACK_LEAD = leadByte(EventType.Stack);
/** A key holds a parent and a site; both stay below this. */
const KEY_BASE = 2 ** 26;

/** The stacks of one recording; see the head of this file. */
export class StackTable {
  /** How often a frame was left out because the table was full. */
  overflowed = 0;

  readonly #buffer: BatchBuffer;
  readonly #strings: StringTable;
  readonly #sites: SiteTable;
  readonly #limit: number;
  readonly #ids = new Map<number, StackId>();
  /** Indexed by stack id: leaf site, stack below it, number of frames. */
  readonly #leaf: number[] = [NO_SITE];
  readonly #below: number[] = [NO_STACK];
  readonly #depth: number[] = [0];

  /** The last stacks asked for: site, stack below, id of each. */
  readonly #recent = new Int32Array(RECENT * 3);

  /** A table that writes into `buffer` and names places by `sites`. */
  constructor(
    buffer: BatchBuffer,
    strings: StringTable,
    sites: SiteTable,
    limit: number = MAX_STACKS,
  ) {
    this.#buffer = buffer;
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
    if (this.size >= this.#limit || this.#depth[below] >= MAX_STACK_FRAMES) {
      this.overflowed++;
      return below;
    }
    const id = this.#leaf.push(site) - 1 as StackId;
    this.#below.push(below);
    this.#depth.push(this.#depth[below] + 1);
    this.#ids.set(key, id);
    this.#write(this.#buffer, id);
    return id;
  }

  /** Writes a record for every stack of the table, for a prelude. */
  writeTo(buffer: BatchBuffer): void {
    for (let id = 1; id <= this.size; id++) {
      this.#write(buffer, id as StackId);
    }
  }

  // Shape: lead, body length, then id, count, count x (pc, fn, file, line),
  // leaf first. Strings come first, so that nothing is called in between.
  #write(buffer: BatchBuffer, id: StackId): void {
    const values: number[] = [id, 0];
    for (let at: number = id; at !== NO_STACK; at = this.#below[at]) {
      const pc = this.#leaf[at];
      const { fn, file, line } = this.#sites.get(pc);
      values.push(pc, this.#strings.put(fn), this.#strings.put(file), line);
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
