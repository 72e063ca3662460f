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
 * taken for the program, or it would go on for ever. All ones in its bits.
 */
const MAX_DOUBTFUL = 7;

/** What takes longer than this may be the program, in milliseconds. */
const LIVELY_MS = 0.0004;

// What is known of a slice: its place in the lowest bits, and above them
// whether it awaits what may be a call unseen, whether it is on trial and may be
// the program, and how often it may be looked behind it in doubt.
const PLACE_MASK = PLACES - 1;
const OPEN = PLACES;
const LIVELY = PLACES * 2;
const LOOK = PLACES * 4;

/** See the head of this file. */
export class UnseenAwaits {
  readonly #recorder: TurnRecorder;
  readonly #clock: Clock;
  readonly #onBegin: (id: number) => void;
  /**
   * Of each slice that may go on unseen, by the last bits of its number: that
   * number, and what is known of it in bits, see `OPEN` and the others.
   */
  readonly #slices = new Int32Array(SLICES * 2);
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
    const at = placeOf(this.#recorder.sliceNumber);
    if ((this.#slices[at + 1] & OPEN) === 0) this.#slices[at] = 0;
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
    const at = placeOf(number);
    if (this.#trial === number) this.#find();
    if (isOpen) {
      if (this.#slices[at] !== number) this.#begin(number, 0);
      const rest = this.#slices[at + 1] & ~PLACE_MASK;
      this.#slices[at + 1] = rest | OPEN | this.#recorder.path & PLACE_MASK;
    } else if (isOwn && (this.#slices[at + 1] & OPEN) === 0) {
      this.#slices[at] = 0;
    }
  }

  /** From here on runs what slice `number` put into the queue of microtasks. */
  readonly onMarker = (number: number): void => {
    if (this.#trial !== 0) this.endTrial();
    const at = placeOf(number);
    if (number === 0 || this.#slices[at] !== number) return;
    this.#slices[at] = 0;
    const { isOn, untraced } = this.#recorder;
    if (!isOn || untraced > 0) return;
    try {
      this.#look(number, this.#slices[at + 1]);
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
    const at = placeOf(number);
    if (ms >= LIVELY_MS) this.#enliven(at);
    else if (this.#slices[at] === number) {
      this.#slices[at] = 0;
      const place = this.#slices[at + 1] & PLACE_MASK;
      if (this.#inVain[place] < 0xffff) this.#inVain[place]++;
    }
  }

  /** Something happens in the slice on trial. */
  #find(): void {
    const at = placeOf(this.#trial);
    this.#trial = 0;
    this.#slices[at + 1] |= MAX_DOUBTFUL * LOOK;
    this.#enliven(at);
  }

  #enliven(at: number): void {
    this.#slices[at + 1] |= LIVELY;
    this.#inVain[this.#slices[at + 1] & PLACE_MASK] = 0;
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
    const at = placeOf(number);
    this.#slices[at] = number;
    this.#slices[at + 1] = (path ^ path >>> 11) & PLACE_MASK |
      MAX_DOUBTFUL * LOOK;
  }

  /** Looks behind slice `number`, of which `known` is known. */
  #look(number: number, known: number): void {
    const { log } = this.#recorder;
    const place = known & PLACE_MASK;
    const record = log.indexOf(number);
    if (record < 0) return;
    const flags = log.codes[record * RAW_STRIDE] >> 8;
    let left = MAX_DOUBTFUL;
    if ((flags & ResumeFlag.Continues) !== 0) {
      left = (known / LOOK | 0) - 1;
      if ((known & LIVELY) === 0 || left <= 0) return;
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
    const at = placeOf(number);
    this.#slices[at] = number;
    this.#slices[at + 1] = place | looksLeft * LOOK;
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

/** Where in `#slices` slice `number` is. */
function placeOf(number: number): number {
  return (number & SLICES - 1) * 2;
}
