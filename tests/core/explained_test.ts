/** What wrappers say of promises, and what is left of it. */

import { test } from "node:test";
import { Explained } from "../../src/core/explained.ts";
import { Reason } from "../../src/core/reason.ts";
import { assertEquals } from "../support/assert.ts";

test("Explained remembers the last eight promises, by identity", () => {
  const explained = new Explained();
  const promises = Array.from({ length: 9 }, () => ({}));
  promises.forEach((promise) => explained.explain(promise, Reason.Network));
  assertEquals(
    promises.map((promise) => explained.waitOf(promise)),
    [Reason.Unknown, ...new Array(8).fill(Reason.Network)],
  );
  assertEquals(explained.waitOf({}), Reason.Unknown);
  explained.forget();
  assertEquals(explained.waitOf(promises[8]), Reason.Unknown);
});

test("Explained gives a claim once, and what is explained last is claimed too", () => {
  const explained = new Explained();
  explained.claim(Reason.Sleep);
  assertEquals(explained.takeClaim(), Reason.Sleep);
  assertEquals(explained.takeClaim(), Reason.Unknown);
  explained.claim(Reason.Sleep);
  explained.explain({}, Reason.Network);
  assertEquals(explained.takeClaim(), Reason.Network);
  assertEquals(explained.takeClaim(), Reason.Unknown);
});

test("Explained hands a settler on to who combines those members, and to nobody else", () => {
  const explained = new Explained();
  const settler = { endedBy: () => 3 };
  const members = [{}];
  explained.offer(members, settler);
  assertEquals(explained.takeOffer([{}]), undefined);
  assertEquals(explained.takeOffer(members), settler);
  assertEquals(explained.takeOffer(members), undefined);
  const promise = {};
  explained.explain(promise, Reason.Sync, settler);
  assertEquals(explained.settlerOf(promise), settler);
  assertEquals(explained.settlerOf(members), undefined);
});
