/**
 * Hand-made traces with the verdict of Go 1.19: every rule of the specification's sections 4 to 6, 9.3, 9.4, 9.7 and
 * 18. Our reader must give the same; where Go is installed, Go is asked too.
 */
import type { TraceErrorKind } from "../../src/format/errors.ts";
import type { HeaderVersion } from "../../src/format/header.ts";
import { NO_PROC, TraceBuilder } from "./trace_builder.ts";

/** A trace and what must come of it. */
export interface Verdict {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `undefined` for a good trace. */
  readonly kind?: TraceErrorKind;
  /** Part of our rule. */
  readonly rule?: string;
  /** Part of what Go 1.19 says, where it is not `rule`; `panic` where it crashes. */
  readonly go?: string;
}

type Build = (trace: TraceBuilder) => TraceBuilder;

const DEFAULTS = { version: 11 as HeaderVersion, ends: true };

/** Goroutine 1 runs on processor 0, one Gomaxprocs; then `build`; then, unless told otherwise, it ends. */
function after(
  build: Build,
  options: Partial<typeof DEFAULTS> = {},
): Uint8Array {
  const { version, ends } = { ...DEFAULTS, ...options };
  const trace = new TraceBuilder(version)
    .batch(0, 1000)
    .frequency()
    .string(1, "main")
    .string(2, "a.js")
    .stack(1, [16, 1, 2, 1])
    .event("GoCreate", 1, 1, 1, 1)
    .event("ProcStart", 1, 7)
    .event("GoStart", 1, 1, 1)
    .event("Gomaxprocs", 1, 1, 1);
  build(trace);
  if (ends) trace.event("GoEnd", 1).event("ProcStop", 1);
  return trace.bytes();
}

/** Creates g 2, parks g 1 and lets `build` go on with nothing running. */
function withTwo(
  build: Build,
  options: Partial<typeof DEFAULTS> = {},
): Uint8Array {
  return after(
    (t) => build(t.event("GoCreate", 1, 2, 1, 1).event("GoSched", 1, 1)),
    options,
  );
}

const ORDER = {
  kind: "order",
  rule: "no consistent ordering of events possible",
} as const;
const TIME = { kind: "time", rule: "time stamps out of order" } as const;
const COUNT = { kind: "record", rule: "wrong number of arguments" } as const;

function state(rule: string): { kind: "state"; rule: string } {
  return { kind: "state", rule };
}

