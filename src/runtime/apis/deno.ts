/** What is wrapped on Deno. */

import type { ApiTable } from "./api_table.ts";
import { DENO_LOCAL_MISSING, DENO_LOCAL_ROWS } from "./local.ts";
import { DENO_NETWORK_MISSING, DENO_NETWORK_ROWS } from "./network.ts";
import { MISSING_DENO_MESSAGES } from "./messages.ts";
import { PROMISE_ROWS } from "./promises.ts";
import { TIMER_ROWS } from "./timers.ts";
import { DENO_WORKER_ROW } from "./workers.ts";

/** See the head of this file. */
export const DENO_APIS: ApiTable = {
  rows: [
    ...TIMER_ROWS,
    ...PROMISE_ROWS,
    ...DENO_NETWORK_ROWS,
    DENO_WORKER_ROW,
    ...DENO_LOCAL_ROWS,
  ],
  missing: [
    ...MISSING_DENO_MESSAGES,
    ...DENO_NETWORK_MISSING,
    ...DENO_LOCAL_MISSING,
  ],
};
