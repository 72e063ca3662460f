/**
 * What the trace of a family must say of each snippet: for all that it measured one task with a wait whose innermost
 * frame is the operation, of the named reason, ended by the right party, as long as it was; or a goroutine in a system
 * call for what blocked the loop.
 */
// @ts-types="../known_truth_check.d.ts"
import { REASONS } from "../../node/known_truth_check.mjs";
import type { Trace } from "../../../src/format/trace.ts";
import { eventLines } from "../../support/event_lines.ts";

/** Two numbers, the smaller one first. */
type Range = readonly [least: number, most: number];

/** What a snippet says that the trace must have, and what it measured. */
export interface Told {
  readonly kind: "wait" | "sync" | "goroutine" | "region";
  /** At least and at most, of a wait or a call. */
  readonly ms?: Range;
  /** Name of the goroutine or region. */
  readonly name?: string;
  readonly api?: string;
  readonly reason?: string;
  readonly waker?: string;
  /** What the operation works on: `/.../` is a regular expression. */
  readonly target?: string;
}

/** One snippet's outcome, as runner.mjs tells it. */
export interface SnippetResult {
  /** Its place in its file. */
  readonly index: number;
  readonly api: string;
  readonly reason?: string;
  readonly waker?: string;
  readonly target?: string;
  readonly runtimes?: readonly string[];
  /** Why it is not tried. */
  readonly untested?: string;
  readonly status: "done" | "failed" | "skipped" | "untested" | "elsewhere";
  /** Why it was skipped or has failed. */
  readonly why?: string;
  readonly told: readonly Told[];
}

/** What is wrong with one snippet. */
export interface Defect {
  readonly api: string;
  /** What was found and what was wanted. */
  readonly text: string;
  /** True if only a duration is wrong: a process that the system stops in the middle measures that. */
  readonly isDuration: boolean;
}

/** Share by which a duration may differ from what the program measured, and what is added to that. */
const TOLERANCE = 0.1;
const SLACK_MS = 0.3;

/** Calls of less than 20 us are not written, and the program's clock has seen more of them than ours. */
const SHORT_CALL_MS = 0.05;

/** A wait of a task, or a call that blocked the loop. Times are milliseconds since the first event. */
interface FoundWait {
  readonly kind: "wait" | "sync";
  /** Name of the goroutine. */
  readonly task: string;
  readonly reason: string;
  readonly functions: readonly string[];
  /** What the operation works on. */
  readonly target: string;
  readonly began: number;
  /** When it was unblocked, or the call was over. */
  ended: number;
  /** When it ran again. */
  resumed: number;
  waker: string;
}

/** All that a trace has of waits, by time, and what else snippets ask for. */
interface Found {
  readonly waits: readonly FoundWait[];
  /** Names of goroutines and regions by the time at which they began. */
  readonly goroutines: readonly {
    readonly name: string;
    readonly at: number;
  }[];
  readonly regions: readonly { readonly name: string; readonly at: number }[];
  /** Begin and end of each snippet. */
  readonly marks: ReadonlyMap<string, number>;
}

/** The defects of all snippets; `reasonOf` says what the tables have for an operation. */
export function checkSnippets(
  trace: Trace,
  results: readonly SnippetResult[],
  reasonOf: (api: string) => string | undefined,
): Defect[] {
  const found = findWaits(trace);
  return results.flatMap((result) => checkSnippet(found, result, reasonOf));
}

function checkSnippet(
  found: Found,
  result: SnippetResult,
  reasonOf: (api: string) => string | undefined,
): Defect[] {
  const { api, index, status, told } = result;
  const defect = (text: string, isDuration = false): Defect[] => [
    { api, text: `${api} (snippet ${index}): ${text}`, isDuration },
  ];
  if (status === "failed") return defect(`it threw ${result.why}`);
  if (status !== "done") return [];
  if (told.length === 0) {
    return defect("it measured nothing, wanted a call of h.timed or the like");
  }
  const from = found.marks.get(`begin ${index}`);
  const to = found.marks.get(`end ${index}`);
  if (from === undefined || to === undefined) {
    return defect("found no goroutines of its marks");
  }
  const isInside = ({ at }: { at: number }): boolean => at >= from && at <= to;
  const waits = found.waits.filter(({ began }) => isInside({ at: began }));
  const unused = new Set(waits);
  return told.flatMap((one) => {
    if (one.kind === "goroutine" || one.kind === "region") {
      const all = found[`${one.kind}s`].filter(isInside);
      if (all.some(({ name }) => name === one.name)) return [];
      const names = [...new Set(all.map(({ name }) => name))].join(", ");
      return defect(`wanted a ${one.kind} ${one.name}, found ${names}`);
    }
    const operation = one.api ?? api;
    const wanted: Wanted = {
      ...result,
      reason: result.reason ?? reasonOf(operation),
      ...one,
      kind: one.kind,
      api: operation,
    };
    if (one.kind === "wait" && wanted.reason === undefined) {
      return defect(`neither the snippet nor a table says a reason`);
    }
    if (wanted.kind === "sync" && one.ms![1] < SHORT_CALL_MS) return [];
    const good = [...unused].find((wait) => isWanted(wait, wanted));
    if (good !== undefined) {
      unused.delete(good);
      return [];
    }
    const isDuration = [...unused].some((wait) =>
      isWanted(wait, { ...wanted, ms: undefined })
    );
    return defect(
      `wanted ${wantedText(wanted)}\n${waits.map(foundText).join("\n")}`,
      isDuration,
    );
  });
}

