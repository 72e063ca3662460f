/**
 * What the program says of itself: user tasks, regions, logs. An annotation is
 * a raw record with more to it than numbers; it waits beside the raw log, for
 * as long as its record does.
 */

import {
  NO_STRING,
  NO_USER_TASK,
  type StringId,
  type UserTaskId,
} from "../format/ids.ts";
import type { TaskRecord } from "./task_table.ts";

/** What an annotation says. */
export const AnnotationKind = {
  TaskBegin: 0,
  TaskEnd: 1,
  RegionBegin: 2,
  RegionEnd: 3,
  Log: 4,
  /** A region that is over, told when it ended. */
  RegionPast: 5,
} as const;
/** One of {@linkcode AnnotationKind}. */
export type AnnotationKind = typeof AnnotationKind[keyof typeof AnnotationKind];

/** Longest name of a user task, region or category, in UTF-16 units. */
export const MAX_NAME_LENGTH = 200;

/** Longest message of a log, in UTF-16 units. */
export const MAX_MESSAGE_LENGTH = 4096;

/** What stands for the rest of a text that was cut. */
const CUT = "…";

/** Characters that could do harm in a terminal or a table. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** The same, but for those that make the lines of a message. */
// deno-lint-ignore no-control-regex
const CONTROLS_BUT_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A region between its begin and its end, by whoever knows of it. */
export class OpenRegion {
  readonly name: string;
  /** The goroutine that it is on, once that is known, until it is closed. */
  task: TaskRecord | null = null;
  userTask: UserTaskId = NO_USER_TASK;
  nameId: StringId = NO_STRING;
  /** True once its begin is written. */
  isBegun = false;
  /** True once it has ended, though that may not be written yet. */
  isEnded = false;

  constructor(name: string) {
    this.name = name;
  }
}

/** One annotation; see the head of this file. */
export class Annotation {
  readonly kind: AnnotationKind;
  /**
   * The user task that begins or ends; that which a region or log belongs to,
   * {@linkcode NO_USER_TASK} for that of the code that runs.
   */
  readonly userTask: UserTaskId;
  /** Name of the task, or category. */
  readonly name: string;
  /** Of a log. */
  readonly message: string;
  readonly region: OpenRegion | undefined;
  /** Of a task that begins; NO_USER_TASK for that of the code that runs. */
  readonly parent: UserTaskId;
  /**
   * Of a region around an async call: number of the record with which that call
   * began or first waited. 0 if there is none.
   */
  call = 0;
  /** Of a region that is over: the record that it began before, and when. */
  before = 0;
  beganTicks = 0;

  constructor(
    kind: AnnotationKind,
    userTask: UserTaskId,
    name: string,
    message = "",
    region: OpenRegion | undefined = undefined,
    parent: UserTaskId = NO_USER_TASK,
  ) {
    this.kind = kind;
    this.userTask = userTask;
    this.name = name;
    this.message = message;
    this.region = region;
    this.parent = parent;
  }

  /** True if it is no doing of the code that runs. */
  get isLate(): boolean {
    return this.kind === AnnotationKind.RegionEnd;
  }

  /** Characters that it holds. */
  get length(): number {
    return this.name.length + this.message.length;
  }
}

/** `value` as a name: one line, cut if it is too long. */
export function toName(value: unknown): string {
  return cut(toText(value), MAX_NAME_LENGTH).replace(CONTROLS, " ");
}

/** `value` as a message, cut if it is too long. */
export function toMessage(value: unknown): string {
  return cut(toText(value), MAX_MESSAGE_LENGTH)
    .replace(CONTROLS_BUT_LINES, " ");
}

/** True if `toMessage` cuts `value`. */
export function isTooLong(value: unknown): boolean {
  return toText(value).length > MAX_MESSAGE_LENGTH;
}

/** Text of anything: the program may hand over what has none. */
function toText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return String(value);
  } catch {
    return "(no text)";
  }
}

/** The beginning of `text`, cut where a character ends. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 2);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, length - (isHalf ? 2 : 1)) + CUT;
}
