/** Every method of the encoder, read back. */

import { test } from "node:test";
import { EventEncoder } from "../../src/core/event_encoder.ts";
import { Reason } from "../../src/core/reason.ts";
import { EVENT_SPECS, EventType } from "../../src/format/event_catalogue.ts";
import type {
  GoId,
  ProcId,
  StackId,
  StringId,
  UserTaskId,
} from "../../src/format/ids.ts";
import { MAX_EVENT_BYTES } from "../../src/format/limits.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Random } from "../support/random.ts";
import { rawRecords } from "../support/raw_records.ts";
import { RecorderParts } from "../support/recorder_parts.ts";
import { judgeTrace } from "../support/trace_judge.ts";

const G = 70_001 as GoId;
const ENTRY = 300 as StackId;
const STACK = 90_000 as StackId;
const TEXT = 129 as StringId;
const TASK = 2 ** 33 as UserTaskId;
const PARENT = 5 as UserTaskId;

/** Each method: the call, the record it writes, its values behind the delta, and the text behind those. */
const CALLS: readonly [
  (encoder: EventEncoder) => void,
  keyof typeof EventType,
  readonly number[],
  string?,
][] = [
  [(e) => e.gomaxprocs(4), "Gomaxprocs", [4, 0]],
  [(e) => e.procStart(3), "ProcStart", [3]],
  [(e) => e.goCreate(G, ENTRY, STACK), "GoCreate", [G, ENTRY, STACK]],
  [(e) => e.goStart(G), "GoStartLocal", [G]],
  [(e) => e.goSched(STACK), "GoSched", [STACK]],
  [(e) => e.goPreempt(STACK), "GoPreempt", [STACK]],
  [(e) => e.goBlock(Reason.Unknown, STACK), "GoBlock", [STACK]],
  [(e) => e.goBlock(Reason.Sleep, STACK), "GoSleep", [STACK]],
  [(e) => e.goBlock(Reason.Network, STACK), "GoBlockNet", [STACK]],
  [(e) => e.goBlock(Reason.Sync, STACK), "GoBlockSync", [STACK]],
  [(e) => e.goBlock(Reason.Select, STACK), "GoBlockSelect", [STACK]],
  [(e) => e.goBlock(Reason.Task, STACK), "GoBlockCond", [STACK]],
  [(e) => e.goBlock(Reason.Receive, STACK), "GoBlockRecv", [STACK]],
  [(e) => e.goBlock(Reason.Send, STACK), "GoBlockSend", [STACK]],
  [(e) => e.goUnblock(G, STACK), "GoUnblockLocal", [G, STACK]],
  [
    (e) => e.userTaskCreate(TASK, PARENT, TEXT, STACK),
    "UserTaskCreate",
    [TASK, PARENT, TEXT, STACK],
  ],
  [(e) => e.userTaskEnd(TASK, STACK), "UserTaskEnd", [TASK, STACK]],
  [
    (e) => e.userRegion(TASK, false, TEXT, STACK),
    "UserRegion",
    [TASK, 0, TEXT, STACK],
  ],
  [
    (e) => e.userRegion(TASK, true, TEXT, STACK),
    "UserRegion",
    [TASK, 1, TEXT, STACK],
  ],
  [
    (e) => e.userLog(TASK, TEXT, STACK, "naïve \u{1f600}"),
    "UserLog",
    [TASK, TEXT, STACK],
    "naïve \u{1f600}",
  ],
  [(e) => e.userLog(TASK, TEXT, STACK, ""), "UserLog", [TASK, TEXT, STACK], ""],
  [(e) => e.goSysCall(STACK), "GoSysCall", [STACK]],
  [(e) => e.goSysBlock(), "GoSysBlock", []],
  [(e) => e.goSysExit(G, 2), "GoSysExit", [G, 2, 0]],
  [(e) => e.gcStart(7, STACK), "GCStart", [7, STACK]],
  [(e) => e.gcDone(), "GCDone", []],
  [(e) => e.heapAlloc(2 ** 40), "HeapAlloc", [2 ** 40]],
  [(e) => e.heapGoal(0), "HeapGoal", [0]],
  [
    (e) => e.cpuSample(2 ** 35, 0 as ProcId, G, STACK),
    "CPUSample",
    [2 ** 35, 0, G, STACK],
  ],
  [(e) => e.goEnd(), "GoEnd", []],
  [(e) => e.procStop(), "ProcStop", []],
];

