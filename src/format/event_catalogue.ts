/**
 * Every event type of format v1 as data: number, name, arguments, stack,
 * first header. Writer, reader and tests all work from this one table.
 *
 * Source: Go's `internal/trace` and `runtime` of Go 1.19 and 1.21.
 */

import type { HeaderVersion } from "./header.ts";

/** Event types by name. Names are Go's, without the `Ev`. */
export const EventType = {
  Batch: 1,
  Frequency: 2,
  Stack: 3,
  Gomaxprocs: 4,
  ProcStart: 5,
  ProcStop: 6,
  GCStart: 7,
  GCDone: 8,
  STWStart: 9,
  STWDone: 10,
  GCSweepStart: 11,
  GCSweepDone: 12,
  GoCreate: 13,
  GoStart: 14,
  GoEnd: 15,
  GoStop: 16,
  GoSched: 17,
  GoPreempt: 18,
  GoSleep: 19,
  GoBlock: 20,
  GoUnblock: 21,
  GoBlockSend: 22,
  GoBlockRecv: 23,
  GoBlockSelect: 24,
  GoBlockSync: 25,
  GoBlockCond: 26,
  GoBlockNet: 27,
  GoSysCall: 28,
  GoSysExit: 29,
  GoSysBlock: 30,
  GoWaiting: 31,
  GoInSyscall: 32,
  HeapAlloc: 33,
  HeapGoal: 34,
  TimerGoroutine: 35,
  FutileWakeup: 36,
  String: 37,
  GoStartLocal: 38,
  GoUnblockLocal: 39,
  GoSysExitLocal: 40,
  GoStartLabel: 41,
  GoBlockGC: 42,
  GCMarkAssistStart: 43,
  GCMarkAssistDone: 44,
  UserTaskCreate: 45,
  UserTaskEnd: 46,
  UserRegion: 47,
  UserLog: 48,
  CPUSample: 49,
} as const;

/** The name of an event type. */
export type EventName = keyof typeof EventType;
/** The number of an event type, the low six bits of its lead byte. */
export type EventTypeNumber = typeof EventType[EventName];

/** What one event type looks like. */
export interface EventSpec {
  readonly type: EventTypeNumber;
  readonly name: EventName;
  /**
   * Names of the values after the time delta, in order, the event's own stack
   * not included. Names ending in `Stack` hold a stack id, in `String` a
   * string id.
   */
  readonly args: readonly string[];
  /** True if the event's own stack id follows as its last value. */
  readonly stack: boolean;
  /** False for the records that carry no time delta. */
  readonly timed: boolean;
  /** First header that has the type. 1.5 files are read by no one here: 7. */
  readonly since: HeaderVersion;
  /** Arguments that an older header does not have yet, counted from the end. */
  readonly added?: { readonly count: number; readonly since: HeaderVersion };
}

const NO_TIME = { timed: false } as const;

function spec(
  name: EventName,
  args: readonly string[],
  stack: boolean,
  extra: Partial<Pick<EventSpec, "timed" | "since" | "added">> = {},
): EventSpec {
  return {
    type: EventType[name],
    name,
    args,
    stack,
    timed: true,
    since: 7,
    ...extra,
  };
}

/**
 * The table, in order of type number; `EVENT_SPECS[i].type` is `i + 1`.
 *
 * Batch, Frequency, Stack, String and TimerGoroutine have no time delta. Stack
 * and String have layouts of their own: Stack `id, count, count x (pc, func
 * string, file string, line)` always behind a byte length, String `id, byte
 * length, bytes`. UserLog is followed by its text: byte length, bytes.
 */
export const EVENT_SPECS: readonly EventSpec[] = [
  spec("Batch", ["p", "ticks"], false, NO_TIME),
  spec("Frequency", ["ticksPerSecond"], false, NO_TIME),
  spec("Stack", ["id", "count"], false, NO_TIME),
  spec("Gomaxprocs", ["procs"], true),
  spec("ProcStart", ["thread"], false),
  spec("ProcStop", [], false),
  spec("GCStart", ["seq"], true),
  spec("GCDone", [], false),
  spec("STWStart", ["kind"], false, { added: { count: 1, since: 10 } }),
  spec("STWDone", [], false),
  spec("GCSweepStart", [], true),
  spec("GCSweepDone", ["swept", "reclaimed"], false, {
    added: { count: 2, since: 9 },
  }),
  spec("GoCreate", ["newG", "newStack"], true),
  spec("GoStart", ["g", "seq"], false),
  spec("GoEnd", [], false),
  spec("GoStop", [], true),
  spec("GoSched", [], true),
  spec("GoPreempt", [], true),
  spec("GoSleep", [], true),
  spec("GoBlock", [], true),
  spec("GoUnblock", ["g", "seq"], true),
  spec("GoBlockSend", [], true),
  spec("GoBlockRecv", [], true),
  spec("GoBlockSelect", [], true),
  spec("GoBlockSync", [], true),
  spec("GoBlockCond", [], true),
  spec("GoBlockNet", [], true),
  spec("GoSysCall", [], true),
  spec("GoSysExit", ["g", "seq", "exitTicks"], false),
  spec("GoSysBlock", [], false),
  spec("GoWaiting", ["g"], false),
  spec("GoInSyscall", ["g"], false),
  spec("HeapAlloc", ["bytes"], false),
  spec("HeapGoal", ["bytes"], false),
  spec("TimerGoroutine", ["g"], false, NO_TIME),
  spec("FutileWakeup", [], false),
  spec("String", ["id", "length"], false, NO_TIME),
  spec("GoStartLocal", ["g"], false),
  spec("GoUnblockLocal", ["g"], true),
  spec("GoSysExitLocal", ["g", "exitTicks"], false),
  spec("GoStartLabel", ["g", "seq", "labelString"], false, { since: 8 }),
  spec("GoBlockGC", [], true, { since: 8 }),
  spec("GCMarkAssistStart", [], true, { since: 9 }),
  spec("GCMarkAssistDone", [], false, { since: 9 }),
  spec("UserTaskCreate", ["task", "parent", "nameString"], true, { since: 11 }),
  spec("UserTaskEnd", ["task"], true, { since: 11 }),
  spec("UserRegion", ["task", "mode", "nameString"], true, { since: 11 }),
  spec("UserLog", ["task", "keyString"], true, { since: 11 }),
  spec("CPUSample", ["ticks", "p", "g"], true, { since: 19 }),
];

/**
 * The lead byte of `type` as it is written: the type in the low six bits, in
 * the high two the number of values after the time delta, where 3 stands for
 * "a byte length follows". Records without a time delta count one value less.
 */
export function leadByte(type: EventTypeNumber): number {
  const { name, args, stack, timed } = EVENT_SPECS[type - 1];
  if (name === "String") return type;
  if (name === "Stack") return type | 3 << 6;
  const values = args.length + (stack ? 1 : 0) - (timed ? 0 : 1);
  return type | Math.min(values, 3) << 6;
}
