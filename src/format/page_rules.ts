/**
 * What Go's parsers take but the pages of `go tool trace` and its later
 * versions do not (spec, sections 13 and 14): a file with such a defect is
 * legal and yet shows nothing, or the wrong thing.
 */

import { EVENT_SPECS, EventType } from "./event_catalogue.ts";
import {
  ARGUMENT_KINDS,
  ENDS_SLICE,
  type EventColumns,
} from "./event_columns.ts";
import { MAX_STACK_FRAMES } from "./limits.ts";
import type { Trace } from "./trace.ts";

/** Each rule with what happens to a file that breaks it. */
export const PAGE_RULES = {
  "old-header": "Go 1.23 and later do not open headers before 1.11",
  "first-record-not-batch": "Go 1.23 and later refuse the file",
  "record-too-long": "Go 1.23 and later refuse a record of over 2048 bytes",
  "large-proc": "Go 1.23 and later refuse processors of 2^31 and more",
  "futile-wakeup": "Go 1.23 and later refuse FutileWakeup",
  "running-at-end": "Go 1.19 and 1.22 crash: a goroutine runs at the end",
  "open-range": "Go 1.19 and 1.22 crash: GC, STW or sweep is open at the end",
  "no-goroutine": "STW, mark assist or region while no goroutine runs: crash",
  "create-without-stack": "Go 1.19 and 1.22 serve nothing: no entry frame",
  "zero-pc": "Go 1.19's goroutine page dies: an entry frame has PC 0",
  "region-without-stack": "Go 1.19's task and region pages die",
  "proc-beyond-gomaxprocs": "Go 1.19's MMU page dies",
  "gomaxprocs-missing": "The MMU page dies: fewer than two Gomaxprocs",
  "no-proc-start": "Go 1.23 and later: no view by thread",
  "start-without-proc": "Go 1.23 and later crash: a start on processor -1",
  "syscall-keeps-proc":
    "Go 1.23 and later crash: GoSysBlock without ProcStop after it",
  "too-many-frames": "Go 1.23 and later: profile pages die over 128 frames",
  "unknown-string": "Go 1.23 and later panic: a string id has no text",
  "pc-with-two-places": "One PC has two places: the first wins for all stacks",
  "large-stack-id": "Go 1.23 and later cut stack ids to 32 bits",
  "unknown-stack": "A stack id has no Stack record: shown without a stack",
  "unblock-without-stack":
    "Go 1.23 to 1.25 sum waits wrongly; Go 1.19's sched profile lacks it",
} as const;

/** The name of a rule. */
export type PageRule = keyof typeof PAGE_RULES;

/** One broken rule, with its first instance. */
export interface PageDefect {
  readonly rule: PageRule;
  /** What happens, and where it was seen first. */
  readonly message: string;
  /** How often. */
  readonly count: number;
  /** Offset of the first record concerned, where there is one. */
  readonly offset: number | undefined;
}

/** The rules that `trace` breaks, each once. */
export function findPageDefects(trace: Trace): PageDefect[] {
  const defects = new Defects();
  checkRecords(trace, defects);
  checkStacks(trace, defects);
  checkEvents(trace, defects);
  return defects.list();
}

class Defects {
  readonly #found: Map<
    PageRule,
    { detail: string; offset: number | undefined; count: number }
  > = new Map();

  add(rule: PageRule, detail: string, offset?: number): void {
    const known = this.#found.get(rule);
    if (known !== undefined) known.count++;
    else this.#found.set(rule, { detail, offset, count: 1 });
  }

  list(): PageDefect[] {
    return [...this.#found].map(([rule, { detail, offset, count }]) => ({
      rule,
      message: `${PAGE_RULES[rule]}: ${detail}` +
        (offset === undefined ? "" : ` (offset ${offset})`),
      count,
      offset,
    }));
  }
}

