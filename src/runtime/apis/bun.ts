/** What is wrapped on Bun. */

import type { ApiTable } from "./api_table.ts";
import { BUN_LOCAL_MISSING, BUN_LOCAL_ROWS } from "./local.ts";
import { BUN_NETWORK_MISSING, BUN_NETWORK_ROWS } from "./network.ts";
import { MISSING_MESSAGES } from "./messages.ts";
import { PROMISE_ROWS } from "./promises.ts";
import { BUN_SLEEP_ROW, TIMER_ROWS } from "./timers.ts";
import { BUN_WORKER_ROWS } from "./workers.ts";

/** See the head of this file. */
export const BUN_APIS: ApiTable = {
  rows: [
    ...TIMER_ROWS,
    BUN_SLEEP_ROW,
    ...PROMISE_ROWS,
    ...BUN_NETWORK_ROWS,
    ...BUN_WORKER_ROWS,
    ...BUN_LOCAL_ROWS,
  ],
  missing: [
    ...MISSING_MESSAGES,
    ...BUN_NETWORK_MISSING,
    ...BUN_LOCAL_MISSING,
  ],
};
