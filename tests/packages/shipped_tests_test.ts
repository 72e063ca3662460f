/** Tests that npm packages bring along give the same results while they are recorded. */
import { after, test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import type { TestReport } from "../support/junit.ts";
import {
  judgeTrace,
  judgeWithGo,
  type NamedTrace,
} from "../support/trace_judge.ts";
import {
  type DriverRun,
  findFronts,
  type Front,
  runDriver,
  runTestFiles,
} from "./support/fronts.ts";
import { openSandbox } from "./support/sandbox.ts";

/**
 * Packages whose tests are for a runner. Left out are files that need packages which these do not depend on, or that
 * wait for seconds, or whose results are not the same in every run without Looptrace.
 */
const RUNNER_TESTS = {
  avvio: [
    ...["after-and-ready", "after-pass-through", "after-self-promise"],
    ...["after-throw", "after-use-after", "async-await", "await-after"],
    ...["await-self", "await-use", "basic", "callbacks", "chainable", "close"],
    ...["catch-override-exception", "errors", "events-listeners", "expose"],
    ...["load-plugin", "no-done", "on-ready-timeout-await", "override"],
    ...["plugin-loaded-so-far", "plugin-name", "plugin", "reentrant"],
    ...["symbol-async-dispose", "twice-done"],
  ],
  fastify: [
    ...["500s", "als", "async-await", "async_hooks", "handler-timeout"],
    ...["hooks-async", "hooks.on-listen", "hooks.on-ready", "inject"],
    ...["listen.1", "plugin.1", "plugin.3", "plugin.4"],
    ...["set-error-handler", "stream.1", "throw"],
    ...["wrap-thenable"],
  ],
  "light-my-request": [
    ...["async-await", "bind-inject", "request", "response"],
    ...["stream"],
  ],
} as const;

/** Files for tape. */
const TAPE_TESTS = { fastq: ["promise", "test"] } as const;

const sandbox = await openSandbox();
const fronts = await findFronts();

after(() => sandbox.close());

for (const [name, tests] of Object.entries(RUNNER_TESTS)) {
  const files = tests.map((file) => `${name}/test/${file}.test.js`);
  test(`the tests of ${name} give the same results while they are recorded`, {
    skip: sandbox.skip,
  }, async () => {
    await compare(
      name,
      (front) =>
        runTestFiles(front, files, { sandbox: sandbox.folder, isIdle: true }),
      ({ report }) => resultsOf(report),
    );
  });
}

for (const [name, tests] of Object.entries(TAPE_TESTS)) {
  for (const file of tests) {
    test(`${file}.js of ${name} gives the same results while it is recorded`, {
      skip: sandbox.skip,
    }, async () => {
      await compare(
        name,
        (front) =>
          runDriver(front, "tap", {
            sandbox: sandbox.folder,
            args: [`${name}/test/${file}.js`],
          }),
        ({ stdout }) => stdout.split("\n"),
      );
    });
  }
}

/** Runs the same on all fronts; `resultsOf` gives what must be equal, at least a few lines of it. */
async function compare<T extends DriverRun>(
  name: string,
  runOn: (front: Front) => Promise<T>,
  resultsOf: (run: T) => readonly string[],
): Promise<void> {
  const traces: NamedTrace[] = [];
  await Promise.all(fronts.map(async ({ plain, recording }) => {
    const [before, ...runs] = await Promise.all(
      [plain, ...recording].map(runOn),
    );
    const wanted = resultsOf(before);
    assert(wanted.length > 10, `${name} on ${plain.name}: ${before.stdout}`);
    for (const [index, run] of runs.entries()) {
      const what = `${name} on ${recording[index].name}`;
      assertEquals(resultsOf(run), wanted, `${what}: ${run.stderr}`);
      assertEquals(run.code, before.code, what);
      assert(run.trace !== undefined, `${what}: no trace\n${run.stderr}`);
      judgeTrace(run.trace, what);
      traces.push({ name: what, bytes: run.trace });
    }
  }));
  await judgeWithGo(traces);
}

/** A line a test. Some fail or are skipped on one runtime or the other without Looptrace, too. */
function resultsOf({ passed, failed, skipped }: TestReport): string[] {
  return Object.entries({ passed, failed, skipped }).flatMap(
    ([result, names]) => names.map((name) => `${result} ${name}`),
  ).sort();
}
