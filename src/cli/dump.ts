/** `looptrace dump`: one line an event, byte for byte as Go 1.19's `go tool trace -d` prints it. */

import { EVENT_SPECS, EventType } from "../format/event_catalogue.ts";
import { ARGUMENT_KINDS, SHOWN_TYPE } from "../format/event_columns.ts";
import type { Trace } from "../format/trace.ts";

/** Bytes after which lines are handed over. */
const PIECE_BYTES = 1 << 16;
/** Room that a line takes at most without its texts: five numbers of 20 digits and their names. */
const LINE_BYTES = 512;

/** Names that Go 1.19 prints where ours differ. */
const NAMES: Partial<Record<string, string>> = {
  STWStart: "GCSTWStart",
  STWDone: "GCSTWDone",
};

/** Labels that Go 1.19 prints, numbers first, then texts, where ours differ. */
const LABELS: Partial<Record<string, readonly string[]>> = {
  GoCreate: ["g", "stack"],
  GoSysExit: ["g", "seq", "ts"],
  HeapAlloc: ["mem"],
  HeapGoal: ["mem"],
  STWStart: ["kindid", "kind"],
  GoStartLabel: ["g", "seq", "labelid", "label"],
  UserTaskCreate: ["taskid", "pid", "typeid", "name"],
  UserTaskEnd: ["taskid"],
  UserRegion: ["taskid", "mode", "typeid", "name"],
  UserLog: ["id", "keyid", "category", "message"],
  CPUSample: ["ts", "p", "g"],
};

/** Reasons of a stop-the-world by number, as Go 1.19 words them; those of 1.21 as Go 1.21 does. */
const STOP_KINDS_1_19 = ["mark termination", "sweep termination"];
const STOP_KINDS_1_21 = [
  "unknown",
  "GC mark termination",
  "GC sweep termination",
  "write heap dump",
  "goroutine profile",
  "goroutine profile cleanup",
  "all goroutines stack trace",
  "read mem stats",
  "AllThreadsSyscall",
  "GOMAXPROCS change",
  "start trace",
  "stop trace",
  "CountPagesInUse (test)",
  "ReadMetricsSlow (test)",
  "ReadMemStatsSlow (test)",
  "PageCachePagesLeaked (test)",
  "ResetDebugLog (test)",
];

const encoder = new TextEncoder();

/** How one type is printed: ` name p=`, then the labels, each ` label=`. */
interface Layout {
  readonly head: string;
  readonly labels: readonly string[];
  readonly numbers: number;
}

const LAYOUTS: readonly Layout[] = [
  { head: "", labels: [], numbers: 0 },
  ...EVENT_SPECS.map(({ name, args }) => ({
    head: ` ${NAMES[name] ?? name} p=`,
    labels: (LABELS[name] ?? args).map((label) => ` ${label}=`),
    numbers: args.length,
  })),
];

/** The lines of all events, in pieces of some 64 KiB. Each piece is the caller's. */
export function* dumpLines(trace: Trace): Generator<Uint8Array> {
  const writer = new LineWriter(trace);
  for (let row = 0; row < trace.length; row++) {
    writer.event(row);
    if (writer.length >= PIECE_BYTES) yield writer.take();
  }
  if (writer.length > 0) yield writer.take();
}

class LineWriter {
  length: number = 0;
  #bytes: Uint8Array = new Uint8Array(PIECE_BYTES + LINE_BYTES);
  readonly #trace: Trace;
  readonly #procs: readonly string[];

  constructor(trace: Trace) {
    this.#trace = trace;
    const { procs, wides } = trace;
    this.#procs = procs.ids.map((id) => wides.toSignedText(id));
  }

  take(): Uint8Array {
    const piece = this.#bytes.slice(0, this.length);
    this.length = 0;
    return piece;
  }

  event(row: number): void {
    const { events, goroutines, wides } = this.#trace;
    const written = events.type[row];
    const shown = SHOWN_TYPE[written];
    const { head, labels, numbers } = LAYOUTS[shown];
    let line = timeText(events.time[row]) + head +
      this.#procs[events.proc[row]] + " g=" +
      wides.toText(goroutines.ids[events.go[row]]) + " off=" +
      events.offset[row];
    const kinds = ARGUMENT_KINDS[written];
    for (let index = 0; index < numbers; index++) {
      line += labels[index];
      line += index < kinds.length ? this.#number(row, index) : "0";
    }
    if (labels.length === numbers) {
      this.#put(line + "\n");
      return;
    }
    this.#put(line + labels[numbers]);
    this.#texts(row, shown);
    this.#put("\n");
  }

  /** Argument `index` in digits: ids, not indices. */
  #number(row: number, index: number): string {
    const { events, goroutines, stacks, strings, wides } = this.#trace;
    const value = events.argument(row, index);
    switch (ARGUMENT_KINDS[events.type[row]][index]) {
      case "go":
        return wides.toText(goroutines.ids[value]);
      case "stack":
        return wides.toText(stacks.ids.ids[value]);
      case "string":
        return wides.toText(strings.ids.ids[value]);
      default:
        return wides.toText(value);
    }
  }

  /** The texts of a type that has some, the first label already put. */
  #texts(row: number, type: number): void {
    const { events, strings, messages, version } = this.#trace;
    switch (type) {
      case EventType.STWStart: {
        const kinds = version < 21 ? STOP_KINDS_1_19 : STOP_KINDS_1_21;
        return this.#put(kinds[events.argument(row, 0)]);
      }
      case EventType.UserLog:
        this.#putBytes(strings.bytes(events.argument(row, 1)));
        this.#put(LAYOUTS[type].labels[3]);
        return this.#putBytes(messages.bytes(events.message(row)));
      default:
        // GoStartLabel, UserTaskCreate, UserRegion: the third argument.
        this.#putBytes(strings.bytes(events.argument(row, 2)));
    }
  }

  #put(text: string): void {
    this.#ensure(3 * text.length);
    const free = this.#bytes.subarray(this.length);
    this.length += encoder.encodeInto(text, free).written;
  }

  #putBytes(bytes: Uint8Array): void {
    this.#ensure(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  #ensure(room: number): void {
    const least = this.length + room;
    if (least <= this.#bytes.length) return;
    const wider = new Uint8Array(2 * least);
    wider.set(this.#bytes);
    this.#bytes = wider;
  }
}

/** Nanoseconds in all digits; beyond 64 bits what Go's conversion gives on x86. */
function timeText(time: number): string {
  if (Math.abs(time) <= Number.MAX_SAFE_INTEGER) return String(time);
  if (!(Math.abs(time) < 2 ** 63)) return String(-(2n ** 63n));
  return BigInt(time).toString();
}
