/**
 * The source map at the end of what a runtime has compiled: from its lines to
 * the author's, and the map that holds after insertions.
 *
 * Of a map's numbers only the first of a segment says where in the code it
 * begins, and it counts from the segment before on the same line. So an
 * insertion changes one number: that of the next segment on its line.
 */

import type { Insertion } from "./insertions.ts";
import type { Lines } from "./lines.ts";
import { encodeVlq, VlqReader } from "./vlq.ts";

const MARK = "//# sourceMappingURL=data:application/json;base64,";

const SEGMENT_END = ",".charCodeAt(0);
const LINE_END = ";".charCodeAt(0);

/** A map that stands in the code itself, as a comment at its end. */
export class InlineSourceMap {
  /** Where the comment begins in the code. */
  readonly #at: number;
  readonly #json: string;
  readonly #sources: unknown;
  readonly #mappings: string;

  // One entry a segment, in order.
  readonly #columns: number[] = [];
  /** Its line in the author's file from 0; -1 for what no line of it led to. */
  readonly #authorLines: number[] = [];
  /** Where it stands in the mappings. */
  readonly #offsets: number[] = [];
  /** The first segment of each line of the code, and at the end their number. */
  readonly #firstOfLine: number[] = [0];

  private constructor(json: string, at: number) {
    const { sources, mappings } = JSON.parse(json);
    this.#json = json;
    this.#at = at;
    this.#sources = sources;
    this.#mappings = String(mappings);
    this.#readMappings();
  }

  /**
   * The map of `code`, if it has one.
   *
   * @throws {SyntaxError} When it cannot be read.
   */
  static of(code: string): InlineSourceMap | undefined {
    const at = code.lastIndexOf(MARK);
    if (at < 0) return undefined;
    const [base64] = code.slice(at + MARK.length).split(/\s/, 1);
    return new InlineSourceMap(
      new TextDecoder().decode(Uint8Array.fromBase64(base64)),
      at,
    );
  }

  /** True if it leads to this file and no other. */
  leadsTo(url: string): boolean {
    const sources = this.#sources;
    return Array.isArray(sources) && sources.length === 1 && sources[0] === url;
  }

  /** The author's line, from 1, of a place in the code; line from 1, column from 0. */
  lineOf(line: number, column: number): number | undefined {
    const end = this.#firstOfLine[line] ?? this.#columns.length;
    let found = -1;
    for (let i = this.#firstOfLine[line - 1] ?? end; i < end; i++) {
      if (this.#columns[i] > column && found >= 0) break;
      if (this.#authorLines[i] >= 0) found = this.#authorLines[i];
    }
    return found < 0 ? undefined : found + 1;
  }

  /**
   * `changed`, which is the code with the insertions, with a map that fits it.
   *
   * @param lines The lines of the code before.
   * @param insertions By offset.
   */
  fitted(
    changed: string,
    lines: Lines,
    insertions: readonly Insertion[],
  ): string {
    let at = this.#at;
    for (const insertion of insertions) {
      if (insertion.at <= this.#at) at += insertion.text.length;
    }
    const from = at + MARK.length;
    const end = from + changed.slice(from).search(/\s|$/);
    // Not to be found within a string of the JSON: there the quotes have a backslash.
    const json = this.#json.replace(
      `"mappings":"${this.#mappings}"`,
      () => `"mappings":"${this.#shifted(lines, insertions)}"`,
    );
    const base64 = new TextEncoder().encode(json).toBase64();
    return changed.slice(0, at) + MARK + base64 + changed.slice(end);
  }

  /** The mappings, with each segment moved by what was inserted before it on its line. */
  #shifted(lines: Lines, insertions: readonly Insertion[]): string {
    let text = "";
    let done = 0;
    let segment = 0;
    for (let i = 0; i < insertions.length;) {
      const line = lines.lineAt(insertions[i].at);
      const column = insertions[i].at - lines.startOf(line);
      const lineEnd = this.#firstOfLine[line] ?? this.#columns.length;
      segment = Math.max(segment, this.#firstOfLine[line - 1] ?? lineEnd);
      while (segment < lineEnd && this.#columns[segment] < column) segment++;
      // All insertions up to here move this segment, and with it those behind it.
      const limit = segment < lineEnd
        ? lines.startOf(line) + this.#columns[segment]
        : insertions[i].at;
      let moved = 0;
      while (i < insertions.length && insertions[i].at <= limit) {
        moved += insertions[i++].text.length;
      }
      if (segment === lineEnd) continue; // behind the line's last segment
      const before = segment > (this.#firstOfLine[line - 1] ?? 0)
        ? this.#columns[segment - 1]
        : 0;
      const reader = new VlqReader(this.#mappings);
      reader.offset = this.#offsets[segment];
      text += this.#mappings.slice(done, reader.offset) +
        encodeVlq(this.#columns[segment] - before + moved);
      reader.next();
      done = reader.offset;
      segment++;
    }
    return text + this.#mappings.slice(done);
  }

  #readMappings(): void {
    const mappings = this.#mappings;
    const reader = new VlqReader(mappings);
    let column = 0;
    let authorLine = 0;
    for (;;) {
      if (reader.hasNumber) {
        this.#offsets.push(reader.offset);
        this.#columns.push(column += reader.next());
        if (reader.hasNumber) {
          reader.next(); // the source
          this.#authorLines.push(authorLine += reader.next());
          reader.next(); // the column
          if (reader.hasNumber) reader.next(); // the name
        } else this.#authorLines.push(-1);
      }
      const end = mappings.charCodeAt(reader.offset++);
      if (end === SEGMENT_END) continue;
      this.#firstOfLine.push(this.#columns.length);
      if (end !== LINE_END) return;
      column = 0;
    }
  }
}
