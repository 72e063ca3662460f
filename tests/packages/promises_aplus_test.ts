/** The Promises/A+ suite passes on the native Promise while that is recorded, and finds the same rejections unhandled. */
import { after, test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import type { RuntimeName } from "../support/processes.ts";
import { compareFronts } from "./support/compare.ts";
import { findFronts, runDriver, withoutPackages } from "./support/fronts.ts";
import { openSandbox } from "./support/sandbox.ts";

/** Tests of version 2.1.2 of the suite. */
const TESTS = 872;

/**
 * Those that fail without Looptrace, too. Bun 1.4.5 forgets "use strict" of a function in CommonJS, which two tests of
 * 2.2.5 rely on.
 */
const FAILING: Readonly<Record<RuntimeName, number>> = {
  deno: 0,
  bun: 2,
  node: 0,
};

const sandbox = await openSandbox();
const fronts = withoutPackages(await findFronts(sandbox.folder));

after(() => sandbox.close());

test(
  "the Promises/A+ suite passes on the native Promise while it is recorded",
  {
    skip: sandbox.skip,
  },
  async () => {
    await compareFronts(fronts, {
      name: "Promises/A+",
      runOn: (front) =>
        // Nearly all of its time is spent waiting for timers.
        runDriver(front, "promises_aplus", {
          sandbox: sandbox.folder,
          isIdle: true,
        }),
      linesOf: ({ stdout, stderr }) => [
        ...stdout.split("\n"),
        ...stderr.split("\n"),
      ],
      checkPlain({ stdout, stderr }, { name, runtime }) {
        assertEquals(stderr, "", name);
        const lines = stdout.split("\n");
        const failed = lines.filter((line) => line.startsWith("fail "));
        const passed = lines.filter((line) => line.startsWith("pass "));
        assertEquals(failed.length, FAILING[runtime], failed.join("\n"));
        assertEquals(passed.length, TESTS - FAILING[runtime], name);
      },
    });
  },
);
