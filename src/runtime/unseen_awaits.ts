/**
 * What goes on after awaits that no accessor sees.
 *
 * An await of something that is no native promise reads no property of one, and
 * nothing announces what goes on after it. But its continuation was put into the
 * queue of microtasks by the slice that it ends, and markers tell what was. So
 * behind the marker of each slice that may have ended so, a slice begins on
 * trial (`ResumeFlag.Continues`): if something happens in it, there was such an
 * await. That it took its time is no proof: the engine compiles, or the machine
 * does something else. It is only a reason to look behind it too.
 *
 * Looking costs as much as a short slice, so where nothing was found several
 * times, it is done ever more seldom.
 */

import type { Clock } from "../core/clock.ts";
import { ContinuationKind } from "../core/continuation_table.ts";
import { RAW_STRIDE, RawKind, ResumeFlag } from "../core/raw_log.ts";
import { NO_SITE } from "../core/site_table.ts";
import type { TurnRecorder } from "../core/turn_recorder.ts";

/** Slices of which it is kept whether they may go on unseen, a power of two. */
const SLICES = 2 ** 12;

/** Places of which it is kept how often nothing was found, a power of two. */
const PLACES = 2 ** 11;

/**
 * After so many looks in vain at a place every look but the second, fourth,
 * eighth and so on is left out.
 */
const ENOUGH = 8;

/**
 * Looks one behind the other that found little: what looking costs must not be
 * taken for the program, or it would go on for ever.
 */
const MAX_DOUBTFUL = 6;

/** What takes longer than this may be the program, in milliseconds. */
const LIVELY_MS = 0.0004;

/** See the head of this file. */
export class UnseenAwaits {
  readonly #recorder: TurnRecorder;
  readonly #clock: Clock;
  readonly #onBegin: (id: number) => void;
  /** Number of each slice that may go on unseen, by its last bits. */
  readonly #numbers = new Int32Array(SLICES);
  /** Its place, whether it awaits what may be a call unseen, and looks left. */
  readonly #places = new Int32Array(SLICES);
  readonly #isOpen = new Uint8Array(SLICES);
  readonly #looksLeft = new Uint8Array(SLICES);
  /** 1 for a slice on trial that may be the program. */
  readonly #isLively = new Uint8Array(SLICES);
  /** Number of the slice on trial that runs, 0 for none, and since when. */
  #trial = 0;
  #since = 0;
  /** How often nothing was found at a place. */
  readonly #inVain = new Uint16Array(PLACES);

