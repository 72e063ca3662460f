/**
 * Live tasks, which the trace calls goroutines, and the activations that they
 * are made of.
 *
 * An activation is one run of an async function or callback. A task is a chain
 * of them, each awaiting the next, as a goroutine is a chain of calls. Only the
 * innermost one waits for something else, or runs.
 */

import type { GoId, StackId, StringId, UserTaskId } from "../format/ids.ts";
import { NO_STACK, NO_STRING, NO_USER_TASK } from "../format/ids.ts";
import type { OpenRegion } from "./annotation.ts";
import { countFromOne, type IdSource } from "./thread_ids.ts";
import type { Wait } from "./wait.ts";

/** What a task is doing. */
export const TaskState = { Runnable: 0, Running: 1, Waiting: 2 } as const;
/** One of {@linkcode TaskState}. */
export type TaskState = typeof TaskState[keyof typeof TaskState];

/** One live task. */
export class TaskRecord {
  readonly goId: GoId;
  /** Its name: a stack of one frame. */
  readonly entry: StackId;
  state: TaskState = TaskState.Runnable;
  /** What it waits for and where, while it does. */
  wait: Wait = 0;
  stack: StackId = NO_STACK;
  /** The innermost activation. */
  top: Activation;
  /** The request that it serves, if any, and its name. */
  userTask: UserTaskId = NO_USER_TASK;
  userTaskName: StringId = NO_STRING;
  /** The user task of its code, unless that says otherwise. */
  context: UserTaskId = NO_USER_TASK;
  /** Regions on it that are not closed, outermost first; null for none. */
  regions: OpenRegion[] | null = null;
  /** Its place in the table. */
  index = -1;
  /** True if another thread created it: a message that was posted there. */
  isForeign = false;

  constructor(goId: GoId, entry: StackId) {
    this.goId = goId;
    this.entry = entry;
    this.top = new Activation(this, null, 0, 0);
  }
}

/** One run of an async function or callback. */
export class Activation {
  task: TaskRecord;
  /** The activation that awaits this one, and the one that this awaits. */
  outer: Activation | null;
  inner: Activation | null = null;
  /** Slot of the continuation that will resume it, 0 while it runs. */
  slot: number;
  /** Where it last stopped. */
  site: number;
  /** True for a call of which is known that it can go on. */
  isReady = false;
  /** The region that ends with this call. */
  region: OpenRegion | null = null;

  constructor(
    task: TaskRecord,
    outer: Activation | null,
    slot: number,
    site: number,
  ) {
    this.task = task;
    this.outer = outer;
    this.slot = slot;
    this.site = site;
  }
}

/** All live tasks of a recording. */
export class TaskTable {
  /** How many tasks there have been. Ids are never used again. */
  created = 0;

  readonly #live: TaskRecord[] = [];
  readonly #ids: IdSource;

  constructor(ids: IdSource = countFromOne()) {
    this.#ids = ids;
  }

  /** Number of live tasks. */
  get size(): number {
    return this.#live.length;
  }

  /** Makes a task named by `entry`, with one activation. */
  create(entry: StackId): TaskRecord {
    this.created++;
    return this.#add(this.#ids.take() as GoId, entry);
  }

  /** Takes in a task that another thread has created, to be run by this one. */
  adopt(goId: GoId, entry: StackId): TaskRecord {
    const task = this.#add(goId, entry);
    task.isForeign = true;
    return task;
  }

  #add(goId: GoId, entry: StackId): TaskRecord {
    const task = new TaskRecord(goId, entry);
    task.index = this.#live.push(task) - 1;
    return task;
  }

  /** Takes an ended task out. */
  delete(task: TaskRecord): void {
    const last = this.#live.pop()!;
    if (last !== task) {
      this.#live[task.index] = last;
      last.index = task.index;
    }
    task.index = -1;
  }

  /** The live tasks, oldest first. */
  inOrder(): TaskRecord[] {
    return this.#live.slice().sort((a, b) => a.goId - b.goId);
  }
}
