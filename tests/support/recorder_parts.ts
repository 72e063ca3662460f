/** The write side without a loop: buffer, encoder and tables, wired as a recording wires them. */
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { EventEncoder } from "../../src/core/event_encoder.ts";
import { SiteTable } from "../../src/core/site_table.ts";
import { StackTable } from "../../src/core/stack_table.ts";
import { StringTable } from "../../src/core/string_table.ts";
import { encodeHeader, WRITTEN_VERSION } from "../../src/format/header.ts";
import type { GoId, StackId } from "../../src/format/ids.ts";
import { concat } from "./raw_records.ts";

/** How the parts are made. */
export interface RecorderPartsOptions {
  readonly batchBytes?: number;
  readonly maxStrings?: number;
  readonly maxStacks?: number;
  readonly maxSites?: number;
  /** Called with each full batch after it was kept: may write, or throw. */
  onBatch?(parts: RecorderParts): void;
}

/** One processor's writers, and the batches that they made. */
export class RecorderParts {
  readonly batches: Uint8Array<ArrayBuffer>[] = [];
  readonly buffer: BatchBuffer;
  readonly encoder: EventEncoder;
  readonly sites: SiteTable;
  readonly strings: StringTable;
  readonly stacks: StackTable;
  #goroutines = 0;
  #isFinished = false;

  /** `begin()` comes next, unless the test is about the very first records. */
  constructor(options: RecorderPartsOptions = {}) {
    const { batchBytes, onBatch } = options;
    this.buffer = new BatchBuffer(1, (batch) => {
      this.batches.push(batch);
      if (!this.#isFinished) onBatch?.(this);
    }, { batchBytes });
    this.encoder = new EventEncoder(this.buffer);
    this.sites = new SiteTable(options.maxSites);
    this.strings = new StringTable(this.buffer, options.maxStrings);
    this.stacks = new StackTable(
      this.buffer,
      this.strings,
      this.sites,
      options.maxStacks,
    );
  }

  /** What every trace begins with. */
  begin(): this {
    const { encoder } = this;
    encoder.frequency();
    encoder.gomaxprocs(1);
    encoder.gomaxprocs(1);
    encoder.procStart(1);
    return this;
  }

  /** A stack of one frame. */
  entry(fn: string): StackId {
    return this.stacks.put(this.sites.put(fn, "a.ts", 1));
  }

  /** An event that can be told from every other: a goroutine that nobody made before. */
  mark(entry: StackId): GoId {
    const g = ++this.#goroutines as GoId;
    this.encoder.goCreate(g, entry, entry);
    return g;
  }

  /** How many times {@link mark} was called. */
  get marks(): number {
    return this.#goroutines;
  }

  /** The file: header, every batch, and what is open. `onBatch` is not called for that any more. */
  bytes(): Uint8Array<ArrayBuffer> {
    this.#isFinished = true;
    this.buffer.flush();
    return concat([encodeHeader(WRITTEN_VERSION), ...this.batches]);
  }
}