/** Section 18, in its order. */
const TABLE_18: Verdict[] = [
  {
    name: "create, sched, start with seq 1",
    bytes: withTwo((t) => t.event("GoStart", 1, 2, 1)),
  },
  {
    name: "start with seq 0",
    bytes: withTwo((t) => t.event("GoStart", 1, 2, 0)),
    ...ORDER,
  },
  {
    name: "start with seq 2",
    bytes: withTwo((t) => t.event("GoStart", 1, 2, 2)),
    ...ORDER,
  },
  {
    name: "local start of a g never created",
    bytes: withTwo((t) => t.event("GoStartLocal", 1, 9)),
    ...ORDER,
  },
  {
    name: "local unblock of a runnable g",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).event("GoUnblockLocal", 1, 2, 1)
    ),
    ...ORDER,
  },
  {
    name: "create of an id that lives",
    bytes: after((t) => t.event("GoCreate", 1, 1, 1, 1)),
    ...ORDER,
  },
  {
    name: "create of an id that ended",
    bytes: withTwo((t) =>
      t.event("GoStartLocal", 1, 2).event("GoEnd", 1).event(
        "GoStartLocal",
        1,
        1,
      ).event("GoCreate", 1, 2, 1, 1)
    ),
    ...ORDER,
  },
  {
    name: "start after GoStop",
    bytes: withTwo((t) =>
      t.event("GoStartLocal", 1, 2).event("GoStop", 1, 1).event(
        "GoStartLocal",
        1,
        2,
      )
    ),
    ...ORDER,
  },
  {
    name: "GoSched while none runs",
    bytes: withTwo((t) => t.event("GoSched", 1, 1), { ends: false }),
    ...ORDER,
  },
  {
    name: "GoEnd while none runs",
    bytes: withTwo((t) => t.event("GoEnd", 1), { ends: false }),
    ...state("g 0 did GoEnd"),
  },
  {
    name: "GoSysCall while none runs",
    bytes: withTwo((t) => t.event("GoSysCall", 1, 1), { ends: false }),
    ...state("g 0 did GoSysCall"),
  },
  {
    name: "start while another runs",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).event("GoStartLocal", 1, 2)
    ),
    ...state("is already running g 1 while start g 2"),
  },
  {
    name: "p 1 starts g 2 later than its creation",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).batch(1, 2000).event("GoStart", 1, 2, 1)
        .event("GoEnd", 1).batch(0, 3000)
    ),
  },
  {
    name: "p 1 starts g 2 before its creation",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).batch(1, 500).event("GoStart", 1, 2, 1)
        .event("GoEnd", 1).batch(0, 3000)
    ),
    ...TIME,
  },
  {
    name: "the batch of p 1 comes first in the file",
    bytes: new TraceBuilder().batch(1, 2000).event("GoStart", 1, 2, 1).event(
      "GoEnd",
      1,
    )
      .raw(...after((t) => t.event("GoCreate", 1, 2, 1, 1)).subarray(16))
      .bytes(),
  },
  {
    name: "two batches of one p in the wrong order",
    bytes: after((t) =>
      t.batch(0, 3000).event("HeapAlloc", 1, 1).batch(0, 2000)
    ),
    ...TIME,
  },
  {
    name: "records of another p without their Batch",
    bytes: after((t) => t.event("ProcStart", 1, 8)),
    ...state("p 0 is running before start"),
  },
  {
    name: "unblock from no p",
    bytes: after((t) =>
      t.event("GoBlock", 1, 1).batch(NO_PROC, 2000).event(
        "GoUnblock",
        1,
        1,
        2,
        1,
      ).batch(0, 3000).event("GoStart", 1, 1, 3)
    ),
  },
  {
    name: "unblock from an unused p",
    bytes: after((t) =>
      t.event("GoBlock", 1, 1).batch(5, 2000).event("GoUnblock", 1, 1, 2, 1)
        .batch(0, 3000).event("GoStart", 1, 1, 3)
    ),
  },
  {
    name: "GoWaiting of a g just created",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).event("GoWaiting", 1, 2)
    ),
  },
  {
    name: "GoPreempt without stack",
    bytes: after((t) => t.event("GoPreempt", 1)),
    ...COUNT,
  },
  {
    name: "GoSched without stack",
    bytes: after((t) => t.event("GoSched", 1)),
    ...COUNT,
  },
  {
    name: "a varint of eleven bytes",
    bytes: after((t) => t.raw(0x61, ...Array(10).fill(0x80), 0, 1)),
    kind: "record",
    rule: "bad value",
  },
  { name: "a log with empty text", bytes: after((t) => t.log(1, 0, 1, 1, "")) },
  {
    name: "a log of 1000001 bytes",
    bytes: after((t) => t.log(1, 0, 1, 1, "x".repeat(1_000_001))),
    kind: "table",
    rule: "too large",
    // Go forgets to look at this error and goes on behind the length.
    go: "unknown event type",
  },
  {
    name: "user task 0",
    bytes: after((t) =>
      t.event("UserTaskCreate", 1, 0, 0, 1, 1).event("UserTaskEnd", 1, 0, 1)
    ),
  },
  {
    name: "a CPU sample before the snapshot",
    bytes: after((t) => t.event("CPUSample", 1, 900, 0, 1, 1), { version: 19 }),
    ...state("g 1 already exists"),
  },
];

