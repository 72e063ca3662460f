/**
 * Futile wakeups, left out as Go's readers up to 1.22 leave them out: a
 * goroutine that is woken, finds that it must go on waiting and says so with
 * FutileWakeup was waiting all along.
 */

import { EventType } from "./event_catalogue.ts";
import { type EventColumns, SHOWN_TYPE } from "./event_columns.ts";

/** Rows since the last unblock of a goroutine, and whether they were in vain. */
interface Wakeup {
  isFutile: boolean;
  rows: number[];
}

/** Removes the events of every futile wakeup from ordered events. */
export function removeFutileWakeups(events: EventColumns): void {
  const isRemoved = new Uint8Array(events.length);
  const wakeups = new Map<number, Wakeup>();
  const of = (go: number): Wakeup => {
    let wakeup = wakeups.get(go);
    if (wakeup === undefined) {
      wakeups.set(go, wakeup = { isFutile: false, rows: [] });
    }
    return wakeup;
  };
  for (let row = 0; row < events.length; row++) {
    const go = events.go[row];
    switch (SHOWN_TYPE[events.type[row]]) {
      case EventType.GoUnblock:
        of(events.target(row)).rows = [row];
        break;
      case EventType.FutileWakeup:
        of(go).isFutile = true;
        of(go).rows.push(row);
        break;
      case EventType.GoStart:
      case EventType.GoPreempt:
        of(go).rows.push(row);
        break;
      case EventType.GoBlock:
      case EventType.GoBlockSend:
      case EventType.GoBlockRecv:
      case EventType.GoBlockSelect:
      case EventType.GoBlockSync:
      case EventType.GoBlockCond: {
        const wakeup = wakeups.get(go);
        if (wakeup?.isFutile) {
          isRemoved[row] = 1;
          for (const part of wakeup.rows) isRemoved[part] = 1;
        }
        wakeups.delete(go);
        break;
      }
    }
  }
  const kept = new Uint32Array(events.length);
  let count = 0;
  for (let row = 0; row < events.length; row++) {
    if (!isRemoved[row]) kept[count++] = row;
  }
  events.rearrange(kept.slice(0, count));
}
