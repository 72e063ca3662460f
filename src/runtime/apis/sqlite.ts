/** SQLite in the program's own process: every call blocks the loop. */

import { Reason } from "../../core/reason.ts";
import { wrapBunStatements, wrapIterated } from "../wrappers/statements.ts";
import type { ApiRow } from "./api_table.ts";
import { sqlTarget, sqlVerb } from "./targets.ts";

const family = "SQLite";
const reason = Reason.Sync;
const onText = { family, reason, how: "sync", target: sqlTarget() } as const;

/** Methods of a statement that run it. */
const RUNS = ["all", "get", "run"] as const;

/** The verb of a statement of node:sqlite. */
function statementVerb(
  _: readonly unknown[],
  receiver: unknown,
): string | undefined {
  return sqlVerb((receiver as { sourceSQL?: unknown }).sourceSQL);
}

const rows: ApiRow = {
  family,
  owner: "sqlite.StatementSync.prototype",
  keys: ["iterate"],
  how: "sync",
  reason,
  target: statementVerb,
  note: "each step of it",
  wrap: (context, owner) => wrapIterated(rows, context, owner),
};

/** Rows of `node:sqlite`, where a runtime has it. */
export const NODE_SQLITE_ROWS: readonly ApiRow[] = [
  {
    ...onText,
    owner: "sqlite.DatabaseSync.prototype",
    keys: ["exec", "prepare"],
  },
  {
    family,
    reason,
    owner: "sqlite.DatabaseSync.prototype",
    keys: ["applyChangeset", "close", "deserialize", "open", "serialize"],
    how: "sync",
  },
  {
    family,
    reason,
    owner: "sqlite.StatementSync.prototype",
    keys: RUNS,
    how: "sync",
    target: statementVerb,
  },
  rows,
  { family, reason, owner: "sqlite", keys: ["backup"], how: "promise" },
];

const statements: ApiRow = {
  family,
  owner: "Statement.prototype",
  madeBy: "bun:sqlite.Database.prototype",
  keys: [...RUNS, "iterate", "raw", "values"],
  how: "sync",
  reason,
  target: (_, receiver) => sqlVerb(String(receiver)),
  wrap: (context, owner) => wrapBunStatements(statements, context, owner),
};

/** Rows of `bun:sqlite`. */
export const BUN_SQLITE_ROWS: readonly ApiRow[] = [
  // Before what wraps the functions that make statements as any other.
  statements,
  {
    ...onText,
    owner: "bun:sqlite.Database.prototype",
    keys: ["exec", "prepare", "query", "run"],
  },
  {
    family,
    reason,
    owner: "bun:sqlite.Database.prototype",
    keys: ["close", "serialize"],
    how: "sync",
  },
];
