/** Events: who dispatches them, and waits for one. */

import { Reason } from "../../core/reason.ts";
import { wrapIteratorMaker } from "../wrappers/async_iterators.ts";
import { wrapAddListener, wrapEmit, wrapOnce } from "../wrappers/emitters.ts";
import { wrapDispatch, wrapListeners } from "../wrappers/event_targets.ts";
import { Operation } from "../wrappers/operation.ts";
import type { ApiRow } from "./api_table.ts";

const family = "events";

/** Those of all runtimes. */
export const EVENT_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "events.EventEmitter.prototype",
    keys: ["emit"],
    how: "event",
    reason: Reason.Unknown,
    wrapForNow: wrapEmit,
  },
  ...["once", "on"].map((key): ApiRow => ({
    family,
    owner: "events.EventEmitter.prototype",
    keys: [key],
    how: "own",
    reason: Reason.Receive,
    wrapForNow: wrapAddListener(key),
    note: "in a promise's executor",
  })),
  {
    family,
    owner: "EventTarget.prototype",
    keys: ["dispatchEvent"],
    how: "event",
    reason: Reason.Unknown,
    wrapForNow: wrapDispatch,
  },
  {
    family,
    owner: "events",
    keys: ["once"],
    how: "promise",
    reason: Reason.Receive,
    wrap: wrapOnce,
  },
  {
    family,
    owner: "events",
    keys: ["on"],
    how: "own",
    reason: Reason.Receive,
    wrap(context, owner) {
      const operation = new Operation(
        context.sites,
        "events.on",
        Reason.Receive,
      );
      wrapIteratorMaker(owner, ["on"], operation, context);
    },
  },
];

const SOCKET_EVENTS = ["open", "message", "error", "close"] as const;

/** WebSockets of Deno and Bun, which dispatch some of their events by themselves. */
export const WEB_SOCKET_ROW: ApiRow = {
  family,
  owner: "WebSocket.prototype",
  keys: ["addEventListener"],
  how: "event",
  reason: Reason.Unknown,
  wrap: (context, owner) => wrapListeners(context, owner, SOCKET_EVENTS, true),
};

/** Signals of Bun, which does the same. */
export const BUN_SIGNAL_ROW: ApiRow = {
  family,
  owner: "AbortSignal.prototype",
  keys: ["addEventListener"],
  how: "event",
  reason: Reason.Unknown,
  wrap: (context, owner) => wrapListeners(context, owner, ["abort"], false),
};
