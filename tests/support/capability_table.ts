/**
 * The README's tables of what each runtime can tell, made from what the adapters say of themselves there.
 *
 * A cell that falls short of what the row names is a gap, and a gap has a footnote: {@linkcode capabilityTable} throws
 * for one without.
 */
import { fileURLToPath } from "node:url";
import type { Capabilities } from "../../mod.ts";
import {
  type BenchRuntime,
  runtimeCommand,
  runtimeFiles,
  scriptArgs,
} from "../../bench/support/front_ends.ts";
import { runJson } from "../../bench/support/json_process.ts";
import { tableOf, waitTable } from "./wait_table.ts";

/** The columns, in their order. */
export const TABLE_RUNTIMES = ["deno", "bun", "node", "node24"] as const;

/** What one runtime says. */
export interface RuntimeCapabilities {
  readonly runtime: BenchRuntime;
  /** Of a program that was started as any other. */
  readonly plain: Capabilities;
  /** Of one that was started with the preload; `undefined` where that cannot be. */
  readonly preloaded: Capabilities | undefined;
}

const PROGRAM = fileURLToPath(
  new URL("capabilities_program.mjs", import.meta.url),
);

/**
 * Asks every runtime of the table.
 *
 * @throws {Error} When one cannot be found or started.
 */
export async function askRuntimes(): Promise<RuntimeCapabilities[]> {
  const answers: RuntimeCapabilities[] = [];
  for (const runtime of TABLE_RUNTIMES) answers.push(await ask(runtime));
  return answers;
}

async function ask(runtime: BenchRuntime): Promise<RuntimeCapabilities> {
  const command = await runtimeCommand(runtime);
  const files = await runtimeFiles(runtime);
  const answer = async (preload?: string): Promise<Capabilities> =>
    await runJson(command, [
      ...scriptArgs(runtime, PROGRAM, preload),
      files.library,
    ]) as Capabilities;
  try {
    return {
      runtime,
      plain: await answer(),
      preloaded: runtime === "node" ? undefined : await answer(files.preload),
    };
  } finally {
    await files.remove();
  }
}

/** One row: what it says of a runtime, and why where that is less than the row's name promises. */
interface Row {
  readonly label: string;
  cell(answer: RuntimeCapabilities): string;
  /** Names of the footnotes that the label needs on every runtime. */
  readonly notes?: readonly Footnote[];
  /** The footnote that this runtime's cell needs, if it needs one. */
  gap?(answer: RuntimeCapabilities): Footnote | undefined;
}

type Footnote = keyof typeof FOOTNOTES;

/** In the order of the table. */
const FOOTNOTES = {
  accessor:
    "JavaScriptCore has no promise hooks. Looptrace puts an accessor in the place of `Promise.prototype.constructor`, which `await` " +
    "reads. It does not see an `await` of what is no native promise (`await null`, thenables, subclasses such as `Bun.sql` queries), nor the moment " +
    "at which an async function ends.",
  noTransform:
    "Node has `module.registerHooks`, which the preload needs, from 22.15 on.",
  removableDeno:
    "Promise hooks cannot be removed in Deno 2.9. After the first recording with hooks each `await` stays about 55 to 85 ns slower until the " +
    "process ends. With the preload none are put in.",
  removableBun:
    "The accessor is taken out, but JavaScriptCore has left its fast paths for good. After the first recording with hooks an `await` stays up to " +
    "twice as slow until the process ends, `.then` and `Promise.all` up to ten times, `.finally` twenty-five times, which also takes two microtasks " +
    "more. A Hono request shows little of that. With the preload none of this happens.",
  budget:
    "Taking a stack costs microseconds, so it is done under a budget, 1 % of the time by default, and what led to it is remembered. " +
    "A function that is first seen when the budget is spent is called `async function` until it is seen again. What already waits when a " +
    "recording starts gets its name when it runs. Code that the preload has transformed needs no stacks: its names and lines are exact.",
  servers:
    "Servers that were started before `handler()`, `debugTrace()`, `start()` or the preload are not wrapped. Their requests appear without the " +
    "name of the route, or, when they never wait, not at all. The same holds for timers that were set before.",
  gcDeno:
    "Deno tells how long each garbage collection took, but not when it was. It is asked every 10 ms of work, and each collection is drawn inside " +
    "the longest turn of its 10 ms; its name in the trace says so.",
  gcBun:
    "JavaScriptCore tells nothing of its collections. Looptrace sees that an object has gone, so each collection is a mark a little after it, without " +
    "length, and several in one turn are one. Its name in the trace says so.",
  heap:
    "Every 250 ms and after each collection, by calls that take microseconds. The goal (`NextGC`) is what the engine has set aside for the heap.",
  cpu:
    "With `cpu: true`, or `&cpu=1` in a request. Deno needs `--allow-sys` for it. Functions are named as the engine knows them: where Deno or the preload " +
    "has rewritten a file, their lines are those of the code that runs.",
} as const;

