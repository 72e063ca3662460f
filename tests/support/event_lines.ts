/**
 * A trace as lines that read like sentences: who, what, whom. A goroutine goes by its entry function, a second one of
 * the same name by `name#2`; what no goroutine does is done by `loop`.
 *
 *     main create f
 *     f block sleep
 *     loop unblock f
 */
import { EventType } from "../../src/format/event_catalogue.ts";
import type { GoId } from "../../src/format/ids.ts";
import type { Trace } from "../../src/format/trace.ts";

/** What the lines tell beside who does what. */
export interface LineOptions {
  /** Time in front, in milliseconds since the first event. @default {false} */
  readonly times?: boolean;
  /** Functions of the stack behind it, leaf first: of blocks, unblocks and yields. @default {false} */
  readonly stacks?: boolean;
  /** When the loop wakes up and falls asleep. @default {false} */
  readonly idle?: boolean;
}

const BLOCKS: { readonly [type: number]: string } = {
  [EventType.GoBlock]: "unknown",
  [EventType.GoSleep]: "sleep",
  [EventType.GoBlockNet]: "network",
  [EventType.GoBlockSync]: "sync",
  [EventType.GoBlockSelect]: "select",
  [EventType.GoBlockCond]: "task",
  [EventType.GoBlockRecv]: "receive",
  [EventType.GoBlockSend]: "send",
};

/** Names of the goroutines of a trace, by id. */
export function goroutineNames(trace: Trace): Map<GoId, string> {
  const names = new Map<GoId, string>([[0 as GoId, "loop"]]);
  const counts = new Map<string, number>();
  for (const e = trace.cursor(); e.next();) {
    if (e.type !== EventType.GoCreate) continue;
    const entry = trace.frames(e.arg(1) as Parameters<Trace["frames"]>[0]);
    const name = entry.at(0)?.fn ?? "?";
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    names.set(e.arg(0) as GoId, count === 1 ? name : `${name}#${count}`);
  }
  return names;
}

/** The events as lines; see the head of this file. The closing statistics are left out. */
export function eventLines(trace: Trace, options: LineOptions = {}): string[] {
  const names = goroutineNames(trace);
  const name = (g: number) => names.get(g as GoId) ?? `g${g}`;
  const lines: string[] = [];
  for (const e = trace.cursor(); e.next();) {
    const { type } = e;
    let text: string;
    if (type in BLOCKS) text = `block ${BLOCKS[type]}`;
    else {
      switch (type) {
        case EventType.Gomaxprocs:
          continue;
        case EventType.ProcStart:
          if (!options.idle) continue;
          text = "awake";
          break;
        case EventType.ProcStop:
          if (!options.idle) continue;
          text = "asleep";
          break;
        case EventType.GoCreate:
          text = `create ${name(e.arg(0))}`;
          break;
        case EventType.GoStart:
          text = "start";
          break;
        case EventType.GoEnd:
          text = "end";
          break;
        case EventType.GoSched:
          text = "yield";
          break;
        case EventType.GoPreempt:
          text = "preempt";
          break;
        case EventType.GoUnblock:
          text = `unblock ${name(e.arg(0))}`;
          break;
        case EventType.GoSysCall:
          text = "call";
          break;
        case EventType.GoSysBlock:
          text = "block syscall";
          break;
        case EventType.GoSysExit:
          text = "return";
          break;
        case EventType.UserTaskCreate:
          text = `begin ${e.label}`;
          break;
        case EventType.UserTaskEnd:
          text = `finish`;
          break;
        case EventType.UserRegion:
          text = `${e.arg(1) === 0 ? "enter" : "leave"} ${e.label}`;
          break;
        case EventType.UserLog:
          if (e.label === "looptrace.statistics") continue;
          text = `log ${e.label} ${e.message}`;
          break;
        default:
          text = e.name;
      }
    }
    const isTold = type in BLOCKS || type === EventType.GoSysCall ||
      type === EventType.GoUnblock ||
      type === EventType.GoSched || type === EventType.GoPreempt;
    const stack = options.stacks && isTold
      ? ` at ${e.frames.map(({ fn, line }) => `${fn}:${line}`).join(" < ")}`
      : "";
    const time = options.times ? `${(e.time / 1e6).toFixed(3)} ` : "";
    lines.push(`${time}${name(e.g)} ${text}${stack}`);
  }
  return lines;
}