function checkRecords(trace: Trace, defects: Defects): void {
  const { notes, version, procs, wides } = trace;
  if (version < 11) defects.add("old-header", `1.${version}`);
  if (notes.notBatchFirst !== undefined) {
    defects.add("first-record-not-batch", "no Batch", notes.notBatchFirst);
  }
  if (notes.longRecord !== undefined) {
    defects.add("record-too-long", "a length prefix", notes.longRecord);
  }
  if (notes.hasFutileWakeups) defects.add("futile-wakeup", "found");
  for (const id of procs.ids) {
    if (id < -1 || id >= 2 ** 31) {
      defects.add("large-proc", wides.toSignedText(id));
    }
  }
}

function checkStacks(trace: Trace, defects: Defects): void {
  const { stacks, strings, wides } = trace;
  /** Place of each PC, as one text. */
  const places = new Map<number, string>();
  let last = -1;
  stacks.eachFrame((stack, pc, fn, file, line) => {
    const name = `stack ${wides.toText(stacks.ids.ids[stack])}`;
    if (stack !== last) {
      last = stack;
      const depth = stacks.depth(stack);
      if (depth > MAX_STACK_FRAMES) {
        defects.add("too-many-frames", `${name} has ${depth}`);
      }
      const id = stacks.ids.ids[stack];
      if (id < 0 || id >= 2 ** 32) defects.add("large-stack-id", name);
    }
    for (const string of [fn, file]) {
      if (string !== 0 && !strings.has(string)) {
        const id = wides.toText(strings.ids.ids[string]);
        defects.add("unknown-string", `string ${id} in ${name}`);
      }
    }
    const place = `${fn} ${file} ${line}`;
    const known = places.get(pc);
    if (known === undefined) places.set(pc, place);
    else if (known !== place) {
      defects.add("pc-with-two-places", `pc ${wides.toText(pc)} in ${name}`);
    }
  });
}

