/**
 * What a task waits for, as one small integer: a reason and, where it is known,
 * the operation that is waited for. 0 is nothing known. Hooks and wrappers hand
 * it on as it is; only what writes a block takes it apart.
 */

import type { Reason } from "./reason.ts";

/** A reason, and above its bits the site of an operation, or none. */
export type Wait = number;

const REASON_BITS = 3;
const REASON_MASK = (1 << REASON_BITS) - 1;

/** Waits fit into so many bits, as there are never more than 2^17 sites. */
export const WAIT_BITS = 20;

/** The wait for `reason`, and for the operation of site `operation`. */
export function waitOf(reason: Reason, operation: number): Wait {
  return reason | operation << REASON_BITS;
}

/** Why a task waits. */
export function reasonOfWait(wait: Wait): Reason {
  return (wait & REASON_MASK) as Reason;
}

/** The site of the operation that is waited for, or `NO_SITE`. */
export function operationOfWait(wait: Wait): number {
  return wait >>> REASON_BITS;
}
