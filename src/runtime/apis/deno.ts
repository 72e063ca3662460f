/** What is wrapped on Deno. */

import type { ApiTable } from "./api_table.ts";
import {
  DENO_SERVER_ROW,
  FETCH_ROWS,
  HTTP_SERVER_ROWS,
  NODE_CLIENT_ROWS,
} from "./http.ts";
import { EVENT_ROWS, WEB_SOCKET_ROW } from "./events.ts";
import { DENO_LOCAL_MISSING, DENO_LOCAL_ROWS } from "./local.ts";
import { PROMISE_ROWS } from "./promises.ts";
import { DENO_SOCKET_ROWS, NODE_SOCKET_ROWS } from "./sockets.ts";
import { STREAM_ROWS } from "./streams.ts";
import { TIMER_ROWS } from "./timers.ts";
import { DENO_WORKER_ROW } from "./workers.ts";

/** See the head of this file. */
export const DENO_APIS: ApiTable = {
  rows: [
    ...TIMER_ROWS,
    ...PROMISE_ROWS,
    DENO_SERVER_ROW,
    ...FETCH_ROWS,
    ...HTTP_SERVER_ROWS,
    ...NODE_CLIENT_ROWS,
    ...DENO_SOCKET_ROWS,
    ...NODE_SOCKET_ROWS,
    ...STREAM_ROWS,
    ...EVENT_ROWS,
    WEB_SOCKET_ROW,
    DENO_WORKER_ROW,
    ...DENO_LOCAL_ROWS,
  ],
  missing: [...DENO_LOCAL_MISSING],
};
