/**
 * What the examples wait for is known by name, on every front end: at most 2 % of the time that their tasks are blocked
 * has no reason. And the four profiles of `go tool trace` tell the operations.
 */
import { after, test } from "node:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Coverage } from "../../src/analysis/coverage.ts";
import { summarize } from "../../src/analysis/summary.ts";
import { assert } from "../support/assert.ts";
import { findFrontEnds } from "../support/front_ends.ts";
import { goProfile, type ProfileKind } from "../support/go_tools.ts";
import {
  recordHeavyExample,
  recordHonoExample,
} from "../support/recorded_examples.ts";
import {
  installedGo,
  judgeTrace,
  judgeWithGo,
} from "../support/trace_judge.ts";

/** Part of a front end's name, for who looks for a defect. */
const { LOOPTRACE_FRONT_END = "" } = process.env;

const MAX_UNKNOWN_SHARE = 0.02;
const SECONDS = 2;

/**
 * Recordings of which one must do. What has no reason is seldom and short; but where the machine has other work, each of
 * those waits may take as long as a second, and the budget of stacks, a share of the time, is spent on being stopped.
 */
const ATTEMPTS = 3;

const frontEnds = await findFrontEnds();

after(() => frontEnds.remove());

for (const frontEnd of frontEnds.all) {
  if (frontEnd.hooks === "internal") continue;
  const { name, missing } = frontEnd;
  if (!name.includes(LOOPTRACE_FRONT_END)) continue;
  const skip = missing ?? false;

  test(`the Hono example waits for what is known: ${name}`, {
    skip,
  }, async () => {
    const title = `Hono, ${name}`;
    const record = () => recordHonoExample(frontEnd, SECONDS);
    const bytes = await covered(title, record);
    const { entries } = summarize(judgeTrace(bytes, title));
    const sleepers = entries.find((entry) => entry.name === "GET /sleep");
    assert((sleepers?.count ?? 0) > 10, `${sleepers?.count} of GET /sleep`);
    await judgeWithGo([{ name: title, bytes }]);
  });

  test(
    `the heavy example waits for what is known, and Go's profiles say it: ${name}`,
    {
      skip,
    },
    async (t) => {
      const title = `heavy, ${name}`;
      const record = () => recordHeavyExample(frontEnd, SECONDS);
      const bytes = await covered(title, record);
      await judgeWithGo([{ name: title, bytes }]);
      await t.test(`profiles: ${name}`, () => checkProfiles(bytes));
    },
  );
}

/** A recording whose waits have reasons; see ATTEMPTS. */
async function covered(
  title: string,
  record: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  for (let attempt = 1;; attempt++) {
    const bytes = await record();
    const { coverage } = summarize(judgeTrace(bytes, title));
    const isGood = coverage.unknownShare <= MAX_UNKNOWN_SHARE;
    if (!isGood && attempt < ATTEMPTS) continue;
    checkCoverage(coverage);
    return bytes;
  }
}

function checkCoverage(coverage: Coverage): void {
  const { blocked, unknownShare, longest } = coverage;
  const stacks = longest.map(({ frames, count, time }) => {
    const percent = (100 * time / blocked).toFixed(2);
    return `${percent} % in ${count} waits at ${
      frames.map(({ fn, line }) => `${fn}:${line}`).join(" < ")
    }`;
  });
  assert(blocked > 1e9, `blocked for ${blocked / 1e6} ms in all`);
  assert(
    unknownShare <= MAX_UNKNOWN_SHARE,
    `${
      (100 * unknownShare).toFixed(2)
    } % of the time blocked has no reason, wanted 2 % at most\n${
      stacks.join("\n")
    }`,
  );
}

/** What the example does, by the profile in which it must be; each as any of these. */
const OPERATIONS: Readonly<Record<ProfileKind, readonly RegExp[]>> = {
  net: [/^fetch$/],
  sync: [/[rR]eadFile$|^BunFile\./, /scrypt$/, /readdir$/],
  syscall: [/\.(get|all)$|readFileSync$/],
  // Who waits to run is told by what woke it.
  sched: [/./],
};

async function checkProfiles(bytes: Uint8Array): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-profiles-"));
  const file = join(folder, "heavy.trace");
  try {
    await writeFile(file, bytes);
    for (const tool of await installedGo()) {
      for (const [kind, wanted] of Object.entries(OPERATIONS)) {
        const profile = await goProfile(tool, kind as ProfileKind, file);
        const names = [...profile.functions.keys()];
        const what = `${tool.version}, ${kind}: ${profile.text}`;
        assert(profile.totalNs > 0, what);
        for (const pattern of wanted) {
          assert(
            names.some((name) => pattern.test(name)),
            `found no ${pattern} in ${what}`,
          );
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
