/**
 * Writes what the program says of itself: user tasks, logs, and regions.
 *
 * Regions nest on a goroutine, and only a goroutine that runs can begin or end
 * one. So one that begins or ends at another time waits until its goroutine
 * runs, and one that ends before those inside it waits for them. What is still
 * open when its goroutine ends, ends with it.
 */

import {
  NO_STACK,
  NO_USER_TASK,
  type StackId,
  type StringId,
  type UserTaskId,
} from "../format/ids.ts";
import {
  type Annotation,
  AnnotationKind,
  type OpenRegion,
} from "./annotation.ts";
import type { EventEncoder } from "./event_encoder.ts";
import { OTHER_NAME, type StringTable } from "./string_table.ts";
import { type TaskRecord, TaskState } from "./task_table.ts";
import { UserTaskTable } from "./user_task_table.ts";

/** Names of user tasks, regions and categories that are told apart. */
const MAX_NAMES = 4096;

/** Parent of a user task that has none, whatever runs. */
export const NO_PARENT = -1 as UserTaskId;

/** What annotations are written with. */
export interface AnnotationWriterParts {
  readonly encoder: EventEncoder;
  readonly strings: StringTable;
  /** The goroutine that runs, if any. */
  running(): TaskRecord | null;
  /** Where a goroutine that runs is. Never absent. */
  stackOf(task: TaskRecord): StackId;
}

/** See the head of this file. */
export class AnnotationWriter {
  /** Logs that were left out because a consumer was too slow. */
  logsShed = 0;
  /** Regions that began while no goroutine ran. */
  regionsLost = 0;
  /** True while logs are left out. */
  shedLogs = false;
  readonly userTasks: UserTaskTable = new UserTaskTable();
  readonly #parts: AnnotationWriterParts;
  readonly #names = new Set<string>();

  constructor(parts: AnnotationWriterParts) {
    this.#parts = parts;
  }

  /** Writes `annotation`, of the code that runs. */
  write(annotation: Annotation): void {
    const running = this.#parts.running();
    switch (annotation.kind) {
      case AnnotationKind.TaskBegin:
        this.#beginTask(annotation, running);
        break;
      case AnnotationKind.TaskEnd:
        this.userTasks.delete(annotation.userTask);
        this.#parts.encoder.userTaskEnd(
          annotation.userTask,
          this.#stack(running),
        );
        break;
      case AnnotationKind.RegionBegin:
        this.beginHere(annotation);
        break;
      case AnnotationKind.RegionPast:
        // What it began before is written already.
        if (!annotation.region!.isBegun) this.beginHere(annotation);
        this.endRegion(annotation.region!);
        break;
      case AnnotationKind.RegionEnd:
        this.endRegion(annotation.region!);
        break;
      case AnnotationKind.Log:
        this.#log(annotation, running);
        break;
    }
  }

  /** The region of `annotation` begins in the code that runs. */
  beginHere(annotation: Annotation): void {
    const running = this.#parts.running();
    if (running !== null) this.beginRegion(running, annotation);
    else this.regionsLost++;
  }

  /** The region of `annotation` is on `task`: now, or when that next runs. */
  beginRegion(task: TaskRecord, annotation: Annotation): void {
    const region = annotation.region!;
    region.task = task;
    region.userTask = annotation.userTask || task.context;
    region.nameId = this.#name(region.name);
    (task.regions ??= []).push(region);
    if (task.state === TaskState.Running) this.started(task);
  }

  /** The region ends: now, or when its goroutine next runs. */
  endRegion(region: OpenRegion): void {
    region.isEnded = true;
    const { task } = region;
    if (task !== null && task.state === TaskState.Running) this.started(task);
  }

  /** `task`, which has regions, runs: what was waiting for that is written. */
  started(task: TaskRecord): void {
    const regions = task.regions!;
    for (const region of regions) {
      if (!region.isBegun) this.#begin(region, task);
    }
    while (regions.length > 0 && regions[regions.length - 1].isEnded) {
      this.#end(regions.pop()!, task);
    }
    if (regions.length === 0) task.regions = null;
  }

  /** `task`, which has regions and runs, is about to end. */
  ending(task: TaskRecord): void {
    for (const region of task.regions!) region.isEnded = true;
    this.started(task);
  }

  #begin(region: OpenRegion, task: TaskRecord): void {
    region.isBegun = true;
    this.#parts.encoder.userRegion(
      region.userTask,
      false,
      region.nameId,
      this.#parts.stackOf(task),
    );
  }

  #end(region: OpenRegion, task: TaskRecord): void {
    region.task = null;
    this.#parts.encoder.userRegion(
      region.userTask,
      true,
      region.nameId,
      task.entry,
    );
  }

  #beginTask(annotation: Annotation, running: TaskRecord | null): void {
    const { userTask: id } = annotation;
    const parent = annotation.parent === NO_PARENT
      ? NO_USER_TASK
      : annotation.parent || contextOf(running);
    const name = this.#name(annotation.name);
    const stack = this.#stack(running);
    this.userTasks.add({ id, parent, name, stack });
    this.#parts.encoder.userTaskCreate(id, parent, name, stack);
  }

  #log(annotation: Annotation, running: TaskRecord | null): void {
    if (this.shedLogs) {
      this.logsShed++;
      return;
    }
    this.#parts.encoder.userLog(
      annotation.userTask || contextOf(running),
      this.#name(annotation.name),
      this.#stack(running),
      annotation.message,
    );
  }

  #stack(running: TaskRecord | null): StackId {
    return running === null ? NO_STACK : this.#parts.stackOf(running);
  }

  // A program may make names of what it handles: they must not fill the table.
  #name(name: string): StringId {
    const isNew = !this.#names.has(name);
    if (isNew && this.#names.size >= MAX_NAMES) name = OTHER_NAME;
    else if (isNew) this.#names.add(name);
    return this.#parts.strings.put(name || "(no name)");
  }
}

function contextOf(task: TaskRecord | null): UserTaskId {
  return task === null ? NO_USER_TASK : task.context;
}