const ROWS: readonly Row[] = [{
  label: "awaits of any code",
  cell: ({ plain }) =>
    plain.awaits === "promise hooks"
      ? "exactly, by promise hooks"
      : `of native promises, by an ${plain.awaits}`,
  gap: ({ plain }) => plain.awaits === "promise hooks" ? undefined : "accessor",
}, {
  label: "awaits and calls of code loaded through the preload",
  cell: ({ preloaded }) => preloaded?.transform ? "exactly" : "no",
  gap: ({ preloaded }) => preloaded?.transform ? undefined : "noTransform",
}, {
  label: "names and lines of awaits, TypeScript lines included",
  notes: ["budget"],
  cell: ({ plain }) => plain.stacks ? "yes" : "no",
}, {
  label: "requests of",
  notes: ["servers"],
  cell: ({ plain }) => codes(plain.servers).join(", "),
}, {
  label: "garbage collections",
  cell: ({ plain }) =>
    plain.gc === "exact"
      ? "exactly"
      : plain.gc === "count"
      ? "that there was one"
      : plain.gc,
  gap: ({ plain }) =>
    plain.gc === "exact"
      ? undefined
      : plain.gc === "count"
      ? "gcBun"
      : "gcDeno",
}, {
  label: "size of the heap",
  notes: ["heap"],
  cell: ({ plain }) => plain.heap ? "yes" : "no",
}, {
  label: "CPU samples",
  notes: ["cpu"],
  cell: ({ plain }) => plain.cpu ? "yes" : "no",
}, {
  label: "hooks leave nothing behind",
  cell: ({ plain }) => plain.removableHooks ? "yes" : "no",
  gap: ({ plain }) => {
    if (plain.removableHooks) return undefined;
    return plain.awaits === "accessor" ? "removableBun" : "removableDeno";
  },
}, {
  label: '`hooks: "internal"`, faster',
  cell: ({ plain }) => plain.internalHooks ? "yes" : "-",
}];

/**
 * The table and its footnotes as Markdown.
 *
 * @throws {Error} When a cell says "no" without a footnote.
 */
export function capabilityTable(
  answers: readonly RuntimeCapabilities[],
): string {
  const used: Footnote[] = [];
  const mark = (note: Footnote | undefined): string => {
    if (note === undefined) return "";
    if (!used.includes(note)) used.push(note);
    return ` [${used.indexOf(note) + 1}]`;
  };
  const lines = ROWS.map((row) => {
    const label = row.label + (row.notes ?? []).map(mark).join("");
    const cells = answers.map((answer) => {
      const cell = row.cell(answer);
      const note = row.gap?.(answer);
      if (cell === "no" && note === undefined) {
        throw new Error(
          `Cannot make the table: "${row.label}" is no on ${answer.runtime}, wanted a footnote`,
        );
      }
      return cell + mark(note);
    });
    return `| ${[label, ...cells].join(" | ")} |`;
  });
  const heads = answers.map(({ plain }) => nameOf(plain));
  return `| | ${heads.join(" | ")} |
|${"---|".repeat(heads.length + 1)}
${lines.join("\n")}

${used.map((note, index) => `${index + 1}. ${FOOTNOTES[note]}`).join("\n")}
`;
}

function codes(names: readonly string[]): string[] {
  return names.map((name) => `\`${name}\``);
}

/** What `deno task readme` puts between the marks: both tables. */
export function readmeTables(answers: readonly RuntimeCapabilities[]): string {
  const waits = waitTable(answers.map(({ plain }) => ({
    runtime: plain.runtime,
    version: majorOf(plain.version),
    table: tableOf(plain.runtime),
    has: new Set(plain.wraps),
  })));
  return `${capabilityTable(answers)}
### Waits that have a name

A wait in one of these functions has the function as the innermost frame of its stack and, where there is one, what it works on (a host and port, a file's
base name) as that frame's file. Captured before the recording began, or, in Deno, imported by name from a \`node:\` module, a function is not wrapped.

${waits}`;
}

function majorOf(version: string): string {
  return version.replace(/^v/, "").split(".")[0];
}

/** Deno and Bun with the minor version, Node with the major one: as far as each was tried. */
function nameOf({ runtime, version }: Capabilities): string {
  const parts = version.replace(/^v/, "").split(".");
  return `${runtime} ${parts.slice(0, runtime === "Node" ? 1 : 2).join(".")}`;
}

const BEGIN = "<!-- made by `deno task readme` -->";
const END = "<!-- end -->";

/**
 * `readme` with `table` between the marks.
 *
 * @throws {Error} When it has not both marks, once each.
 */
export function withTable(readme: string, table: string): string {
  const [before, rest, tooMuch] = readme.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (after === undefined || tooMuch !== undefined) {
    throw new Error(`Cannot find the table: wanted ${BEGIN} and ${END} once`);
  }
  return `${before}${BEGIN}\n${table}${END}${after}`;
}
