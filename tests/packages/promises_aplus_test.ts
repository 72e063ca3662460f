/** The Promises/A+ suite passes on the native Promise while that is recorded, and finds the same rejections unhandled. */
import { after, test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import {
  judgeTrace,
  judgeWithGo,
  type NamedTrace,
} from "../support/trace_judge.ts";
import { findFronts, runDriver } from "./support/fronts.ts";
import { openSandbox } from "./support/sandbox.ts";

/** Tests of version 2.1.2 of the suite. */
const TESTS = 872;

const sandbox = await openSandbox();
const fronts = await findFronts();

after(() => sandbox.close());

test(
  "the Promises/A+ suite passes on the native Promise while it is recorded",
  {
    skip: sandbox.skip,
  },
  async () => {
    const traces: NamedTrace[] = [];
    await Promise.all(fronts.map(async ({ plain, recording }) => {
      const [wanted, ...found] = await Promise.all(
        [plain, ...recording].map((front) =>
          // Nearly all of its time is spent waiting for timers.
          runDriver(front, "promises_aplus", {
            sandbox: sandbox.folder,
            isIdle: true,
          })
        ),
      );
      assertEquals([wanted.code, wanted.stderr], [0, ""], plain.name);
      const passed = wanted.stdout.split("\n").filter((line) =>
        line.startsWith("pass ")
      );
      assertEquals(passed.length, TESTS, plain.name);
      for (const [index, { stdout, stderr, code, trace }] of found.entries()) {
        const { name } = recording[index];
        assertEquals([code, stderr], [0, ""], name);
        assertEquals(stdout.split("\n"), wanted.stdout.split("\n"), name);
        assert(trace !== undefined, `${name}: no trace`);
        const { length } = judgeTrace(trace, name);
        assert(length > 10 * TESTS, `${name}: ${length} events`);
        traces.push({ name, bytes: trace });
      }
    }));
    await judgeWithGo(traces);
  },
);