function checkEvents(trace: Trace, defects: Defects): void {
  const { events, stacks, procs } = trace;
  const { type, go, proc, offset } = events;
  /** Goroutine on each processor, and whether a blocked syscall still holds it. */
  const running = new Uint32Array(procs.length);
  const isHeld = new Uint8Array(procs.length);
  const procOf = new Int32Array(trace.goroutines.length).fill(-1);
  const regions = new Map<number, boolean[]>();
  const open = new Map<string, number>();
  let gomaxprocs = 0;
  let highest = 0;
  let procStarts = 0;
  for (let row = 0; row < events.length; row++) {
    const g = go[row];
    const p = proc[row];
    const at = offset[row];
    checkStrings(trace, row, defects);
    if (events.stack[row] !== 0 && stacks.depth(events.stack[row]) === 0) {
      defects.add("unknown-stack", nameOf(events, row), at);
    }
    switch (type[row]) {
      case EventType.Gomaxprocs:
        gomaxprocs++;
        highest = Math.max(highest, events.argument(row, 0));
        break;
      case EventType.ProcStart:
        procStarts++;
        break;
      case EventType.ProcStop:
        isHeld[p] = 0;
        break;
      case EventType.GoCreate: {
        const entry = stacks.frames(events.argument(row, 1));
        if (entry.length === 0) {
          defects.add(
            "create-without-stack",
            goName(trace, events.target(row)),
            at,
          );
        } else if (entry[0].pc === 0) {
          defects.add("zero-pc", goName(trace, events.target(row)), at);
        }
        if (regions.get(g)?.at(-1) && stacks.depth(events.stack[row]) === 0) {
          defects.add("region-without-stack", "GoCreate in a region", at);
        }
        break;
      }
      case EventType.GoStart:
      case EventType.GoStartLocal:
      case EventType.GoStartLabel:
        running[p] = g;
        procOf[g] = p;
        if (procs.ids[p] === -1) {
          defects.add("start-without-proc", goName(trace, g), at);
        }
        if (isHeld[p]) {
          defects.add("syscall-keeps-proc", goName(trace, g), at);
          isHeld[p] = 0;
        }
        break;
      case EventType.GoUnblock:
      case EventType.GoUnblockLocal:
        if (stacks.depth(events.stack[row]) === 0) {
          defects.add(
            "unblock-without-stack",
            goName(trace, events.target(row)),
            at,
          );
        }
        break;
      case EventType.GCStart:
        open.set("GC", at);
        break;
      case EventType.GCDone:
        open.delete("GC");
        break;
      case EventType.STWStart:
        open.set("STW", at);
        if (running[p] === 0) defects.add("no-goroutine", "STWStart", at);
        break;
      case EventType.STWDone:
        open.delete("STW");
        if (running[p] === 0) defects.add("no-goroutine", "STWDone", at);
        break;
      case EventType.GCSweepStart:
        open.set(`sweep on p ${procs.ids[p]}`, at);
        break;
      case EventType.GCSweepDone:
        open.delete(`sweep on p ${procs.ids[p]}`);
        break;
      case EventType.GCMarkAssistStart:
      case EventType.GCMarkAssistDone:
        if (g === 0) defects.add("no-goroutine", nameOf(events, row), at);
        break;
      case EventType.UserRegion: {
        if (g === 0) defects.add("no-goroutine", "UserRegion", at);
        let stack = regions.get(g);
        if (stack === undefined) regions.set(g, stack = []);
        if (events.argument(row, 1) === 0) {
          stack.push(events.argument(row, 0) !== 0);
          if (stacks.depth(events.stack[row]) === 0) {
            defects.add("region-without-stack", goName(trace, g), at);
          }
        } else stack.pop();
        break;
      }
      default:
    }
    if (ENDS_SLICE[type[row]]) {
      running[p] = 0;
      procOf[g] = -1;
      if (type[row] === EventType.GoSysBlock) isHeld[p] = 1;
      if (type[row] === EventType.GoEnd) regions.delete(g);
    }
  }
  for (let g = 1; g < procOf.length; g++) {
    if (procOf[g] >= 0) {
      defects.add("running-at-end", goName(trace, g));
    }
  }
  for (const [name, at] of open) defects.add("open-range", name, at);
  if (gomaxprocs < 2) defects.add("gomaxprocs-missing", `found ${gomaxprocs}`);
  if (procStarts === 0) defects.add("no-proc-start", "no ProcStart");
  checkProcs(trace, highest, defects);
}

function checkStrings(trace: Trace, row: number, defects: Defects): void {
  const { events, strings, wides } = trace;
  const kinds = ARGUMENT_KINDS[events.type[row]];
  if (kinds.length < 2) return;
  for (let index = 0; index < kinds.length; index++) {
    if (kinds[index] !== "string") continue;
    const string = events.argument(row, index);
    if (string === 0 || strings.has(string)) continue;
    const id = wides.toText(strings.ids.ids[string]);
    defects.add(
      "unknown-string",
      `string ${id} in ${nameOf(events, row)}`,
      events.offset[row],
    );
  }
}

/** Go 1.19's utilisation looks up these events' processors in a list of Gomaxprocs entries. */
function checkProcs(trace: Trace, highest: number, defects: Defects): void {
  const { events, procs } = trace;
  for (let row = 0; row < events.length; row++) {
    switch (events.type[row]) {
      case EventType.GCSweepStart:
      case EventType.GCSweepDone:
      case EventType.GCMarkAssistStart:
      case EventType.GCMarkAssistDone:
      case EventType.GoStartLabel: {
        const p = procs.ids[events.proc[row]];
        if (p < 0 || p >= highest) {
          defects.add(
            "proc-beyond-gomaxprocs",
            `${nameOf(events, row)} on p ${p} of ${highest}`,
            events.offset[row],
          );
        }
      }
    }
  }
}

function nameOf(events: EventColumns, row: number): string {
  return EVENT_SPECS[events.type[row] - 1].name;
}

function goName(trace: Trace, index: number): string {
  return `g ${trace.wides.toText(trace.goroutines.ids[index])}`;
}