interface Wanted {
  readonly kind: "wait" | "sync";
  readonly api: string;
  readonly reason?: string;
  readonly waker?: string;
  readonly target?: string;
  /** Undefined for any. */
  readonly ms?: Range;
}

function isWanted(wait: FoundWait, wanted: Wanted): boolean {
  const { kind, api, reason, waker = "loop", target, ms } = wanted;
  if (wait.kind !== kind || wait.functions[0] !== api) return false;
  if (target !== undefined && !isText(wait.target, target)) return false;
  if (ms !== undefined && !isAsLong(wait, ms)) return false;
  // A call's caller is woken by the call, and nothing is said of why it waits.
  if (kind === "sync") return true;
  return isOneOf(wait.reason, reason!) && isOneOf(wait.waker, waker);
}

function isOneOf(text: string, alternatives: string): boolean {
  return alternatives === "*" || alternatives.split("|").includes(text);
}

function isText(found: string, wanted: string): boolean {
  return wanted.startsWith("/") && wanted.endsWith("/") && wanted.length > 1
    ? new RegExp(wanted.slice(1, -1)).test(found)
    : found === wanted;
}

/** The program's measure ends when it runs again, somewhere between these two. */
function isAsLong(
  { began, ended, resumed }: FoundWait,
  [least, most]: Range,
): boolean {
  const slack = most * TOLERANCE + SLACK_MS;
  return ended - began <= most + slack && resumed - began >= least - slack;
}

function wantedText(wanted: Wanted): string {
  const { kind, api, reason, waker = "loop", target, ms = [0, 0] } = wanted;
  const range = ms.map((one) => one.toFixed(2)).join(" to ");
  const where = target === undefined ? "" : ` on ${target}`;
  return kind === "sync"
    ? `a system call in ${api}${where} of ${range} ms, found`
    : `a wait in ${api}${where}, ${reason}, ended by ${waker}, of ${range} ms, found`;
}

function foundText(wait: FoundWait): string {
  const { kind, task, reason, functions, target, waker } = wait;
  const ms = (wait.ended - wait.began).toFixed(2);
  const what = kind === "sync" ? "system call" : `${reason}, ended by ${waker}`;
  const resumed = (wait.resumed - wait.began).toFixed(2);
  return `    ${task}: ${functions.join(" < ")} (${target}): ${what}, ` +
    `${ms} ms, ran again after ${resumed} ms`;
}

function findWaits(trace: Trace): Found {
  const waits: FoundWait[] = [];
  const goroutines: { name: string; at: number }[] = [];
  const regions: { name: string; at: number }[] = [];
  const marks = new Map<string, number>();
  const names = new Map<number, string>([[0, "loop"]]);
  /** By goroutine: what it waits for, from the block to the next start. */
  const open = new Map<number, FoundWait>();
  for (const e = trace.cursor(); e.next();) {
    const at = e.time / 1e6;
    const task = names.get(e.g) ?? "?";
    if (e.name === "GoCreate") {
      const entry = trace.frames(e.arg(1) as Parameters<Trace["frames"]>[0]);
      names.set(e.arg(0), entry.at(0)?.fn ?? "?");
    } else if (e.name === "GoStart") {
      const wait = open.get(e.g);
      if (wait !== undefined) wait.resumed = at;
      open.delete(e.g);
      goroutines.push({ name: task, at });
      // A timer's goroutine starts when it is made, to sleep: `begin` counts from its callback, `end` to its making.
      if (task.startsWith("begin ") || !marks.has(task)) marks.set(task, at);
    } else if (e.name === "GoUnblock") {
      const wait = open.get(e.arg(0));
      if (wait === undefined) continue;
      wait.ended = at;
      wait.waker = task;
    } else if (e.name === "GoSysExit") {
      const wait = open.get(e.g);
      if (wait !== undefined) wait.ended = at;
    } else if (e.name === "UserRegion") {
      if (e.arg(1) === 0) regions.push({ name: e.label, at });
    } else if (e.name in REASONS || e.name === "GoSysCall") {
      const { frames } = e;
      const wait: FoundWait = {
        kind: e.name === "GoSysCall" ? "sync" : "wait",
        task,
        reason: REASONS[e.name] ?? "system call",
        functions: frames.map(({ fn }) => fn),
        target: frames.at(0)?.file ?? "",
        began: at,
        ended: Infinity,
        resumed: Infinity,
        waker: "nobody",
      };
      waits.push(wait);
      open.set(e.g, wait);
    }
  }
  return { waits, goroutines, regions, marks };
}

/** The events of one snippet as text, for who looks for a defect. */
export function snippetText(trace: Trace, index: number): string {
  const lines = eventLines(trace, { times: true, stacks: true });
  const from = lines.findIndex((line) => line.includes(`begin ${index} end`));
  const to = lines.findIndex((line) => line.includes(`end ${index} start`));
  return lines.slice(Math.max(from, 0), to < 0 ? undefined : to).join("\n");
}
