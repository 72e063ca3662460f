/** Which calls a combined promise is made of, and who of them settles it. */

import { test } from "node:test";
import { CallGroup, SuspendedCalls } from "../../src/runtime/call_group.ts";
import { Call } from "../../src/runtime/calls.ts";
import { assert, assertEquals } from "../support/assert.ts";

const SLICE = 11;

function suspendedOf(count: number) {
  const suspended = new SuspendedCalls();
  const calls = Array.from({ length: count }, (_, site) => new Call(site));
  for (const call of calls) suspended.push(call, 1, SLICE);
  const members = calls.map(() => Promise.resolve());
  return { suspended, calls, members };
}

test("SuspendedCalls takes as many promises as calls for theirs, and no others", () => {
  const { suspended, calls, members } = suspendedOf(2);
  assertEquals(suspended.group([], SLICE), undefined);
  assertEquals(suspended.group(members.slice(1), SLICE), undefined);
  assertEquals(suspended.group([...members, 1], SLICE), undefined);
  assertEquals(suspended.group([members[0], 1], SLICE), undefined);
  assertEquals(suspended.group(members, SLICE + 1), undefined);
  assertEquals(suspended.group(new Set(members), SLICE), undefined);
  const group = suspended.group(members, SLICE);
  assert(group !== undefined);
  assertEquals(calls.map((call) => call.group === group), [true, true]);
});

test("SuspendedCalls leaves out what suspended inside a call, or in a slice before", () => {
  const { suspended, members } = suspendedOf(2);
  const inner = new Call(9);
  suspended.push(inner, 2, SLICE + 1);
  // The call that it is in suspends, at the depth of the first two.
  suspended.push(new Call(10), 1, SLICE);
  assert(suspended.group([...members, Promise.resolve()], SLICE) !== undefined);
  assertEquals(inner.group, undefined);
  suspended.push(new Call(12), 1, SLICE + 5);
  assertEquals(suspended.group(members, SLICE), undefined);
  assert(suspended.group([Promise.resolve()], SLICE + 5) !== undefined);
});

test("SuspendedCalls forgets calls beyond what it holds, and groups none of them wrongly", () => {
  const { suspended, members } = suspendedOf(100);
  assertEquals(suspended.group(members, SLICE), undefined);
});

test("CallGroup says who ended last, or first, and nothing where that is not sure", () => {
  const all = new CallGroup(2);
  all.note(5);
  assertEquals(all.endedBy(false), 0);
  all.note(8);
  assertEquals([all.endedBy(false), all.endedBy(true)], [8, 0]);

  const race = new CallGroup(2);
  race.isFirst = true;
  race.note(5);
  race.note(8);
  assertEquals([race.endedBy(false), race.endedBy(true)], [5, 5]);

  // One gave back another's promise: its end settles nothing.
  const unsure = new CallGroup(2);
  unsure.note(0);
  unsure.note(8);
  assertEquals(unsure.endedBy(false), 0);
});
