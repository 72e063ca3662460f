/** The check of the contract harness passes what is right, and finds each way to be wrong. */
import { test } from "node:test";
import { parseTrace } from "../../../src/format/trace_reader.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { TraceBuilder } from "../../support/trace_builder.ts";
import { checkSnippets, type SnippetResult } from "./check.ts";

const MS = 1_000_000;

const NAMES = [
  "begin 0",
  "end 0",
  "run",
  "fs.readFile",
  "a.txt",
  "fs.readFileSync",
  "other",
];

/** Between its marks a task waits 10 ms for fs.readFile, is woken by the loop, and then a call blocks for 2 ms. */
function snippetTrace(waker: "loop" | "other" = "loop") {
  const builder = new TraceBuilder().batch(0, 0).frequency();
  for (const [index, name] of NAMES.entries()) builder.string(index + 1, name);
  // Stack k + 1 is the entry of name k; 8 is the wait in the task, 9 the call.
  for (const index of NAMES.keys()) {
    builder.stack(index + 1, [100 + index, index + 1, 0, 0]);
  }
  builder
    .stack(8, [200, 4, 5, 0], [102, 3, 0, 0])
    .stack(9, [201, 6, 0, 0])
    .event("Gomaxprocs", 0, 1, 0)
    .event("ProcStart", 0, 0)
    .event("GoCreate", 0, 1, 1, 1) // begin 0
    .event("GoCreate", 0, 2, 3, 1) // run
    .event("GoCreate", 0, 3, 2, 1) // end 0
    .event("GoCreate", 0, 4, 6, 1) // fs.readFileSync
    .event("GoCreate", 0, 5, 7, 1) // other
    .event("GoStartLocal", MS, 1)
    .event("GoEnd", 0)
    .event("GoStartLocal", 0, 2)
    .event("GoBlockSync", MS, 8);
  if (waker === "other") {
    builder.event("GoStartLocal", 10 * MS, 5)
      .event("GoUnblockLocal", 0, 2, 1)
      .event("GoEnd", 0);
  } else builder.event("GoUnblockLocal", 10 * MS, 2, 1);
  return parseTrace(
    builder
      .event("GoStartLocal", 0, 2)
      .event("GoEnd", MS)
      .event("GoStartLocal", 0, 4)
      .event("GoSysCall", 0, 9)
      .event("GoSysBlock", 0)
      .event("ProcStop", 0)
      .event("ProcStart", 2 * MS, 0)
      .event("GoSysExit", 0, 4, 2, 0)
      .event("GoStartLocal", 0, 4)
      .event("GoEnd", 0)
      .event("GoStartLocal", 0, 3)
      .event("GoEnd", 0)
      .bytes(),
  );
}

const RIGHT: SnippetResult = {
  index: 0,
  api: "fs.readFile",
  status: "done",
  told: [{ kind: "wait", ms: [10, 10.1], target: "a.txt" }],
};

const CALL = { kind: "sync", api: "fs.readFileSync", ms: [2, 2] } as const;

function defectsOf(result: Partial<SnippetResult>, waker?: "other") {
  return checkSnippets(
    snippetTrace(waker),
    [{ ...RIGHT, ...result }],
    (api) => api.startsWith("fs.") ? "sync" : undefined,
  );
}

test("checkSnippets() passes what the trace has", () => {
  assertEquals(defectsOf({}), []);
  assertEquals(defectsOf({ told: [CALL] }), []);
  assertEquals(defectsOf({ told: [{ kind: "goroutine", name: "run" }] }), []);
  assertEquals(defectsOf({ waker: "other" }, "other"), []);
  assertEquals(defectsOf({ status: "skipped", told: [] }), []);
});

test("checkSnippets() finds each way to be wrong", () => {
  const [wait] = RIGHT.told;
  const wrong: Record<string, Partial<SnippetResult>> = {
    "another operation": { told: [{ ...wait, api: "fs.stat" }] },
    "another reason": { reason: "network" },
    "another target": { told: [{ ...wait, target: "b.txt" }] },
    "another waker": { waker: "other" },
    "too often": { told: [wait, wait] },
    "a call that was none": { told: [{ ...CALL, api: "fs.statSync" }] },
    "a wait for a call": { told: [{ ...CALL, kind: "wait" }] },
    "no such goroutine": { told: [{ kind: "goroutine", name: "walk" }] },
    "nothing measured": { told: [] },
    "an exception": { status: "failed", why: "Error: no" },
    "no marks": { index: 7 },
    "no reason at all": { told: [{ ...wait, api: "Other.read" }] },
  };
  for (const [name, result] of Object.entries(wrong)) {
    const defects = defectsOf(result);
    assertEquals(defects.length, 1, name);
    assert(!defects[0].isDuration, name);
  }
});

test("checkSnippets() tells a wrong duration apart", () => {
  for (const ms of [[8, 8.1], [12, 12.1]] as const) {
    const [defect, ...others] = defectsOf({ told: [{ kind: "wait", ms }] });
    assertEquals([defect.isDuration, others.length], [true, 0]);
  }
  // Within a tenth and the slack.
  for (const ms of [[9, 9.1], [11, 11.1]] as const) {
    assertEquals(defectsOf({ told: [{ kind: "wait", ms }] }), []);
  }
});
