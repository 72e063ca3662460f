/** What threads know of each other's messages, and what consumers are told of them. */

import { test } from "node:test";
import {
  ForeignAccount,
  ForeignNotes,
} from "../../src/core/foreign_goroutines.ts";
import { MessageRing } from "../../src/core/message_ring.ts";
import type { GoId, StackId } from "../../src/format/ids.ts";
import { assert, assertEquals } from "../support/assert.ts";

const RECORDING = 7;

/** Both sides of one ring. */
function ring(): { poster: MessageRing; receiver: MessageRing } {
  const poster = new MessageRing();
  return { poster, receiver: new MessageRing(poster.memory) };
}

/** Posts a message, told or not. */
function post(poster: MessageRing, goId?: number): void {
  if (goId !== undefined && poster.hasRoom) {
    poster.tell(RECORDING, { goId, userTask: goId % 5, time: goId / 8 });
  }
  poster.count++;
}

test("MessageRing tells of each message, and of none that was not told", () => {
  const { poster, receiver } = ring();
  for (let i = 1; i <= 50_000; i++) {
    post(poster, i % 3 === 0 ? undefined : i);
    if (i % 2 === 0) continue;
    // One behind, then two at a time.
    for (const n of i === 1 ? [1] : [i - 1, i]) {
      const wanted = n % 3 === 0
        ? undefined
        : { goId: n, userTask: n % 5, time: n / 8 };
      assertEquals(receiver.take(RECORDING), wanted);
    }
  }
});

test("MessageRing leaves out what finds no room, and goes on after that", () => {
  const { poster, receiver } = ring();
  for (let i = 1; i <= 20_000; i++) post(poster, i);
  let told = 0;
  for (let i = 1; i <= 20_000; i++) {
    const posted = receiver.take(RECORDING);
    if (posted === undefined) continue;
    assertEquals(posted.goId, i);
    told++;
  }
  assertEquals(told, 16_384);
  post(poster, 20_001);
  assertEquals(receiver.take(RECORDING)?.goId, 20_001);
});

test("MessageRing tells nothing of another recording's messages", () => {
  const { poster, receiver } = ring();
  post(poster, 1);
  post(poster, 2);
  assertEquals(receiver.take(RECORDING + 1), undefined);
  assertEquals(receiver.take(RECORDING)?.goId, 2);
});

test("ForeignNotes gives what was noted once", () => {
  const notes = new ForeignNotes();
  notes.noteCreated(5 as GoId, 2);
  notes.noteStarted(9 as GoId, 3 as StackId);
  assertEquals(notes.take(), { created: [5, 2], started: [9, 3] });
  assertEquals(notes.take(), { created: [], started: [] });
});

test("ForeignAccount knows what was started and never created, in any order", () => {
  const account = new ForeignAccount();
  account.add({ created: [1, 2, 3, 2], started: [10, 4] });
  account.add({ created: [], started: [1, 5, 11, 6] });
  assertEquals([...account.uncreated], [[10, 4], [11, 6]]);
  // The creation may come after the start.
  account.add({ created: [10, 0], started: [] });
  assertEquals([...account.uncreated], [[11, 6]]);
});

test("ForeignAccount keeps nothing of a thread that is no more", () => {
  const account = new ForeignAccount();
  const created = Array.from({ length: 1000 }, (_, i) => [i + 1, 4]).flat();
  account.add({ created, started: [] });
  account.forget(4);
  // As if it had never been created: nothing of it was kept.
  account.add({ created: [], started: [1, 8] });
  assert(account.uncreated.has(1));
});
