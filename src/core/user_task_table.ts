/**
 * User tasks that the program began and has not ended, for the preludes of
 * consumers that join later. Those of requests are with their goroutines.
 */

import type { StackId, StringId, UserTaskId } from "../format/ids.ts";

/** Most that are remembered; the trace has the others all the same. */
export const MAX_USER_TASKS = 16_384;

/** One user task. */
export interface LiveUserTask {
  readonly id: UserTaskId;
  readonly parent: UserTaskId;
  readonly name: StringId;
  readonly stack: StackId;
}

/** See the head of this file. */
export class UserTaskTable {
  /** How many had no room. */
  overflowed = 0;
  readonly #live = new Map<UserTaskId, LiveUserTask>();

  add(task: LiveUserTask): void {
    if (this.#live.size >= MAX_USER_TASKS) this.overflowed++;
    else this.#live.set(task.id, task);
  }

  delete(id: UserTaskId): void {
    this.#live.delete(id);
  }

  /** Those that are live, oldest first. */
  inOrder(): Iterable<LiveUserTask> {
    return this.#live.values();
  }
}
