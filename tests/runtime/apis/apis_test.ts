/**
 * Every function of the tables in `src/runtime/apis`, used once against a real counterpart on every front end: the trace
 * names the wait, its reason, who ended it and how long it was. See helper.mjs for what a snippet is.
 *
 * For who looks for a defect: `LOOPTRACE_FAMILY=files LOOPTRACE_FRONT_END="Bun, transform" LOOPTRACE_API=fs.readFile` (each
 * may be left out; the second is a part of the name) take less, tell what became of each snippet and print the events of
 * those that are bad.
 */
import { after, test } from "node:test";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  type ApiTable,
  operationName,
} from "../../../src/runtime/apis/api_table.ts";
import { BUN_APIS } from "../../../src/runtime/apis/bun.ts";
import { DENO_APIS } from "../../../src/runtime/apis/deno.ts";
import { NODE_APIS } from "../../../src/runtime/apis/node.ts";
import { Reason } from "../../../src/core/reason.ts";
import { assert } from "../../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../../support/front_ends.ts";
import { run, type RuntimeName } from "../../support/processes.ts";
import { judgeTrace, judgeWithGo } from "../../support/trace_judge.ts";
import {
  checkSnippets,
  type Defect,
  type SnippetResult,
  snippetText,
} from "./check.ts";
import { startCounterpart } from "./start_counterpart.ts";

/** Tables by the runtime whose they are. */
const TABLES: Readonly<Record<RuntimeName, ApiTable>> = {
  deno: DENO_APIS,
  node: NODE_APIS,
  bun: BUN_APIS,
};

const HERE = new URL("./", import.meta.url);
const RUNNER = fileURLToPath(new URL("runner.mjs", HERE));

const { LOOPTRACE_FAMILY, LOOPTRACE_FRONT_END = "", LOOPTRACE_API } =
  process.env;
const IS_DETAILED = Boolean(
  LOOPTRACE_FAMILY ?? LOOPTRACE_API ?? LOOPTRACE_FRONT_END,
);

/** A process that the system stops between its reading of the clock and ours measures another time than we do. */
const ATTEMPTS = 3;

/** A family takes a second or two on an idle machine. */
const FAMILY_MS = 60_000;

/** Families under way at a time: most of a family's time is waiting. */
const AT_A_TIME = 2;

interface Recorded {
  readonly results: readonly SnippetResult[];
  readonly bytes: Uint8Array;
}

const families = (await readdir(new URL("snippets/", HERE)))
  .filter((name) => name.endsWith(".mjs"))
  .map((name) => name.slice(0, -".mjs".length))
  .filter((name) => name === (LOOPTRACE_FAMILY ?? name))
  .sort();
const frontEnds = await findFrontEnds();
const folder = await mkdtemp(join(tmpdir(), "looptrace-apis-"));
const counterpart = await startCounterpart();

after(async () => {
  await counterpart.stop();
  await frontEnds.remove();
  await rm(folder, { recursive: true, force: true });
});

for (const runtime of Object.keys(TABLES) as RuntimeName[]) {
  test(`every function in the table of ${runtime} is tried`, {
    skip: IS_DETAILED ? "not all are looked at" : false,
  }, async () => {
    const tried = await triedOn(runtime);
    const named = [...reasonsOf(runtime).keys()];
    const untried = named.filter((name) => !tried.has(name));
    const extra = [...tried].filter((name) => !named.includes(name));
    assert(
      untried.length + extra.length === 0,
      `without a snippet, or one that says why not: ${untried.join(", ")}; ` +
        `snippets of what is in no table: ${extra.join(", ")}`,
    );
  });
}

for (const [place, frontEnd] of frontEnds.all.entries()) {
  // The second kind of hooks on one runtime hears the same.
  if (frontEnd.hooks === "internal") continue;
  if (!frontEnd.name.includes(LOOPTRACE_FRONT_END)) continue;
  const { name, missing } = frontEnd;
  test(
    `every wait is named: ${name}`,
    { skip: missing ?? false },
    async (t) => {
      const slots = new Slots(AT_A_TIME);
      const checks = families.map((family) =>
        slots.run(() => checkFamily(frontEnd, family))
      );
      for (const [index, family] of families.entries()) {
        // Go reads each family's trace of one front end, and of all front ends some.
        const isJudged = IS_DETAILED ||
          index % frontEnds.all.length === place;
        await t.test(`${family}: ${name}`, async () => {
          const { bytes, defects } = await checks[index];
          if (isJudged) await judgeWithGo([{ name: family, bytes }]);
          assert(
            defects.length === 0,
            defects.map(({ text }) => text).join("\n"),
          );
        });
      }
    },
  );
}