/** Sections 2 to 6: records that cannot be decoded, or say what they must not. */
const RECORDS: Verdict[] = [
  {
    name: "an empty file",
    bytes: new Uint8Array(0),
    kind: "header",
    rule: "not a trace file",
    go: "failed to read header",
  },
  {
    name: "text",
    bytes: new TextEncoder().encode("not a trace at all, really"),
    kind: "header",
    rule: "not a trace file",
  },
  {
    name: "header 1.12",
    bytes: renamed("go 1.12 trace\0\0\0"),
    kind: "version",
    rule: "unsupported version",
    go: "unsupported trace file version",
  },
  {
    name: "header 1.22",
    bytes: renamed("go 1.22 trace\0\0\0"),
    kind: "version",
    rule: "unsupported version",
    go: "unsupported trace file version",
  },
  {
    name: "nothing after the header",
    bytes: new TraceBuilder().bytes(),
    kind: "empty",
    rule: "trace is empty",
  },
  {
    name: "no frequency",
    bytes: new TraceBuilder().batch(0, 1).event("HeapAlloc", 1, 1).bytes(),
    kind: "clock",
    rule: "no EvFrequency event",
  },
  { name: "frequency 0", bytes: after((t) => t.frequency(0)), ...TIME },
  {
    name: "frequency 2^63",
    bytes: after((t) => t.frequency(2n ** 63n)),
    ...TIME,
  },
  {
    name: "frequency 2^63 - 1",
    bytes: after((t) => t.frequency(2n ** 63n - 1n)),
  },
  {
    name: "type 0",
    bytes: after((t) => t.raw(0, 1)),
    kind: "record",
    rule: "unknown event type",
  },
  {
    name: "type 50",
    bytes: after((t) => t.raw(50, 1)),
    kind: "record",
    rule: "unknown event type",
  },
  {
    name: "a CPU sample under 1.11",
    bytes: after((t) => t.event("CPUSample", 1, 1000, 0, 1, 1)),
    kind: "record",
    rule: "unknown event type",
  },
  {
    name: "a task under 1.10",
    bytes: after((t) => t.event("UserTaskEnd", 1, 1, 1), { version: 10 }),
    kind: "record",
    rule: "unknown event type",
  },
  {
    name: "string id 0",
    bytes: after((t) => t.string(0, "x")),
    kind: "table",
    rule: "invalid id 0",
  },
  {
    name: "a string id twice, same text",
    bytes: after((t) => t.string(1, "main")),
    kind: "table",
    rule: "duplicate id",
  },
  {
    name: "an empty string",
    bytes: after((t) => t.string(9, "")),
    kind: "table",
    rule: "invalid length 0",
  },
  {
    name: "a string of 1000000 bytes",
    bytes: after((t) => t.string(9, new Uint8Array(1_000_000).fill(120))),
  },
  {
    name: "a string of 1000001 bytes",
    bytes: after((t) => t.string(9, new Uint8Array(1_000_001).fill(120))),
    kind: "table",
    rule: "too large length",
  },
  {
    name: "a string that is not UTF-8",
    bytes: after((t) => t.string(9, Uint8Array.of(0xff, 0xfe))),
  },
  { name: "a text under two ids", bytes: after((t) => t.string(9, "main")) },
  { name: "a stack without frames", bytes: after((t) => t.stack(9)) },
  { name: "stack id 0", bytes: after((t) => t.stack(0, [16, 1, 2, 1])) },
  {
    name: "a stack of 1000 frames",
    bytes: after((t) => t.stack(9, ...frames(1000))),
  },
  {
    name: "a stack of 1001 frames",
    bytes: after((t) => t.stack(9, ...frames(1001))),
    kind: "table",
    rule: "bad number of frames",
    go: "bad number of frames",
  },
  {
    name: "a stack with too few values",
    bytes: after((t) => t.raw(0xc3, 3, 9, 1, 16)),
    kind: "table",
    rule: "wrong number of arguments",
  },
  { name: "a stack id twice", bytes: after((t) => t.stack(1, [32, 2, 1, 3])) },
  {
    name: "a stack id of 2^40",
    bytes: after((t) => t.stack(2 ** 40, [32, 2, 1, 3])),
  },
  {
    name: "a stack with unknown strings",
    bytes: after((t) => t.stack(9, [32, 77, 78, 3])),
  },
  {
    name: "an event with an unknown stack",
    bytes: after((t) => t.event("GoSched", 1, 99).event("GoStartLocal", 1, 1)),
  },
  {
    name: "padded varints",
    bytes: after((t) => t.raw(0x61, 0x81, 0x80, 0x00, 0x85, 0x80, 0x80, 0x00)),
  },
  {
    name: "a tenth byte beyond 64 bits",
    bytes: after((t) => t.raw(0x61, 1, ...Array(9).fill(0xff), 0x7f)),
  },
  {
    name: "the length form for one value",
    bytes: after((t) => t.raw(0xe1, 2, 1, 5)),
  },
  {
    name: "the length form with a wrong count",
    bytes: after((t) => t.raw(0xe1, 3, 1, 5, 6)),
    ...COUNT,
  },
  {
    name: "a length that ends inside a value",
    bytes: after((t) => t.raw(0xe1, 2, 1, 0x85, 0x01)),
    kind: "record",
    rule: "wrong length",
  },
  {
    name: "a length of 2^40",
    bytes: after((t) => t.raw(0xe1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1)),
    kind: "record",
    rule: "wrong number of arguments",
    go: "failed to read",
  },
  {
    name: "GoCreate with one value too few",
    bytes: after((t) => t.event("GoCreate", 1, 2, 1)),
    ...COUNT,
  },
  {
    name: "STW kind 2",
    bytes: after((t) => t.event("STWStart", 1, 2)),
    kind: "record",
    rule: "unknown STW kind",
  },
  {
    name: "events before the first Batch",
    bytes: new TraceBuilder().event("HeapAlloc", 5, 1).batch(0, 10).event(
      "HeapAlloc",
      5,
      2,
    ).frequency().bytes(),
  },
  {
    name: "ticks of 2^62",
    bytes: new TraceBuilder().batch(0, 2n ** 62n).event("HeapAlloc", 5, 1)
      .event("HeapAlloc", 5, 2).frequency().bytes(),
  },
  {
    name: "a delta that wraps around",
    bytes: after((t) => t.event("HeapAlloc", 2n ** 64n - 5n, 1)),
    ...TIME,
  },
  {
    name: "all deltas 0 on two ps",
    bytes: after((t) =>
      t.event("GoCreate", 0, 2, 1, 1).batch(1, 1004).event("GoStart", 0, 2, 1)
        .event("GoEnd", 0).batch(0, 1004)
    ),
  },
];

