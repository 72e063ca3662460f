/** What is wrapped on Node. */

import type { ApiTable } from "./api_table.ts";
import { HTTP_SERVER_ROWS, NODE_CLIENT_ROWS, NODE_FETCH_ROWS } from "./http.ts";
import { EVENT_ROWS } from "./events.ts";
import { NODE_LOCAL_MISSING, NODE_LOCAL_ROWS } from "./local.ts";
import { PROMISE_ROWS } from "./promises.ts";
import { NODE_SOCKET_ROWS } from "./sockets.ts";
import { STREAM_ROWS } from "./streams.ts";
import { TIMER_ROWS } from "./timers.ts";
import { NODE_WORKER_ROW } from "./workers.ts";

/** See the head of this file. */
export const NODE_APIS: ApiTable = {
  rows: [
    ...TIMER_ROWS,
    ...PROMISE_ROWS,
    ...NODE_FETCH_ROWS,
    ...HTTP_SERVER_ROWS,
    ...NODE_CLIENT_ROWS,
    ...NODE_SOCKET_ROWS,
    ...STREAM_ROWS,
    NODE_WORKER_ROW,
    ...EVENT_ROWS,
    ...NODE_LOCAL_ROWS,
  ],
  missing: [...NODE_LOCAL_MISSING],
};
