/** Continuations: ids that cannot be mistaken, a table that stays within its bound. */

import { test } from "node:test";
import {
  ContinuationKind,
  ContinuationTable,
  NOT_SETTLED,
} from "../../src/core/continuation_table.ts";
import { TaskRecord } from "../../src/core/task_table.ts";
import type { GoId, StackId } from "../../src/format/ids.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Random } from "../support/random.ts";

const { Reaction, Interval, Relay, Timer } = ContinuationKind;

/** Slots that a table begins with. Slot 0 is nobody's: a limit leaves room for one less. */
const FIRST_CAPACITY = 1024;

test("ContinuationTable.make() keeps what it is told and nothing of the slot's past", () => {
  const table = new ContinuationTable(5);
  const first = table.make(Timer, 7, 3);
  const slot = table.slot(first);
  assert(first !== 0 && slot !== 0, "0 means none");
  const { kind, site, wait, owner, settledBy, notes } = table;
  assertEquals([kind[slot], site[slot], wait[slot]], [Timer, 7, 3]);
  owner[slot] = new TaskRecord(1 as GoId, 1 as StackId).top;
  settledBy[slot] = 9;
  notes[slot] = 255;
  table.release(slot);
  assertEquals(owner[slot], null, "a released slot keeps no task alive");
  const ids = [];
  for (let i = 0; i < 4; i++) ids.push(table.make(Reaction, 0, 0));
  assert(ids.some((id) => table.slot(id) === slot), "the slot is used again");
  assertEquals(
    [kind[slot], site[slot], wait[slot], owner[slot], settledBy[slot]],
    [Reaction, 0, 0, null, NOT_SETTLED],
  );
  assertEquals(notes[slot], 0);
});

test("ContinuationTable.slot() knows no id that was released, in 2,000 generations of a slot", () => {
  const table = new ContinuationTable(2);
  const seen = new Set<number>();
  let last = 0;
  for (let i = 0; i < 2000; i++) {
    const id = table.make(Reaction, 0, 0);
    assert(id > 0, "an id is a positive small integer");
    assert(!seen.has(id), `id ${id} was given out before`);
    assertEquals(table.slot(id), 1);
    if (last !== 0) assertEquals(table.slot(last), 0, "the one before is dead");
    seen.add(id);
    table.release(1);
    assertEquals(table.slot(id), 0);
    last = id;
  }
  assertEquals(table.slot(0), 0);
});

test("ContinuationTable.make() refuses and counts beyond the limit, and goes on after a release", () => {
  const table = new ContinuationTable(4);
  const ids = [1, 2, 3].map((site) => table.make(Reaction, site, 0));
  assertEquals(ids.includes(0), false);
  assertEquals([table.make(Reaction, 4, 0), table.make(Reaction, 5, 0)], [
    0,
    0,
  ]);
  assertEquals([table.refused, table.size], [2, 3]);
  table.release(table.slot(ids[1]));
  const again = table.make(Reaction, 6, 0);
  assertEquals(table.site[table.slot(again)], 6);
  assertEquals([table.refused, table.size], [2, 3]);
});

test("ContinuationTable grows with everything in its place, at any fill of its free list", () => {
  const random = new Random(20);
  const table = new ContinuationTable(20_000);
  const live = new Map<number, number>();
  const order: number[] = [];
  const dead: number[] = [];
  for (let i = 0; i < 60_000; i++) {
    // It grows at first; at the end one dies for each that is made.
    if (live.size > 0 && random.below(60_000) < i / 2) {
      const at = random.below(order.length);
      const id = order[at];
      order[at] = order[order.length - 1];
      order.pop();
      table.release(table.slot(id));
      live.delete(id);
      dead.push(id);
    } else {
      const id = table.make(Reaction, i, i & 7);
      if (id === 0) continue;
      assert(!live.has(id), `seed 20, step ${i}: id ${id} is alive already`);
      live.set(id, i);
      order.push(id);
    }
    if (table.size !== live.size) assertEquals(table.size, live.size, `${i}`);
  }
  assert(live.size > 4 * FIRST_CAPACITY, "it grew more than once");
  for (const [id, made] of live) {
    const slot = table.slot(id);
    assertEquals([table.site[slot], table.wait[slot]], [made, made & 7]);
  }
  const slots = new Set([...live.keys()].map((id) => table.slot(id)));
  assertEquals(slots.size, live.size, "one slot each");
  for (const id of dead.slice(-1000)) assertEquals(table.slot(id), 0);
});

test("ContinuationTable.clear() ends every id and gives all the room back", () => {
  const table = new ContinuationTable(1501);
  const ids = Array.from({ length: 1600 }, () => table.make(Interval, 1, 0));
  for (const id of ids.slice(0, 700)) table.release(table.slot(id));
  assertEquals([table.refused, table.size], [100, 800]);
  table.clear();
  assertEquals([table.refused, table.forgotten, table.size], [0, 0, 0]);
  for (const id of ids) assertEquals(table.slot(id), 0);
  const again = Array.from({ length: 1500 }, () => table.make(Timer, 2, 0));
  assertEquals(again.includes(0), false);
  assertEquals(new Set(again.map((id) => table.slot(id))).size, 1500);
});

test("ContinuationTable.forget() lets go of reactions that belong to no task and of nothing else", () => {
  const table = new ContinuationTable(1000);
  const task = new TaskRecord(1 as GoId, 1 as StackId);
  const kept: number[] = [];
  const loose: number[] = [];
  for (let i = 0; i < 999; i++) {
    const kind = i % 10 === 0 ? Timer : i % 10 === 1 ? Relay : Reaction;
    const id = table.make(kind, 0, 0);
    const isOwned = i % 10 === 2;
    if (isOwned) table.owner[table.slot(id)] = task.top;
    (kind === Timer || isOwned ? kept : loose).push(id);
  }
  assert(table.isCrowded);
  table.forget();
  assert(!table.isCrowded);
  assertEquals(table.size, 750, "a quarter is free");
  assertEquals(table.forgotten, 249);
  for (const id of kept) assert(table.slot(id) !== 0);
  const gone = loose.filter((id) => table.slot(id) === 0);
  assertEquals(gone, loose.slice(0, 249), "the oldest ones");
});

test("ContinuationTable.forget() ends when there is nothing to let go of", () => {
  const table = new ContinuationTable(101);
  for (let i = 0; i < 100; i++) table.make(Timer, 0, 0);
  table.forget();
  assertEquals([table.size, table.forgotten], [100, 0]);
});
