/** Text put into a source: nothing is taken out, so what stands on a line stays on it. */

/** One piece of text and where it goes. */
export interface Insertion {
  /** Offset in the source, in UTF-16 code units, before which `text` stands. */
  readonly at: number;
  readonly text: string;
}

/**
 * What is to be inserted into one source.
 *
 * At one offset the pieces stand in the order in which they were put. A walk
 * through the tree that puts a node's opening before it visits the node, and
 * its closing afterwards, therefore gets its brackets nested without thinking
 * about neighbours.
 */
export class Insertions {
  #pieces: Insertion[] = [];

  get count(): number {
    return this.#pieces.length;
  }

  put(at: number, text: string): void {
    this.#pieces.push({ at, text });
  }

  /** The pieces by offset. */
  sorted(): Insertion[] {
    return this.#pieces.sort((a, b) => a.at - b.at); // stable
  }

  /** `source` with all pieces in it. */
  applyTo(source: string): string {
    const parts: string[] = [];
    let done = 0;
    for (const { at, text } of this.sorted()) {
      if (at > done) {
        parts.push(source.slice(done, at));
        done = at;
      }
      parts.push(text);
    }
    parts.push(source.slice(done));
    return parts.join("");
  }
}
