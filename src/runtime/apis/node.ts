/** What is wrapped on Node. */

import type { ApiTable } from "./api_table.ts";
import { NODE_LOCAL_MISSING, NODE_LOCAL_ROWS } from "./local.ts";
import { NODE_NETWORK_MISSING, NODE_NETWORK_ROWS } from "./network.ts";
import { MISSING_MESSAGES } from "./messages.ts";
import { PROMISE_ROWS } from "./promises.ts";
import { TIMER_ROWS } from "./timers.ts";
import { NODE_WORKER_ROW } from "./workers.ts";

/** See the head of this file. */
export const NODE_APIS: ApiTable = {
  rows: [
    ...TIMER_ROWS,
    ...PROMISE_ROWS,
    ...NODE_NETWORK_ROWS,
    NODE_WORKER_ROW,
    ...NODE_LOCAL_ROWS,
  ],
  missing: [
    ...MISSING_MESSAGES,
    ...NODE_NETWORK_MISSING,
    ...NODE_LOCAL_MISSING,
  ],
};