/** What the snippets of all families try on a runtime, or say why not. */
async function triedOn(runtime: RuntimeName): Promise<Set<string>> {
  const tried = new Set<string>();
  for (const family of families) {
    // Imported here for its names only: what one runtime alone has, a snippet imports when it runs.
    const { snippets }: { snippets: readonly SnippetResult[] } = await import(
      `./snippets/${family}.mjs`
    );
    for (const { api, runtimes } of snippets) {
      if (runtimes?.includes(runtime) ?? true) tried.add(api);
    }
  }
  return tried;
}

/** The reason of every operation in the table of a runtime. */
function reasonsOf(runtime: RuntimeName): Map<string, string> {
  const texts = new Map(
    Object.entries(Reason).map(([name, value]) => [value, name.toLowerCase()]),
  );
  return new Map(
    TABLES[runtime].rows.flatMap(({ owner, keys, reason }) =>
      keys.map((key) =>
        [operationName(owner, key), texts.get(reason)!] as const
      )
    ),
  );
}

/** Records and checks a family, again where only durations were wrong. */
async function checkFamily(
  frontEnd: FrontEnd,
  family: string,
): Promise<{ bytes: Uint8Array; defects: readonly Defect[] }> {
  let wrong: Set<string> | undefined;
  for (let attempt = 1;; attempt++) {
    const { bytes, results } = await record(frontEnd, family);
    const trace = judgeTrace(bytes, `${family}, ${frontEnd.name}`);
    const reasons = reasonsOf(frontEnd.runtime);
    const defects = checkSnippets(trace, results, (api) => reasons.get(api))
      // What was right once is right: noise is what differs.
      .filter(({ text, isDuration }) =>
        !isDuration || (wrong?.has(placeOf(text)) ?? true)
      );
    if (IS_DETAILED) tell(trace, results, defects);
    const isNoise = defects.length > 0 &&
      defects.every(({ isDuration }) => isDuration);
    if (!isNoise || attempt === ATTEMPTS) return { bytes, defects };
    wrong = new Set(defects.map(({ text }) => placeOf(text)));
  }
}

/** The snippet that a defect is of. */
function placeOf(text: string): string {
  return text.slice(0, text.indexOf(":"));
}

function tell(
  trace: Parameters<typeof snippetText>[0],
  results: readonly SnippetResult[],
  defects: readonly Defect[],
): void {
  for (const { api, index, status, why, untested, told } of results) {
    const text = why ?? untested ?? "";
    const times = told.map(({ kind, ms, name }) =>
      name ?? `${kind} ${ms?.map((one) => one.toFixed(2)).join(" to ")} ms`
    );
    console.log(`${api} (snippet ${index}): ${status} ${text} ${times}`);
    const bad = defects.find(({ text }) =>
      text.startsWith(`${api} (snippet ${index})`)
    );
    if (bad !== undefined) {
      console.log(`${bad.text}\n${snippetText(trace, index)}`);
    }
  }
}

let runs = 0;

async function record(
  { command, args, library, runtime, isTransformed, hooks }: FrontEnd,
  family: string,
): Promise<Recorded> {
  const own = join(folder, String(runs++));
  await mkdir(own);
  const output = join(own, "result.json");
  const options = {
    family,
    only: LOOPTRACE_API,
    folder: own,
    addresses: counterpart.addresses,
    runtime,
    isTransformed,
    hooks,
    output,
  };
  const { code, signal, stdout, stderr } = await run(
    command,
    [
      ...(runtime === "deno" ? withUnstable(args) : args),
      RUNNER,
      library,
      JSON.stringify(options),
    ],
    { timeoutMs: FAMILY_MS },
  );
  const printed = new TextDecoder().decode(stdout);
  if (code !== 0) {
    throw new Error(
      `Cannot run ${family}: ended with ${signal ?? code}\n${printed}${stderr}`,
    );
  }
  if (IS_DETAILED) console.log(`${printed}${stderr}`);
  const { trace, results } = JSON.parse(await readFile(output, "utf8"));
  return {
    results,
    bytes: Uint8Array.from(atob(trace), (c) => c.charCodeAt(0)),
  };
}

/** Deno's `run` and its options, with those without which some functions are not there. */
function withUnstable([run, ...options]: readonly string[]): string[] {
  return [run, "--unstable-kv", ...options];
}

/** Lets so many run at a time. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await fn();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
