/** Tests that npm packages bring along give the same results while they are recorded. */
import { after, test } from "node:test";
import { assert } from "../support/assert.ts";
import type { TestReport } from "../support/junit.ts";
import { compareFronts } from "./support/compare.ts";
import {
  findFronts,
  runDriver,
  runTestFiles,
  withoutPackages,
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
// One Node is enough here: these are many tests.
const fronts = withoutPackages(await findFronts(sandbox.folder)).filter(
  ({ name }) => name !== "Node 24",
);

after(() => sandbox.close());

for (const [name, tests] of Object.entries(RUNNER_TESTS)) {
  const files = tests.map((file) => `${name}/test/${file}.test.js`);
  test(`the tests of ${name} give the same results while they are recorded`, {
    skip: sandbox.skip,
  }, async () => {
    await compareFronts(fronts, {
      name,
      runOn: (front) =>
        runTestFiles(front, files, { sandbox: sandbox.folder, isIdle: true }),
      linesOf: ({ report }) => resultsOf(report),
      checkPlain: ({ report, stdout, stderr }, front) =>
        assert(
          report.passed.length > 9 * report.failed.length,
          `${name} on ${front.name}\n${stdout}${stderr}`,
        ),
    });
  });
}

for (const [name, tests] of Object.entries(TAPE_TESTS)) {
  for (const file of tests) {
    test(`${file}.js of ${name} gives the same results while it is recorded`, {
      skip: sandbox.skip,
    }, async () => {
      await compareFronts(fronts, {
        name: `${file}.js of ${name}`,
        runOn: (front) =>
          runDriver(front, "tap", {
            sandbox: sandbox.folder,
            args: [`${name}/test/${file}.js`],
          }),
        linesOf: ({ stdout, stderr }) => [
          ...stdout.split("\n"),
          ...stderr.split("\n"),
        ],
        checkPlain: ({ stdout, stderr }, front) =>
          assert(/^# ok$/m.test(stdout), `${front.name}\n${stdout}${stderr}`),
      });
    });
  }
}

/** A line a test. Some fail or are skipped on one runtime or the other without Looptrace, too. */
function resultsOf({ passed, failed, skipped }: TestReport): string[] {
  return Object.entries({ passed, failed, skipped }).flatMap(
    ([result, names]) => names.map((name) => `${result} ${name}`),
  ).sort();
}
