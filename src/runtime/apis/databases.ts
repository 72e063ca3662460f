/** Databases that are elsewhere. Others than these come through sockets. */

import { Reason } from "../../core/reason.ts";
import { wrapCommands } from "../wrappers/redis.ts";
import type { ApiRow, MissingApi } from "./api_table.ts";

const family = "databases";

/** Bun's Redis client. */
export const BUN_REDIS_ROW: ApiRow = {
  family,
  owner: "Bun.RedisClient.prototype",
  keys: ["send"],
  how: "promise",
  reason: Reason.Network,
  note: "and every other command",
  wrap: (context, owner) => wrapCommands(context, owner, Reason.Network),
};

/** Bun's SQL client. */
export const BUN_SQL_MISSING: MissingApi = {
  family,
  api: "Bun.sql",
  why: "a query is a promise of a subclass that starts when it is awaited",
};
