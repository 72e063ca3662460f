/** The table that the bench prints: what was measured, what it must be and what it should be. */
import type { Spread } from "./interleave.ts";

export interface BenchRow {
  readonly measure: string;
  /** Left out when it could not be measured; `note` then says why. */
  readonly value?: number | Spread;
  /** Stands behind each number, such as "ns". */
  readonly unit?: string;
  readonly must?: number;
  readonly aim?: number;
  /** Whether a smaller or a larger value is the better one. */
  readonly better: "smaller" | "larger";
  readonly note?: string;
}

export type BenchVerdict =
  | "aim"
  | "must"
  | "missed"
  | "not measured"
  | "no bound";

/** Which of its bounds a row keeps; a value equal to a bound keeps it. */
export function verdictOf(row: BenchRow): BenchVerdict {
  if (row.value === undefined) return "not measured";
  const value = typeof row.value === "number" ? row.value : row.value.median;
  const keeps = (bound: number): boolean =>
    row.better === "smaller" ? value <= bound : value >= bound;
  if (row.aim !== undefined && keeps(row.aim)) return "aim";
  if (row.must !== undefined) return keeps(row.must) ? "must" : "missed";
  return row.aim === undefined ? "no bound" : "missed";
}

/** Longest note that an error makes: a row of a table is one line. */
const ERROR_CHARACTERS = 80;

/** The note of a row that could not be measured. */
export function errorNote(error: unknown): string {
  const [line] = String(error).split("\n");
  return line.length > ERROR_CHARACTERS
    ? `${line.slice(0, ERROR_CHARACTERS - 3)}...`
    : line;
}

/** The rows as a table of text for terminals and Markdown: `measure | value | must | aim | verdict`. */
export function benchTable(rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [
    row.measure,
    valueText(row) + (row.note === undefined ? "" : ` (${row.note})`),
    boundText(row, row.must),
    boundText(row, row.aim),
    verdictOf(row) === "missed" ? "MISSED" : verdictOf(row),
  ]);
  cells.unshift(["measure", "value", "must", "aim", "verdict"]);
  const widths = cells[0].map((_, column) =>
    Math.max(...cells.map((row) => row[column].length))
  );
  const lines = cells.map((row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`
  );
  lines.splice(
    1,
    0,
    `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`,
  );
  return lines.join("\n");
}

function valueText({ value, unit }: BenchRow): string {
  if (value === undefined) return "-";
  if (typeof value === "number") return withUnit(value, unit);
  return `${withUnit(value.median, unit)} [${short(value.low)}..${
    short(value.high)
  }]`;
}

function boundText(
  { better, unit }: BenchRow,
  bound: number | undefined,
): string {
  return bound === undefined
    ? "-"
    : `${better === "smaller" ? "<=" : ">="} ${withUnit(bound, unit)}`;
}

function withUnit(value: number, unit: string | undefined): string {
  return unit === undefined ? short(value) : `${short(value)} ${unit}`;
}

/** Three significant digits, never an exponent. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
