/** What wrappers say of promises, and what is left of it. */

import { test } from "node:test";
import { Explained } from "../../src/core/explained.ts";
import { Reason } from "../../src/core/reason.ts";
import { assertEquals } from "../support/assert.ts";

test("Explained remembers the last four promises, by identity", () => {
  const explained = new Explained();
  const promises = Array.from({ length: 5 }, () => ({}));
  promises.forEach((promise) => explained.explain(promise, Reason.Network));
  assertEquals(
    promises.map((promise) => explained.reasonOf(promise)),
    [Reason.Unknown, ...new Array(4).fill(Reason.Network)],
  );
  assertEquals(explained.reasonOf({}), Reason.Unknown);
  explained.forget();
  assertEquals(explained.reasonOf(promises[4]), Reason.Unknown);
});

test("Explained gives a claim once, and a promise that is explained needs none", () => {
  const explained = new Explained();
  explained.claim(Reason.Sleep);
  assertEquals(explained.takeClaim(), Reason.Sleep);
  assertEquals(explained.takeClaim(), Reason.Unknown);
  explained.claim(Reason.Sleep);
  explained.explain({}, Reason.Network);
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
