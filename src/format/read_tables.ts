/** The string and stack tables of a trace as a reader fills them: flat arrays, text decoded on demand. */

import { IdTable } from "./id_table.ts";
import type { StackId, StringId } from "./ids.ts";
import { Growable } from "./growable.ts";
import type { WideValues } from "./wide_values.ts";

/** One call of a stack. */
export interface Frame {
  /** Key of the place; the nearest `number` where it is beyond 2^53. */
  readonly pc: number;
  /** Function; empty when the trace does not have the string. */
  readonly fn: string;
  /** File; empty when the trace does not have the string. */
  readonly file: string;
  /** Line in the file; 0 when it is not known. */
  readonly line: number;
}

const decoder = new TextDecoder();

/** Texts by dense index; their bytes are kept as they were, valid UTF-8 or not. */
export class ReadStrings {
  /** String ids to indices; index 0 is the empty string. */
  readonly ids: IdTable = new IdTable();
  #bytes: Growable<Uint8Array> = new Growable(Uint8Array);
  /** Where a text begins in `#bytes`, by index. */
  #starts: Growable<Uint32Array> = new Growable(Uint32Array);
  /** Length in bytes, by index; 0 as long as no String record came. */
  #lengths: Growable<Uint32Array> = new Growable(Uint32Array);
  #texts: (string | undefined)[] = [];

  /** True if a String record of this index came. */
  has(index: number): boolean {
    return index < this.#lengths.length && this.#lengths.array[index] > 0;
  }

  /** Keeps a copy of `bytes` as the text of `index`. */
  set(index: number, bytes: Uint8Array): void {
    while (this.#starts.length <= index) {
      this.#starts.push(0);
      this.#lengths.push(0);
    }
    this.#starts.array[index] = this.#bytes.append(bytes);
    this.#lengths.array[index] = bytes.length;
  }

  /** The bytes of a text, owned by the table; empty for an unknown one. */
  bytes(index: number): Uint8Array {
    if (!this.has(index)) return new Uint8Array(0);
    const start = this.#starts.array[index];
    return this.#bytes.array.subarray(
      start,
      start + this.#lengths.array[index],
    );
  }

  /** The text; empty for an unknown one. */
  text(index: number): string {
    if (!this.has(index)) return "";
    return this.#texts[index] ??= decoder.decode(this.bytes(index));
  }

  /** The text of an id; empty for an unknown one. */
  textOf(id: StringId): string {
    const index = this.ids.find(id);
    return index < 0 ? "" : this.text(index);
  }
}

/** Stacks by dense index, as slices of flat lists of frames, leaf first. */
export class ReadStacks {
  /** Stack ids to indices; index 0 is "no stack". */
  readonly ids: IdTable = new IdTable();
  readonly #strings: ReadStrings;
  readonly #wides: WideValues;
  #starts: Growable<Uint32Array> = new Growable(Uint32Array);
  /** Frames by index; 0 as long as no Stack record came. */
  #counts: Growable<Uint32Array> = new Growable(Uint32Array);
  #pcs: Growable<Float64Array> = new Growable(Float64Array);
  #functions: Growable<Uint32Array> = new Growable(Uint32Array);
  #files: Growable<Uint32Array> = new Growable(Uint32Array);
  #lines: Growable<Float64Array> = new Growable(Float64Array);
  #frames: (readonly Frame[] | undefined)[] = [];

  constructor(strings: ReadStrings, wides: WideValues) {
    this.#strings = strings;
    this.#wides = wides;
  }

  /** Opens the stack of `index`; the frames that are pushed next are its. The last one wins. */
  begin(index: number, count: number): void {
    while (this.#starts.length <= index) {
      this.#starts.push(0);
      this.#counts.push(0);
    }
    this.#starts.array[index] = this.#pcs.length;
    this.#counts.array[index] = count;
  }

  /** `fn` and `file` are indices of the string table. */
  pushFrame(pc: number, fn: number, file: number, line: number): void {
    this.#pcs.push(pc);
    this.#functions.push(fn);
    this.#files.push(file);
    this.#lines.push(line);
  }

  /** Number of frames; 0 for an unknown stack. */
  depth(index: number): number {
    return index < this.#counts.length ? this.#counts.array[index] : 0;
  }

  /** The frames of a stack, leaf first; empty for an unknown one. */
  frames(index: number): readonly Frame[] {
    const known = this.#frames[index];
    if (known !== undefined) return known;
    const frames: Frame[] = [];
    for (let depth = 0; depth < this.depth(index); depth++) {
      const at = this.#starts.array[index] + depth;
      frames.push({
        pc: this.#wides.toNumber(this.#pcs.array[at]),
        fn: this.#strings.text(this.#functions.array[at]),
        file: this.#strings.text(this.#files.array[at]),
        line: this.#wides.toNumber(this.#lines.array[at]),
      });
    }
    return this.#frames[index] = frames;
  }

  /** The frames of an id, leaf first; empty for an unknown one. */
  framesOf(id: StackId): readonly Frame[] {
    const index = this.ids.find(id);
    return index < 0 ? [] : this.frames(index);
  }

  /** Calls `visit` with the raw values of every frame of every stack in use. */
  eachFrame(
    visit: (
      stack: number,
      pc: number,
      fn: number,
      file: number,
      line: number,
    ) => void,
  ): void {
    for (let index = 0; index < this.#starts.length; index++) {
      for (let depth = 0; depth < this.#counts.array[index]; depth++) {
        const at = this.#starts.array[index] + depth;
        visit(
          index,
          this.#pcs.array[at],
          this.#functions.array[at],
          this.#files.array[at],
          this.#lines.array[at],
        );
      }
    }
  }
}