  /** @param onBegin is told of the continuation of a slice on trial */
  constructor(
    recorder: TurnRecorder,
    clock: Clock,
    onBegin: (id: number) => void,
  ) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#onBegin = onBegin;
  }

  /** True if it is not known yet whether anything runs. */
  get isOnTrial(): boolean {
    return this.#trial !== 0;
  }

  /** The running slice, if it ends without an await, may go on unseen. */
  mayGoOn(): void {
    const number = this.#recorder.sliceNumber;
    if (number !== 0) this.#begin(number, this.#recorder.path);
  }

  /** The running slice is over, and what it ran gives no promise. */
  isOver(): void {
    const at = this.#recorder.sliceNumber & SLICES - 1;
    if (this.#isOpen[at] === 0) this.#numbers[at] = 0;
  }

  /**
   * An await is seen in the running slice.
   *
   * @param isOwn true if it is, or may be, the slice's own
   * @param isOpen true if it may be of a call that has awaited unseen
   */
  see(isOwn: boolean, isOpen: boolean): void {
    const number = this.#recorder.sliceNumber;
    if (number === 0) return;
    const at = number & SLICES - 1;
    if (this.#trial === number) this.#find();
    if (isOpen) {
      if (this.#numbers[at] !== number) this.#begin(number, 0);
      this.#isOpen[at] = 1;
      this.#places[at] = this.#recorder.path & PLACES - 1;
    } else if (isOwn && this.#isOpen[at] === 0) this.#numbers[at] = 0;
  }

  /** From here on runs what slice `number` put into the queue of microtasks. */
  readonly onMarker = (number: number): void => {
    this.endTrial();
    const at = number & SLICES - 1;
    if (number === 0 || this.#numbers[at] !== number) return;
    this.#numbers[at] = 0;
    const { isOn, untraced } = this.#recorder;
    if (!isOn || untraced > 0) return;
    try {
      this.#look(number, at);
    } catch (error) {
      this.#recorder.fail(error);
    }
  };

  /** Something else runs now. To be called first, so that no work of ours counts. */
  endTrial(): void {
    const number = this.#trial;
    if (number === 0) return;
    const ms = this.#clock.now() - this.#since;
    this.#trial = 0;
    const at = number & SLICES - 1;
    if (ms >= LIVELY_MS) this.#foundAt(at);
    else if (this.#numbers[at] === number) {
      this.#numbers[at] = 0;
      const place = this.#places[at];
      if (this.#inVain[place] < 0xffff) this.#inVain[place]++;
    }
  }

  /** Something happens in the slice on trial. */
  #find(): void {
    const at = this.#trial & SLICES - 1;
    this.#trial = 0;
    this.#looksLeft[at] = MAX_DOUBTFUL;
    this.#foundAt(at);
  }

  #foundAt(at: number): void {
    this.#isLively[at] = 1;
    this.#inVain[this.#places[at]] = 0;
  }

  /** Something happens where nothing was seen to begin. */
  findOne(): void {
    this.endTrial();
    const recorder = this.#recorder;
    const by = recorder.enqueuedBy;
    if (by === 0) recorder.resumeMicrotask(0);
    else {
      this.#beginTrial(by, recorder.path & PLACES - 1, MAX_DOUBTFUL);
      this.#find();
    }
  }

  #begin(number: number, path: number): void {
    const at = number & SLICES - 1;
    this.#numbers[at] = number;
    this.#isOpen[at] = this.#isLively[at] = 0;
    this.#places[at] = (path ^ path >>> 11) & PLACES - 1;
    this.#looksLeft[at] = MAX_DOUBTFUL;
  }

  #look(number: number, at: number): void {
    const { log } = this.#recorder;
    const place = this.#places[at];
    const record = log.indexOf(number);
    if (record < 0) return;
    const flags = log.codes[record * RAW_STRIDE] >> 8;
    let left = MAX_DOUBTFUL;
    if ((flags & ResumeFlag.Continues) !== 0) {
      left = this.#looksLeft[at] - 1;
      if (this.#isLively[at] === 0 || left <= 0) return;
    } else if (!this.#isDue(place)) return;
    this.#beginTrial(number, place, left);
  }

  #isDue(place: number): boolean {
    const inVain = this.#inVain[place];
    if (inVain < ENOUGH) return true;
    if (inVain < 0xffff) this.#inVain[place]++;
    return (inVain & inVain - 1) === 0;
  }

  #beginTrial(by: number, place: number, looksLeft: number): void {
    const recorder = this.#recorder;
    const { continuations, log } = recorder;
    const before = log.indexOf(by);
    const site = before < 0 ? NO_SITE : this.#siteOf(before);
    const id = continuations.make(ContinuationKind.Unseen, site, 0);
    if (id === 0) return;
    recorder.resumeUnseen(id, by);
    this.#onBegin(id);
    const number = recorder.sliceNumber;
    this.#begin(number, 0);
    this.#places[number & SLICES - 1] = place;
    this.#looksLeft[number & SLICES - 1] = looksLeft;
    this.#trial = number;
    // Last, so that none of the above counts.
    this.#since = this.#clock.now();
  }

  /** Site of what ran in the slice, if it has awaited nothing. */
  #siteOf(record: number): number {
    const { continuations, log } = this.#recorder;
    const next = record + 1;
    const hasAwait = next < log.length &&
      (log.codes[next * RAW_STRIDE] & 0xff) === RawKind.Await;
    const id = log.codes[record * RAW_STRIDE + 1];
    if (hasAwait || id <= 0) return NO_SITE;
    return continuations.site[continuations.slot(id)];
  }
}
