/** Time that goroutines waited, by the stack at which each wait began: what Go's blocking profiles show. */

import { EventType } from "../format/event_catalogue.ts";
import { SHOWN_TYPE } from "../format/event_columns.ts";
import type { Trace } from "../format/trace.ts";

/** The four profiles of `go tool trace -pprof`. */
export const WAIT_KINDS = ["net", "sync", "syscall", "sched"] as const;

/** The name of a profile. */
export type WaitKind = typeof WAIT_KINDS[number];

/** Events at which the waits of a profile begin. */
const BEGINNINGS: Readonly<Record<WaitKind, readonly number[]>> = {
  net: [EventType.GoBlockNet],
  sync: [
    EventType.GoBlockSend,
    EventType.GoBlockRecv,
    EventType.GoBlockSelect,
    EventType.GoBlockSync,
    EventType.GoBlockCond,
    EventType.GoBlockGC,
  ],
  syscall: [EventType.GoSysCall],
  sched: [EventType.GoCreate, EventType.GoUnblock],
};

/** Waits of one stack. */
export interface StackWaits {
  /** Dense index of the stack. */
  readonly stack: number;
  count: number;
  /** Nanoseconds. */
  time: number;
}

/** No event that a goroutine's next one would end. */
const NONE = -1;

/**
 * The waits of `kind` that began and ended within the trace, by stack, in
 * order of first sight. Waits without a stack or without duration are left
 * out. The rules are those of Go 1.19.
 */
export function waitsByStack(trace: Trace, kind: WaitKind): StackWaits[] {
  const { events, stacks } = trace;
  const { time, type, go } = events;
  const isBeginning = new Uint8Array(64);
  for (const beginning of BEGINNINGS[kind]) isBeginning[beginning] = 1;
  const waits = new Map<number, StackWaits>();
  /** Row of the event that a goroutine's next one may end. */
  const pending = new Int32Array(trace.goroutines.length).fill(NONE);

  function end(g: number, row: number): void {
    const begun = pending[g];
    if (begun === NONE || isBeginning[SHOWN_TYPE[type[begun]]] === 0) return;
    const stack = events.stack[begun];
    const duration = time[row] - time[begun];
    if (duration <= 0 || stacks.depth(stack) === 0) return;
    let sum = waits.get(stack);
    if (sum === undefined) {
      waits.set(stack, sum = { stack, count: 0, time: 0 });
    }
    sum.count++;
    sum.time += duration;
  }

  for (let row = 0; row < events.length; row++) {
    const g = go[row];
    switch (type[row]) {
      case EventType.GoCreate:
        pending[events.target(row)] = row;
        break;
      case EventType.GoStart:
      case EventType.GoStartLocal:
      case EventType.GoStartLabel:
        end(g, row);
        pending[g] = NONE;
        break;
      case EventType.GoUnblock:
      case EventType.GoUnblockLocal: {
        const target = events.target(row);
        end(target, row);
        pending[target] = row;
        break;
      }
      case EventType.GoSysExit: {
        const begun = pending[g];
        if (begun !== NONE && type[begun] === EventType.GoSysCall) end(g, row);
        pending[g] = row;
        break;
      }
      case EventType.GoWaiting:
      case EventType.GoInSyscall:
      case EventType.GoSched:
      case EventType.GoPreempt:
      case EventType.GoSysCall:
      case EventType.GoSleep:
      case EventType.GoBlock:
      case EventType.GoBlockSend:
      case EventType.GoBlockRecv:
      case EventType.GoBlockSelect:
      case EventType.GoBlockSync:
      case EventType.GoBlockCond:
      case EventType.GoBlockNet:
      case EventType.GoBlockGC:
        pending[g] = row;
        break;
    }
  }
  return [...waits.values()];
}
