/**
 * The source map at the end of what a runtime has compiled: from its lines to
 * the author's, and the map that holds after insertions.
 */

import type { Insertion } from "./insertions.ts";
import type { Lines } from "./lines.ts";
import { decodeVlq, encodeVlq } from "./vlq.ts";

const MARK = "//# sourceMappingURL=data:application/json;base64,";

/** One segment of a map: where it begins on its line, and the numbers as they stand in the map. */
interface Segment {
  readonly column: number;
  /** Line in the author's file from 0; undefined for text that no line of it led to. */
  readonly line: number | undefined;
  /** All numbers but the first, as text: inserting changes only columns. */
  readonly rest: string;
}

/** A map that stands in the code itself, as a comment at its end. */
export class InlineSourceMap {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #lines: readonly (readonly Segment[])[];
  /** Where the comment begins. */
  readonly #at: number;

  private constructor(json: Record<string, unknown>, at: number) {
    this.#json = json;
    this.#at = at;
    this.#lines = decode(String(json.mappings));
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
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return new InlineSourceMap(JSON.parse(new TextDecoder().decode(bytes)), at);
  }

  /** True if it leads to this file and no other. */
  leadsTo(url: string): boolean {
    const { sources } = this.#json;
    return Array.isArray(sources) && sources.length === 1 && sources[0] === url;
  }

  /** The author's line, from 1, of a place in the code; line from 1, column from 0. */
  lineOf(line: number, column: number): number | undefined {
    let found: number | undefined;
    for (const segment of this.#lines[line - 1] ?? []) {
      if (segment.column > column && found !== undefined) break;
      found = segment.line ?? found;
    }
    return found === undefined ? undefined : found + 1;
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
    const grown = insertions.reduce(
      (sum, { at, text }) => at <= this.#at ? sum + text.length : sum,
      0,
    );
    const at = this.#at + grown;
    const end = at + changed.slice(at).search(/\s|$/);
    const mappings = this.#shifted(lines, insertions);
    const json = JSON.stringify({ ...this.#json, mappings });
    return changed.slice(0, at) + MARK + toBase64(json) + changed.slice(end);
  }

  /** The mappings with each column moved by what was inserted before it on its line. */
  #shifted(lines: Lines, insertions: readonly Insertion[]): string {
    let next = 0;
    return this.#lines.map((segments, index) => {
      const start = lines.startOf(index + 1);
      while (next < insertions.length && insertions[next].at < start) next++;
      let moved = 0;
      let before = 0;
      return segments.map(({ column, rest }) => {
        while (
          next < insertions.length && insertions[next].at <= start + column
        ) moved += insertions[next++].text.length;
        const text = encodeVlq(column + moved - before) + rest;
        before = column + moved;
        return text;
      }).join(",");
    }).join(";");
  }
}

function decode(mappings: string): Segment[][] {
  let line = 0;
  return mappings.split(";").map((text) => {
    let column = 0;
    return text === "" ? [] : text.split(",").map((segment) => {
      const numbers = decodeVlq(segment);
      column += numbers[0];
      const isMapped = numbers.length >= 4;
      if (isMapped) line += numbers[2];
      return {
        column,
        line: isMapped ? line : undefined,
        rest: numbers.slice(1).map(encodeVlq).join(""),
      };
    });
  });
}

function toBase64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}
