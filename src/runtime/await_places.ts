/**
 * Whose an await is, where it is seen through an accessor; and what was found
 * out about that before.
 *
 * If no code of the program is on the stack, the await is that of the function
 * or callback which the slice runs. If there is some, it is the first await of
 * an async function that this code has called: see `call_text.ts`. A stack of
 * one frame costs 1 to 5 us, so what was found is remembered by what led to the
 * await, as `core/site_memory.ts` does it; and what is not known is left to the
 * survey, which takes the last await of a slice for its own.
 */

import { NO_SITE, type SiteTable } from "../core/site_table.ts";
import type {
  CallSite,
  FrameReader,
  StackCapture,
  StackTop,
} from "../core/stack_capture.ts";
import { type Call, CallText, UNKNOWN_CALL } from "./call_text.ts";
import { isOwn, isPassing, isRuntime } from "./frames.ts";

/** What is known of an await. */
export const Place = {
  /** Nothing: no stack may be captured now. */
  Unknown: 0,
  /** The slice's own. */
  Own: 1,
  /** The first of a call whose caller awaits it on the spot. */
  Awaited: 2,
  /** The first of a call that its caller does something else with. */
  Beside: 3,
  /** The first of a call; nothing is known of its caller. */
  Nested: 4,
  /** The first of a call whose promise the slice's own function returns. */
  Tail: 5,
  /** None: the program reads the property. */
  Read: 6,
} as const;
/** One of {@linkcode Place}. */
export type Place = typeof Place[keyof typeof Place];

/** Keys remembered, a power of two. A new key takes the place of an old one. */
const ENTRIES = 8192;

/** Mark of a key under which more than one thing was seen. */
const AMBIGUOUS = 255;

/** Frames looked at when the innermost one is the runtime's. */
const MORE_FRAMES = 12;

/** Name of an async function of which no more is known. */
const UNNAMED = "async function";

/** Texts of files kept at a time, and the longest that is looked at. */
const MAX_TEXTS = 8;
const MAX_TEXT = 4_000_000;

/** Calls remembered, by their position. */
const MAX_CALLS = 4096;

/** Gives the text of a file, or undefined if it cannot be had. */
export type ReadText = (file: string) => string | undefined;

/** Uses of a remembered place before it is trusted. */
const TRUSTED_AFTER = 16;

/**
 * A remembered place is checked at first always, then whenever it was used twice
 * as often as before.
 */
function isCheckDue(uses: number): boolean {
  return uses < TRUSTED_AFTER || (uses & uses - 1) === 0;
}

/** See the head of this file. */
export class AwaitPlaces {
  /** Site of the function that awaits, as far as the last `at` found it. */
  site = NO_SITE;

  readonly #capture: StackCapture;
  readonly #reader: FrameReader;
  readonly #sites: SiteTable;
  readonly #calls: CallTexts;
  readonly #keys = new Int32Array(ENTRIES);
  readonly #places = new Uint8Array(ENTRIES);
  readonly #siteOf = new Int32Array(ENTRIES);
  readonly #uses = new Uint32Array(ENTRIES);
  /** True if the last stack was too short to tell. */
  #wantsMore = false;

  constructor(
    capture: StackCapture,
    reader: FrameReader,
    sites: SiteTable,
    readText: ReadText,
  ) {
    this.#capture = capture;
    this.#reader = reader;
    this.#sites = sites;
    this.#calls = new CallTexts(readText);
  }

  /**
   * What the await that happens now is. Sets {@linkcode site}.
   *
   * @param key what led here, as a hash
   * @param top the function that sees it: what lies above costs nothing
   */
  at(key: number, top: StackTop): Place {
    if (this.#capture.isAll) return this.#look(top);
    const index = (key ^ key >>> 13) & ENTRIES - 1;
    if (this.#keys[index] !== key) return this.#learn(index, key, top);
    const place = this.#places[index];
    if (place === AMBIGUOUS) return this.#look(top);
    const uses = ++this.#uses[index];
    if (isCheckDue(uses) && this.#capture.canCheck) {
      return this.#check(index, place as Place, top);
    }
    this.site = this.#siteOf[index];
    return place as Place;
  }

  #learn(index: number, key: number, top: StackTop): Place {
    const place = this.#look(top);
    if (place === Place.Unknown) return place;
    this.#keys[index] = key;
    this.#places[index] = place;
    this.#siteOf[index] = this.site;
    this.#uses[index] = 0;
    return place;
  }

  #check(index: number, place: Place, top: StackTop): Place {
    const found = this.#look(top);
    if (found === Place.Unknown) {
      this.site = this.#siteOf[index];
      return place;
    }
    if (found !== place || this.site !== this.#siteOf[index]) {
      this.#places[index] = AMBIGUOUS;
    }
    return found;
  }

