import { test } from "node:test";
import {
  assertEquals,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import {
  difference,
  interleave,
  ratio,
  spread,
} from "../../bench/support/interleave.ts";

test("interleave() measures in rounds whose order turns, warm-ups apart", async () => {
  const order: string[] = [];
  const variant = (name: string) => ({
    name,
    measure: () => {
      order.push(name);
      return order.length;
    },
  });
  const samples = await interleave([variant("off"), variant("on")], {
    rounds: 3,
    warmups: 1,
  });
  assertEquals(order.join(" "), "on off off on on off off on");
  assertEquals([...samples], [["off", [3, 6, 7]], ["on", [4, 5, 8]]]);
});

test("ratio() and difference() compare round by round", async () => {
  // The machine becomes three times slower meanwhile: each pair still says 2.
  const times = { off: [10, 20, 30], on: [20, 40, 60] };
  const variants = (["off", "on"] as const).map((name) => ({
    name,
    measure: () => times[name].shift() ?? NaN,
  }));
  const samples = await interleave(variants, { rounds: 3, warmups: 0 });
  assertEquals(ratio(samples, "on", "off"), { median: 2, low: 2, high: 2 });
  assertEquals(difference(samples, "on", "off"), {
    median: 20,
    low: 15,
    high: 25,
  });
  assertThrows(
    () => ratio(samples, "on", "never"),
    RangeError,
    "Cannot compare on with never: measured were off, on",
  );
});

test("spread() gives median and quartiles of unsorted figures", () => {
  assertEquals(spread([5, 1, 3, 2, 4]), { median: 3, low: 2, high: 4 });
  assertEquals(spread([100, 9]), { median: 54.5, low: 31.75, high: 77.25 });
  assertEquals(spread([7]), { median: 7, low: 7, high: 7 });
  assertThrows(() => spread([]), RangeError, "found no figures");
});

test("interleave() refuses what it cannot measure", async () => {
  const one = { name: "one", measure: () => 1 };
  await assertRejects(() => interleave([]), RangeError, "found 0 variants");
  await assertRejects(
    () => interleave([one, one]),
    RangeError,
    "found 2 variants with 1 names",
  );
  await assertRejects(
    () => interleave([one], { rounds: 0 }),
    RangeError,
    "rounds is 0",
  );
  await assertRejects(
    () => interleave([{ name: "bad", measure: () => NaN }]),
    Error,
    "Cannot measure bad: found NaN",
  );
});