/** Sections 9.3, 9.4 and 9.7. */
const STATES: Verdict[] = [
  {
    name: "ProcStart twice",
    bytes: after((t) => t.event("ProcStart", 1, 7)),
    ...state("p 0 is running before start"),
  },
  {
    name: "ProcStop without ProcStart",
    bytes: after((t) => t.batch(1, 2000).event("ProcStop", 1).batch(0, 3000)),
    ...state("p 1 is not running before stop"),
  },
  {
    name: "ProcStop while a g runs",
    bytes: after((t) => t.event("ProcStop", 1)),
    ...state("p 0 is running a goroutine 1 during stop"),
  },
  {
    name: "two GCs",
    bytes: after((t) => t.event("GCStart", 1, 0, 1).event("GCStart", 1, 1, 1)),
    ...state("previous GC is not ended"),
  },
  {
    name: "a GC whose seq starts at 1",
    bytes: after((t) => t.event("GCStart", 1, 1, 1)),
    ...ORDER,
  },
  {
    name: "GCDone alone",
    bytes: after((t) => t.event("GCDone", 1)),
    ...state("bogus GC end"),
  },
  {
    name: "a GC",
    bytes: after((t) => t.event("GCStart", 1, 0, 1).event("GCDone", 1)),
  },
  {
    name: "two STWs",
    bytes: after((t) => t.event("STWStart", 1, 0).event("STWStart", 1, 0)),
    ...state("previous STW is not ended"),
  },
  {
    name: "STWDone alone",
    bytes: after((t) => t.event("STWDone", 1)),
    ...state("bogus STW end"),
  },
  {
    name: "STW on two ps since 1.10",
    bytes: after(
      (t) => t.event("STWStart", 1, 0).batch(1, 2000).event("STWStart", 1, 0),
      { ends: false },
    ),
    ...state("previous STW is not ended"),
  },
  {
    name: "STW on two ps before 1.10",
    bytes: after(
      (t) =>
        t.event("STWStart", 1).batch(1, 2000).event("STWStart", 1).event(
          "STWDone",
          1,
        ).batch(0, 3000).event("STWDone", 1),
      { version: 9 },
    ),
  },
  {
    name: "two sweeps",
    bytes: after((t) =>
      t.event("GCSweepStart", 1, 1).event("GCSweepStart", 1, 1)
    ),
    ...state("previous sweeping is not ended"),
  },
  {
    name: "GCSweepDone alone",
    bytes: after((t) => t.event("GCSweepDone", 1, 1, 1)),
    ...state("bogus sweeping end"),
  },
  {
    name: "GCSweepDone without values before 1.9",
    bytes: after((t) => t.event("GCSweepStart", 1, 1).event("GCSweepDone", 1), {
      version: 8,
    }),
  },
  {
    name: "two mark assists",
    bytes: after((t) =>
      t.event("GCMarkAssistStart", 1, 1).event("GCMarkAssistStart", 1, 1)
    ),
    ...state("previous mark assist is not ended"),
  },
  {
    name: "GCMarkAssistDone alone",
    bytes: after((t) => t.event("GCMarkAssistDone", 1)),
  },
  {
    name: "GoWaiting of a running g",
    bytes: after((t) => t.event("GoWaiting", 1, 1)),
    ...ORDER,
  },
  {
    name: "GoInSyscall of a g just created",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).event("GoInSyscall", 1, 2)
    ),
  },
  {
    name: "create of g 0",
    bytes: after((t) => t.event("GoCreate", 1, 0, 1, 1)),
    ...state("g 0 already exists"),
  },
  {
    name: "create on a p where another g runs",
    bytes: withTwo((t) =>
      t.batch(1, 1009).event("GoStart", 1, 2, 1).event("GoSched", 5, 1).batch(
        0,
        1100,
      ).event("GoCreate", 1, 3, 1, 1).event("GoStart", 1, 1, 2)
    ),
  },
  {
    name: "unblock of a running g",
    bytes: after((t) => t.event("GoUnblock", 1, 1, 2, 1)),
    ...ORDER,
  },
  {
    name: "a block that ends with GoSysExit",
    bytes: after((t) =>
      t.event("GoBlock", 1, 1).event("GoSysExit", 1, 1, 2, 0).event(
        "GoStart",
        1,
        1,
        3,
      )
    ),
  },
  {
    name: "a system call",
    bytes: after((t) =>
      t.event("GoSysCall", 1, 1).event("GoSysBlock", 1).event("ProcStop", 1)
        .event("ProcStart", 9, 7).event("GoSysExit", 1, 1, 2, 1010).event(
          "GoStart",
          1,
          1,
          3,
        )
    ),
  },
  {
    name: "an exit before its block",
    bytes: after((t) =>
      t.event("GoSysCall", 1, 1).event("GoSysBlock", 1).event(
        "GoSysExit",
        1,
        1,
        2,
        1001,
      ).event("GoStart", 1, 1, 3)
    ),
    ...TIME,
  },
  {
    name: "an exit without a block",
    bytes: after((t) =>
      t.event("GoBlock", 1, 1).event("GoSysExit", 1, 1, 2, 1010).event(
        "GoStart",
        1,
        1,
        3,
      )
    ),
    ...state("stray syscall exit"),
  },
  {
    name: "an exit later than the start after it",
    bytes: after((t) =>
      t.event("GoSysCall", 1, 1).event("GoSysBlock", 1).event(
        "GoSysExit",
        1,
        1,
        2,
        9999,
      ).event("GoStart", 1, 1, 3)
    ),
    ...state("g 1 is not runnable before start"),
  },
  {
    name: "GoSysExitLocal",
    bytes: after((t) =>
      t.event("GoSysCall", 1, 1).event("GoSysBlock", 1).event(
        "GoSysExitLocal",
        1,
        1,
        0,
      ).event("GoStart", 1, 1, 3)
    ),
    ...state("g 0 is not waiting during syscall exit"),
  },
  {
    name: "an unblock of a g in a system call",
    bytes: after((t) =>
      t.event("GoSysCall", 1, 1).event("GoSysBlock", 1).event(
        "GoUnblock",
        1,
        1,
        2,
        1,
      ).event("GoStart", 1, 1, 3)
    ),
  },
  {
    name: "two tasks of one id",
    bytes: after((t) =>
      t.event("UserTaskCreate", 1, 5, 0, 1, 1).event(
        "UserTaskCreate",
        1,
        5,
        0,
        1,
        1,
      )
    ),
    ...state("task id conflicts"),
  },
  {
    name: "a task id used again",
    bytes: after((t) =>
      t.event("UserTaskCreate", 1, 5, 0, 1, 1).event("UserTaskEnd", 1, 5, 1)
        .event("UserTaskCreate", 1, 5, 0, 1, 1)
    ),
  },
  {
    name: "the end of an unknown task",
    bytes: after((t) => t.event("UserTaskEnd", 1, 5, 1)),
  },
  {
    name: "regions that nest",
    bytes: after((t) =>
      t.event("UserRegion", 1, 0, 0, 1, 1).event("UserRegion", 1, 0, 0, 2, 1)
        .event("UserRegion", 1, 0, 1, 2, 1).event("UserRegion", 1, 0, 1, 1, 1)
    ),
  },
  {
    name: "regions that cross",
    bytes: after((t) =>
      t.event("UserRegion", 1, 0, 0, 1, 1).event("UserRegion", 1, 0, 0, 2, 1)
        .event("UserRegion", 1, 0, 1, 1, 1)
    ),
    ...state("misuse of region"),
  },
  {
    name: "a region that ends in another task",
    bytes: after((t) =>
      t.event("UserRegion", 1, 0, 0, 1, 1).event("UserRegion", 1, 3, 1, 1, 1)
    ),
    ...state("misuse of region"),
  },
  {
    name: "a region end with another id of the same text",
    bytes: after((t) =>
      t.string(9, "main").event("UserRegion", 1, 0, 0, 1, 1).event(
        "UserRegion",
        1,
        0,
        1,
        9,
        1,
      )
    ),
  },
  {
    name: "a region end alone",
    bytes: after((t) => t.event("UserRegion", 1, 0, 1, 1, 1)),
  },
  {
    name: "a region of mode 2",
    bytes: after((t) => t.event("UserRegion", 1, 0, 2, 1, 1)),
    ...state("invalid user region mode"),
  },
  {
    name: "a region left open at GoEnd",
    bytes: after((t) => t.event("UserRegion", 1, 0, 0, 1, 1)),
  },
  {
    name: "no ProcStart at all",
    bytes: new TraceBuilder().batch(0, 1).event("GoCreate", 1, 1, 1, 0).event(
      "GoStartLocal",
      1,
      1,
    ).event("GoEnd", 1).frequency().bytes(),
  },
  { name: "a g that runs at the end", bytes: after((t) => t, { ends: false }) },
  {
    name: "a start with a seq of all ones, which Go takes for any",
    bytes: withTwo((t) => t.event("GoStart", 1, 2, NO_PROC)),
  },
  {
    name: "a futile wakeup",
    bytes: after((t) =>
      t.event("GoBlockSync", 1, 1).event("GoUnblock", 1, 1, 2, 1).event(
        "GoStart",
        1,
        1,
        3,
      ).event("FutileWakeup", 1).event("GoBlockSync", 1, 1).event(
        "GoUnblock",
        1,
        1,
        4,
        1,
      ).event("GoStart", 1, 1, 5)
    ),
  },
  {
    name: "an unblock by a timer goroutine",
    bytes: withTwo((t) =>
      t.timerGoroutine(2).event("GoStart", 1, 1, 2).event("GoBlock", 1, 1)
        .event("GoStart", 1, 2, 1).event("GoUnblock", 1, 1, 3, 1).event(
          "GoEnd",
          1,
        ).event("GoStart", 1, 1, 4)
    ),
  },
  {
    name: "two ps that both start a ready g",
    bytes: after((t) =>
      t.event("GoCreate", 1, 2, 1, 1).batch(1, 2000).event("GoStart", 1, 2, 1)
        .event("GoEnd", 1).batch(2, 2000).event("GoStart", 5, 2, 1).event(
          "GoEnd",
          1,
        ).batch(0, 3000)
    ),
    ...ORDER,
    go: "panic",
  },
];

/** All of them. */
export const VERDICTS: readonly Verdict[] = [
  ...TABLE_18,
  ...RECORDS,
  ...STATES,
];

function frames(count: number): [number, number, number, number][] {
  return Array.from({ length: count }, (_, index) => [16 + index, 1, 2, index]);
}

/** A good trace under another header. */
function renamed(header: string): Uint8Array {
  const bytes = after((t) => t);
  bytes.set(new TextEncoder().encode(header));
  return bytes;
}
