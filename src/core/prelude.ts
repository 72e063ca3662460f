/**
 * What a consumer gets first: a trace of its own up to now. Header, clock,
 * tables, and every live task with what it waits for, so that the batches which
 * all consumers share can follow.
 *
 * The same piece serves a start while tasks exist and a consumer that joins.
 */

import {
  encodeHeader,
  SAMPLED_VERSION,
  WRITTEN_VERSION,
} from "../format/header.ts";
import {
  type GoId,
  NO_GO,
  NO_STACK,
  NO_USER_TASK,
  type ProcId,
  type StackId,
  type StringId,
} from "../format/ids.ts";
import { BatchBuffer } from "./batch_buffer.ts";
import { EventEncoder } from "./event_encoder.ts";
import type { StackTable } from "./stack_table.ts";
import type { StringTable } from "./string_table.ts";
import type { UserTaskTable } from "./user_task_table.ts";
import { type TaskRecord, TaskState, type TaskTable } from "./task_table.ts";
import { reasonOfWait } from "./wait.ts";

/** The state that a prelude tells. */
export interface PreludeParts {
  readonly strings: StringTable;
  readonly stacks: StackTable;
  readonly tasks: TaskTable;
  /** Those that are of no request. */
  readonly userTasks: UserTaskTable;
  /**
   * Number of processors. Without, this is no beginning of a trace, but that of
   * one more processor in it.
   */
  readonly procs?: number;
  /** Which of them this one is. */
  readonly proc: ProcId;
  /** Tick of the last event written, at which all this holds. */
  readonly ticks: number;
  /** True if the loop is in a turn. */
  readonly isAwake: boolean;
  /** True if CPU samples may follow, which need a newer header. */
  readonly hasSamples?: boolean;
  readonly batchBytes?: number;
}

/** The prelude, as batches; the first one is the header. */
export function encodePrelude(parts: PreludeParts): Uint8Array<ArrayBuffer>[] {
  const { procs, ticks } = parts;
  const version = parts.hasSamples ? SAMPLED_VERSION : WRITTEN_VERSION;
  const batches: Uint8Array<ArrayBuffer>[] = procs === undefined
    ? []
    : [new Uint8Array(encodeHeader(version))];
  const buffer = new BatchBuffer(ticks, (batch) => batches.push(batch), {
    batchBytes: parts.batchBytes,
    proc: parts.proc,
  });
  const encoder = new EventEncoder(buffer);
  if (procs !== undefined) {
    encoder.frequency();
    // The first one ends the "initial state" of newer readers, in which creations
    // would be dropped; the second one is the one they see.
    encoder.gomaxprocs(procs);
    encoder.gomaxprocs(procs);
  }
  encoder.procStart(parts.proc + 1);
  parts.strings.writeTo(buffer);
  parts.stacks.writeTo(buffer);
  for (const { id, parent, name, stack } of parts.userTasks.inOrder()) {
    encoder.userTaskCreate(id, parent, name, stack);
  }
  let running: TaskRecord | undefined;
  for (const task of parts.tasks.inOrder()) {
    if (!task.isForeign) encoder.goCreate(task.goId, task.entry, task.entry);
    if (task.state === TaskState.Running) running = task;
    const isWaiting = task.state === TaskState.Waiting;
    const isPlain = task.userTask === NO_USER_TASK && task.regions === null;
    if (!isWaiting && isPlain) continue;
    encoder.goStart(task.goId);
    if (task.userTask !== NO_USER_TASK) {
      encoder.userTaskCreate(
        task.userTask,
        NO_USER_TASK,
        task.userTaskName,
        task.entry,
      );
    }
    for (const region of task.regions ?? []) {
      if (!region.isBegun) continue;
      encoder.userRegion(region.userTask, false, region.nameId, task.entry);
    }
    if (isWaiting) encoder.goBlock(reasonOfWait(task.wait), task.stack);
    else encoder.goSched(task.entry);
  }
  if (running !== undefined) encoder.goStart(running.goId);
  else if (!parts.isAwake) encoder.procStop();
  buffer.flush();
  return batches;
}

/** The state in which the last event left a trace, and what to say of it. */
export interface TailParts {
  readonly ticks: number;
  /** The goroutine that runs. */
  readonly running: GoId;
  /** True if the processor runs. */
  readonly isAwake: boolean;
  /** Category of the closing log, in the string table already. */
  readonly category: StringId;
  /** The closing log's message, if there is to be one. */
  readonly message?: string;
  /** The processor. @default {0} */
  readonly proc?: ProcId;
}

/**
 * Creations of goroutines that were started but of which the consumer was sent
 * no creation, on a processor of their own.
 *
 * @param uncreated entry stacks, by goroutine
 */
export function encodeCreations(
  uncreated: ReadonlyMap<number, StackId>,
  { proc, ticks }: { proc: ProcId; ticks: number },
): Uint8Array<ArrayBuffer>[] {
  const batches: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new BatchBuffer(ticks, (batch) => batches.push(batch), {
    proc,
  });
  const encoder = new EventEncoder(buffer);
  encoder.procStart(proc + 1);
  for (const [goId, entry] of uncreated) {
    encoder.goCreate(goId as GoId, entry, entry);
  }
  encoder.procStop();
  buffer.flush();
  return batches;
}

/** What closes a trace: a last log, and everything that runs stops. */
export function encodeTail(parts: TailParts): Uint8Array<ArrayBuffer>[] {
  const { ticks, category, message, proc } = parts;
  const batches: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new BatchBuffer(ticks, (batch) => batches.push(batch), {
    proc,
  });
  const encoder = new EventEncoder(buffer);
  if (message !== undefined) {
    encoder.userLog(NO_USER_TASK, category, NO_STACK, message);
  }
  if (parts.running !== NO_GO) encoder.goSched(NO_STACK);
  if (parts.isAwake) encoder.procStop();
  buffer.flush();
  return batches;
}
