/**
 * The README's table of waits that have names, made from the tables of `src/runtime/apis`, and from what of them each
 * runtime has.
 */
import {
  type ApiRow,
  type ApiTable,
  operationName,
} from "../../src/runtime/apis/api_table.ts";
import { BUN_APIS } from "../../src/runtime/apis/bun.ts";
import { DENO_APIS } from "../../src/runtime/apis/deno.ts";
import { NODE_APIS } from "../../src/runtime/apis/node.ts";
import { Reason } from "../../src/core/reason.ts";

/** What one runtime wraps. */
export interface RuntimeWaits {
  /** Of the runtime, such as "Deno". Versions of one runtime follow each other. */
  readonly runtime: string;
  /** Such as "24"; told where a runtime is there in several versions and only some have a function. */
  readonly version: string;
  readonly table: ApiTable;
  /** Names of the operations that it has. */
  readonly has: ReadonlySet<string>;
}

/** The table of a runtime, by what its adapter calls it. */
export function tableOf(runtime: string): ApiTable {
  const tables: Readonly<Record<string, ApiTable>> = {
    Deno: DENO_APIS,
    Bun: BUN_APIS,
    Node: NODE_APIS,
  };
  const table = tables[runtime];
  if (table === undefined) {
    throw new Error(
      `Cannot find the table of ${runtime}: wanted Deno, Bun or Node`,
    );
  }
  return table;
}

/** What the README calls the reasons; the words are those of Go's pages. */
const REASON_TEXTS: Readonly<Record<number, string>> = {
  [Reason.Unknown]: "-",
  [Reason.Sleep]: "sleep",
  [Reason.Network]: "network",
  [Reason.Sync]: "sync",
  [Reason.Select]: "select",
  [Reason.Task]: "sync.(*Cond).Wait",
  [Reason.Receive]: "chan receive",
  [Reason.Send]: "chan send",
};

/** Requests have a row of their own in the table of capabilities. */
const TOLD_ELSEWHERE = "servers";

/** One function that is wrapped somewhere. */
interface Api {
  readonly owner: string;
  readonly key: string;
  /** Columns that have it: places in the list of runtimes. */
  readonly on: ReadonlySet<number>;
}

/** Functions that stand in one line. */
interface Line {
  readonly family: string;
  readonly reason: string;
  readonly apis: Map<string, Api>;
}

/** The table as Markdown, what is missing behind it. */
export function waitTable(all: readonly RuntimeWaits[]): string {
  const runtimes = [...new Set(all.map(({ runtime }) => runtime))];
  const heads = [
    "what",
    "reason",
    "on all runtimes",
    ...runtimes.map((runtime) => `on ${runtime} also`),
  ];
  const notes: string[] = [];
  const lines = linesOf(all, notes).map(({ family, reason, apis }) => {
    const everywhere = [...apis.values()].filter(({ on }) =>
      on.size === all.length
    );
    const others = runtimes.map((runtime) => {
      const columns = all.flatMap((one, index) =>
        one.runtime === runtime ? [index] : []
      );
      return ownersText(
        [...apis.values()].filter(({ on }) => on.size < all.length),
        columns,
        all,
      );
    });
    const columns = all.map((_, index) => index);
    const common = ownersText(everywhere, columns, all);
    return `| ${[family, reason, common, ...others].join(" | ")} |`;
  });
  return `| ${heads.join(" | ")} |
|${"---|".repeat(heads.length)}
${lines.join("\n")}
${notesText(notes)}${missingText(all)}`;
}

/** Lines in the order of the tables; a note of a row gets its mark behind the family. */
function linesOf(all: readonly RuntimeWaits[], notes: string[]): Line[] {
  const lines = new Map<string, Line & { marks: Set<number> }>();
  for (const [index, { table, has }] of all.entries()) {
    for (const row of table.rows) {
      if (row.family === TOLD_ELSEWHERE) continue;
      const keys = row.keys.filter((key) =>
        has.has(operationName(row.owner, key))
      );
      if (keys.length === 0) continue;
      const reason = reasonText(row);
      const place = `${row.family}\0${reason}`;
      let line = lines.get(place);
      if (line === undefined) {
        line = {
          family: row.family,
          reason,
          apis: new Map(),
          marks: new Set(),
        };
        lines.set(place, line);
      }
      if (row.note !== undefined) line.marks.add(noteNumber(notes, row.note));
      for (const key of keys) {
        const name = operationName(row.owner, key);
        const on = line.apis.get(name)?.on ?? new Set<number>();
        line.apis.set(name, {
          owner: row.owner,
          key,
          on: new Set([...on, index]),
        });
      }
    }
  }
  // A family's lines stand together, wherever its rows are in the tables.
  const families = [
    ...new Set([...lines.values()].map(({ family }) => family)),
  ];
  return families.flatMap((family) =>
    [...lines.values()].filter((line) => line.family === family).map((
      line,
    ) => ({
      ...line,
      family: family +
        [...line.marks].map((mark) => ` [${letter(mark)}]`).join(""),
    }))
  );
}

function reasonText({ how, reason }: ApiRow): string {
  return how === "sync" ? "blocks the loop: syscall" : REASON_TEXTS[reason];
}

function noteNumber(notes: string[], note: string): number {
  if (!notes.includes(note)) notes.push(note);
  return notes.indexOf(note);
}

/** Numbers are taken by the notes of the first table. */
function letter(index: number): string {
  return index < 26
    ? String.fromCharCode(97 + index)
    : letter(Math.floor(index / 26) - 1) + letter(index % 26);
}

/** `fs.promises`: access, appendFile; ... Those that not all of `columns` have say which do. */
function ownersText(
  apis: readonly Api[],
  columns: readonly number[],
  all: readonly RuntimeWaits[],
): string {
  const byOwner = new Map<string, string[]>();
  for (const { owner, key, on } of apis) {
    const here = columns.filter((column) => on.has(column));
    if (here.length === 0) continue;
    const versions = here.map((column) => all[column].version).join(", ");
    const text = here.length === columns.length ? key : `${key} (${versions})`;
    const keys = byOwner.get(owner);
    if (keys === undefined) byOwner.set(owner, [text]);
    else keys.push(text);
  }
  return [...byOwner].map(([owner, keys]) => {
    const name = owner.replace(/\.prototype$/, "");
    return owner === "globalThis"
      ? keys.map((key) => `\`${key}\``).join(", ")
      : `\`${name}\`: ${keys.join(", ")}`;
  }).join("; ");
}

function notesText(notes: readonly string[]): string {
  if (notes.length === 0) return "";
  const lines = notes.map((note, index) => `- ${letter(index)}: ${note}`);
  return `\n${lines.join("\n")}\n`;
}

/** What a runtime has not, or not so that it can be wrapped. */
function missingText(all: readonly RuntimeWaits[]): string {
  const lines: string[] = [];
  const told = new Set<ApiTable>();
  for (const { runtime, table } of all) {
    if (told.has(table)) continue;
    told.add(table);
    for (const { api, why } of table.missing) {
      lines.push(`| ${runtime} | \`${api}\` | ${why} |`);
    }
  }
  if (lines.length === 0) return "";
  return `\nNot named:\n\n| on | | why |\n|---|---|---|\n${lines.join("\n")}\n`;
}
