/** Web Locks. */

import { Reason } from "../../core/reason.ts";
import { wrapLockRequest } from "../wrappers/locks.ts";
import type { ApiRow } from "./api_table.ts";

/**
 * `navigator.locks.request`: its callback is blocked until it has the lock, and
 * who asked until the callback is done.
 */
export const LOCK_ROW: ApiRow = {
  family: "locks",
  owner: "navigator.locks",
  keys: ["request"],
  how: "own",
  reason: Reason.Sync,
  wrap: wrapLockRequest,
};
