/** Progress of long work, on one line of a terminal. */

import type { Io } from "./io.ts";

/** Work shorter than this shows nothing. */
const QUIET_MS = 500;
const EVERY_MS = 100;
const ERASE_LINE = "\r\x1b[K";

/** Shows how far the reading of an input is, until `end`. */
export class Progress {
  readonly #io: Io;
  readonly #size: number;
  readonly #now: () => number;
  #next: number;
  #isShown: boolean = false;

  /** `size` in bytes, 0 if not known; `now` in milliseconds. */
  constructor(io: Io, size: number, now: () => number = Date.now) {
    this.#io = io;
    this.#size = size;
    this.#now = now;
    this.#next = now() + QUIET_MS;
  }

  report(bytesRead: number): void {
    if (!this.#io.isErrorTerminal || this.#now() < this.#next) return;
    this.#next = this.#now() + EVERY_MS;
    this.#isShown = true;
    const read = `${megabytes(bytesRead)} MB read`;
    const share = Math.floor(100 * bytesRead / this.#size);
    this.#io.writeError(
      ERASE_LINE + (this.#size > 0 ? `${read}, ${share} %` : read),
    );
  }

  end(): void {
    if (this.#isShown) this.#io.writeError(ERASE_LINE);
    this.#isShown = false;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
