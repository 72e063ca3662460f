/** Promises that are made of others. */

import { Reason } from "../../core/reason.ts";
import type { ApiRow } from "./api_table.ts";

const row = {
  family: "promises",
  owner: "Promise",
  how: "own",
  // The adapters put these in for the time of a recording only.
  wrap: () => {},
} as const;

/** The combinators; see `wrappers/combinators.ts`. */
export const PROMISE_ROWS: readonly ApiRow[] = [
  { ...row, keys: ["all", "allSettled"], reason: Reason.Sync },
  { ...row, keys: ["race", "any"], reason: Reason.Select },
];
