/** The combinators while they are wrapped, and what is left of that afterwards. */

import { test } from "node:test";
import { Tracer } from "../../src/core/tracer.ts";
import { wrapCombinators } from "../../src/runtime/wrappers/combinators.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";

const KEYS = ["all", "allSettled", "race", "any"] as const;

/** Wraps them for a recording of a runtime made by hand. */
function wrap(): () => void {
  const adapter = new FakeAdapter();
  const tracer = new Tracer(adapter);
  tracer.start({ write() {} });
  const recorder = adapter.recorder!;
  return wrapCombinators({
    recorder,
    sites: recorder.siteTable,
    lastPlain: () => undefined,
    siteHere: () => 0,
    relaying: (fn) => fn(),
    callOpen: Reflect.apply,
  });
}

function descriptors() {
  return KEYS.map((key) => Object.getOwnPropertyDescriptor(Promise, key));
}

test("wrapCombinators() changes no result, name or length, and puts the originals back", async () => {
  const before = descriptors();
  const shapes = KEYS.map((key) => [Promise[key].name, Promise[key].length]);
  const restore = wrap();
  try {
    assert(KEYS.every((key, i) => Promise[key] !== before[i]!.value));
    const wrapped = KEYS.map((key) => [Promise[key].name, Promise[key].length]);
    assertEquals(wrapped, shapes);
    assertEquals(await Promise.all([1, Promise.resolve(2)]), [1, 2]);
    assertEquals(await Promise.race([Promise.resolve(3)]), 3);
    assertEquals(await Promise.any([Promise.reject(4), 5]), 5);
    const [settled] = await Promise.allSettled([Promise.reject(6)]);
    assertEquals(settled, { status: "rejected", reason: 6 });
    class Derived<T> extends Promise<T> {}
    assert(Derived.all([]) instanceof Derived);
  } finally {
    restore();
  }
  assertEquals(descriptors(), before);
});

test("wrapCombinators() leaves what somebody else put there since", () => {
  const before = descriptors();
  const restore = wrap();
  const theirs = () => Promise.resolve([]);
  try {
    Reflect.set(Promise, "all", theirs);
    restore();
    assert(Promise.all as unknown === theirs);
    assertEquals(descriptors().slice(1), before.slice(1));
  } finally {
    Object.defineProperty(Promise, "all", before[0]!);
  }
});
