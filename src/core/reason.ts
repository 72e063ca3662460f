/** What a task can wait for, and the event that says so. */

import {
  EventType,
  type EventTypeNumber,
  leadByte,
} from "../format/event_catalogue.ts";

/** Reasons of a wait. Numbers fit a raw record; 0 is "not known". */
export const Reason = {
  Unknown: 0,
  /** A timer. */
  Sleep: 1,
  /** A socket, a request, a remote service. */
  Network: 2,
  /** A lock, a file, a thread pool, or all of several promises. */
  Sync: 3,
  /** The first of several promises. */
  Select: 4,
  /** The result of another task. */
  Task: 5,
  /** Data from a stream, queue or port. */
  Receive: 6,
  /** Room in a stream or queue. */
  Send: 7,
} as const;

/** One of {@linkcode Reason}. */
export type Reason = typeof Reason[keyof typeof Reason];

const BLOCK_EVENTS: readonly EventTypeNumber[] = [
  EventType.GoBlock,
  EventType.GoSleep,
  EventType.GoBlockNet,
  EventType.GoBlockSync,
  EventType.GoBlockSelect,
  EventType.GoBlockCond,
  EventType.GoBlockRecv,
  EventType.GoBlockSend,
];

/** Lead byte of the block event for each reason, indexed by reason. */
export const BLOCK_LEADS: Uint8Array = Uint8Array.from(BLOCK_EVENTS, leadByte);