  #look(top: StackTop): Place {
    this.site = NO_SITE;
    const found = this.#capture.read(top, this.#readFirst, 1);
    if (found === undefined) return Place.Unknown;
    if (!this.#wantsMore) return found;
    return this.#capture.read(top, this.#readAll, MORE_FRAMES) ??
      Place.Unknown;
  }

  readonly #readFirst = (frames: readonly CallSite[]): Place => {
    this.#wantsMore = false;
    if (frames.length === 0) return Place.Own;
    const file = frames[0].getFileName();
    if (!file || isRuntime(file)) this.#wantsMore = true;
    else {
      if (isPassing(file)) {
        this.#wantsMore = true;
        return Place.Unknown;
      }
      if (isOwn(file)) return Place.Own;
      const call = this.#readCall(frames[0], file, true);
      if (call.use !== "returned") return placeOf(call);
      this.#wantsMore = true;
    }
    return Place.Unknown;
  };

  /**
   * A function that returns what it has called only passes it on: its caller
   * says what becomes of it.
   */
  readonly #readAll = (frames: readonly CallSite[]): Place => {
    let isDirect = true;
    let isReturned = false;
    // The text calls an annotation there: that calls what awaits.
    let isPassed = false;
    this.site = NO_SITE;
    for (const frame of frames) {
      const file = frame.getFileName();
      if (!file || isRuntime(file)) {
        isDirect = false;
        continue;
      }
      if (isPassing(file)) {
        isDirect = isPassed = true;
        continue;
      }
      // A callback that the runtime calls for one of our wrappers.
      if (isOwn(file)) break;
      const call = this.#readCall(frame, file, isDirect, isPassed);
      if (call.use !== "returned") return placeOf(call);
      isDirect = isReturned = true;
    }
    return isReturned ? Place.Tail : Place.Own;
  };

  /**
   * Reads the call at which `frame` stands, the first of which is the one that
   * awaits. `isDirect` is false if what it called is the runtime's, `isPassed` is
   * true if what awaits was not called by the text there.
   */
  #readCall(
    frame: CallSite,
    file: string,
    isDirect: boolean,
    isPassed = false,
  ): Call {
    const line = frame.getLineNumber() ?? 0;
    const call = isDirect
      ? this.#calls.at(file, line, frame.getColumnNumber() ?? 0)
      : UNKNOWN_CALL;
    if (this.site === NO_SITE) {
      const shortName = this.#reader.shortName(file) ?? file;
      // Without a name each call is taken for one of another function.
      const at = isPassed ? line : call.calleeLine || line;
      const name = isPassed ? UNNAMED : call.callee ?? UNNAMED;
      this.site = this.#sites.put(name, shortName, at, at);
    }
    return call;
  }
}

function placeOf({ isRead, use }: Call): Place {
  if (isRead) return Place.Read;
  if (use === undefined) return Place.Nested;
  return use === "awaited" ? Place.Awaited : Place.Beside;
}

/** What the text says at calls, by their positions. */
class CallTexts {
  readonly #readText: ReadText;
  readonly #texts = new Map<string, CallText>();
  readonly #calls = new Map<string, Call>();

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  at(file: string, line: number, column: number): Call {
    const key = `${line}:${column}:${file}`;
    let call = this.#calls.get(key);
    if (call === undefined) {
      call = this.#text(file).at(line, column);
      if (this.#calls.size >= MAX_CALLS) this.#calls.clear();
      this.#calls.set(key, call);
    }
    return call;
  }

  #text(file: string): CallText {
    let text = this.#texts.get(file);
    if (text === undefined) {
      const source = this.#readText(file) ?? "";
      text = new CallText(source.length > MAX_TEXT ? "" : source);
      if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
      this.#texts.set(file, text);
    }
    return text;
  }
}
