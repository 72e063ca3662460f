/** What is wrapped on Bun. */

import type { ApiTable } from "./api_table.ts";
import {
  BUN_SERVER_ROW,
  FETCH_ROWS,
  HTTP_SERVER_ROWS,
  NODE_CLIENT_ROWS,
} from "./http.ts";
import { BUN_SIGNAL_ROW, EVENT_ROWS, WEB_SOCKET_ROW } from "./events.ts";
import { BUN_LOCAL_MISSING, BUN_LOCAL_ROWS } from "./local.ts";
import { PROMISE_ROWS } from "./promises.ts";
import { BUN_SOCKET_ROWS, NODE_SOCKET_ROWS } from "./sockets.ts";
import { BUN_STREAM_ROWS, STREAM_ROWS } from "./streams.ts";
import { BUN_SLEEP_ROW, TIMER_ROWS } from "./timers.ts";
import { BUN_WORKER_ROWS } from "./workers.ts";

/** See the head of this file. */
export const BUN_APIS: ApiTable = {
  rows: [
    ...TIMER_ROWS,
    BUN_SLEEP_ROW,
    ...PROMISE_ROWS,
    BUN_SERVER_ROW,
    ...FETCH_ROWS,
    ...HTTP_SERVER_ROWS,
    ...NODE_CLIENT_ROWS,
    ...BUN_SOCKET_ROWS,
    ...NODE_SOCKET_ROWS,
    ...STREAM_ROWS,
    ...EVENT_ROWS,
    WEB_SOCKET_ROW,
    BUN_SIGNAL_ROW,
    ...BUN_STREAM_ROWS,
    ...BUN_WORKER_ROWS,
    ...BUN_LOCAL_ROWS,
  ],
  missing: [...BUN_LOCAL_MISSING],
};
