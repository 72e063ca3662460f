/** Random modules do the same with the calls in them, in the same order to the microtask, and call in an order that can be. */
import { test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import { randomModule } from "./random_module.ts";
import { runBoth } from "./support.ts";

const MODULES = 200;

test(`${MODULES} random modules log the same with the calls in them`, async () => {
  let awaits = 0;
  for (let seed = 1; seed <= MODULES; seed++) {
    const source = randomModule(seed);
    const { result, plain, traced, hooks, code } = await runBoth(source);
    assert(
      result.kind === "changed",
      `seed ${seed}: ${JSON.stringify(result)}`,
    );
    assertEquals(traced, plain, `seed ${seed}\n${source}`);
    assertEquals(hooks.wrong.slice(0, 3), [], `seed ${seed}\n${code}`);
    assert(
      plain.error === undefined,
      `seed ${seed}: ${plain.error}\n${source}`,
    );
    awaits += hooks.log.filter((line) => line.includes(" wait")).length;
  }
  assert(awaits > 20 * MODULES, `they await ${awaits} times in all`);
});
