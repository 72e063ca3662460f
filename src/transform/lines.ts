/** Offsets in a source to lines, as the engines count them. */

const LINE_END = /\r\n|[\n\r\u2028\u2029]/g;

const OTHER_LINE_END = /[\r\u2028\u2029]/;

/** The lines of one source. */
export class Lines {
  /** Where each line begins; ascending. */
  #starts: number[] = [0];

  constructor(source: string) {
    if (OTHER_LINE_END.test(source)) {
      for (const end of source.matchAll(LINE_END)) {
        this.#starts.push(end.index + end[0].length);
      }
      return;
    }
    // The usual case, and quicker.
    let at = source.indexOf("\n");
    while (at >= 0) {
      this.#starts.push(at + 1);
      at = source.indexOf("\n", at + 1);
    }
  }

  /** The line that `offset` is on, 1 or more. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Where `line` begins; the first is 1. The end of all lines for one too far. */
  startOf(line: number): number {
    return this.#starts[Math.min(line, this.#starts.length) - 1];
  }

  get count(): number {
    return this.#starts.length;
  }
}