test("EventEncoder writes each event with its delta and the values it was given", () => {
  const parts = new RecorderParts();
  const { encoder } = parts;
  encoder.frequency();
  let delta = 1;
  for (const [call] of CALLS) {
    encoder.advance(delta);
    call(encoder);
    delta = delta * 3 % 1_000_003;
  }
  assertEquals(encoder.events, CALLS.length);
  const [batch, frequency, ...records] = rawRecords(parts.bytes());
  assertEquals([batch.name, batch.values], ["Batch", [0, 1]]);
  assertEquals([frequency.name, frequency.values], ["Frequency", [15_625_000]]);
  assertEquals(records.length, CALLS.length);
  delta = 1;
  for (const [i, [, name, values, text]] of CALLS.entries()) {
    const record = records[i];
    assertEquals(record.name, name);
    assertEquals(record.values, [delta, ...values], name);
    assertEquals(record.text, text, name);
    delta = delta * 3 % 1_000_003;
  }
});

test("EventEncoder writes values as many as the catalogue says", () => {
  for (const [, name, values] of CALLS) {
    const spec = EVENT_SPECS[EventType[name] - 1];
    const count = spec.args.length + (spec.stack ? 1 : 0);
    assertEquals(values.length, count, name);
  }
});

test("EventEncoder has a method for each event that the recorder writes and for no other reason", () => {
  const methods = Object.getOwnPropertyNames(EventEncoder.prototype);
  const called = CALLS.map(([call]) => /e\.(\w+)\(/.exec(String(call))![1]);
  const notEvents = [
    "constructor",
    "now",
    "advance",
    "advanceTo",
    "frequency",
    "reserve",
  ];
  assertEquals(
    methods.filter((name) => !notEvents.includes(name)).sort(),
    [...new Set(called)].sort(),
  );
});

test("EventEncoder keeps each record within the room it asks for, whatever the values", () => {
  const huge = Number.MAX_SAFE_INTEGER;
  const parts = new RecorderParts();
  const { encoder, buffer } = parts;
  for (
    const call of [
      () => encoder.goCreate(huge as GoId, huge as StackId, huge as StackId),
      () => encoder.goUnblock(huge as GoId, huge as StackId),
      () =>
        encoder.userTaskCreate(
          huge as UserTaskId,
          huge as UserTaskId,
          huge as StringId,
          huge as StackId,
        ),
      () =>
        encoder.userLog(
          huge as UserTaskId,
          huge as StringId,
          huge as StackId,
          "",
        ),
    ]
  ) {
    const { pos } = buffer;
    encoder.advance(2 ** 50);
    call();
    assert(buffer.pos - pos <= MAX_EVENT_BYTES);
  }
  const records = rawRecords(parts.bytes());
  assertEquals(records[1].values, [2 ** 50, huge, huge, huge]);
});

test("EventEncoder.advanceTo() never takes time back, and advance() adds up", () => {
  const parts = new RecorderParts();
  const { encoder } = parts;
  encoder.advanceTo(11);
  encoder.advanceTo(4);
  assertEquals(encoder.now, 11);
  encoder.procStart(1);
  encoder.procStop();
  encoder.advance(2);
  encoder.advance(3);
  assertEquals(encoder.now, 16);
  encoder.advanceTo(15);
  encoder.procStart(1);
  encoder.advanceTo(1);
  encoder.procStop();
  const deltas = rawRecords(parts.bytes()).slice(1).map(({ values }) =>
    values[0]
  );
  assertEquals(deltas, [10, 0, 5, 0]);
});

test("EventEncoder.running and isAwake say what a reader would say", () => {
  const parts = new RecorderParts();
  const { encoder } = parts;
  assertEquals([encoder.isAwake, encoder.running], [false, 0 as GoId]);
  parts.begin();
  assertEquals(encoder.isAwake, true);
  const entry = parts.entry("f");
  const g = parts.mark(entry);
  for (
    const stop of [
      () => encoder.goSched(entry),
      () => encoder.goPreempt(entry),
      () => {
        encoder.goBlock(Reason.Sleep, entry);
        encoder.goUnblock(g, entry);
      },
      () => encoder.goEnd(),
    ]
  ) {
    encoder.goStart(g);
    assertEquals(encoder.running, g);
    stop();
    assertEquals(encoder.running, 0 as GoId);
  }
  encoder.procStop();
  assertEquals(encoder.isAwake, false);
  judgeTrace(parts.bytes(), "each way to stop");
});

test("a trace of random times is read back with those times, across batches of any size", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const parts = new RecorderParts({ batchBytes: 208 + random.below(400) });
    parts.begin();
    const entry = parts.entry("f");
    let now = 0;
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const step = random.below(2 ** random.below(31));
      now += step;
      parts.encoder.advance(step);
      parts.mark(entry);
      times.push(now * 64);
    }
    parts.encoder.procStop();
    const trace = parseTrace(parts.bytes(), { strict: true });
    const found: number[] = [];
    for (const e = trace.cursor(); e.next();) {
      if (e.type === EventType.GoCreate) found.push(e.time);
    }
    assertEquals(found, times, `seed ${seed}`);
  }
});
