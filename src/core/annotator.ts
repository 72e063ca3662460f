/**
 * What the program calls to say what it does: user tasks, regions, logs, the
 * name of a request. While nothing records, all of it passes through.
 *
 * Whose user task code belongs to is found in two ways. A goroutine inherits it
 * from the one that made it, which costs nothing. From the first annotation of
 * a recording on it is carried along by the runtime too, which costs something,
 * but reaches what was called back by code that nobody has seen.
 */

import { NO_USER_TASK, type UserTaskId } from "../format/ids.ts";
import type { PromiseFacts } from "./adapter.ts";
import {
  Annotation,
  AnnotationKind,
  isTooLong,
  OpenRegion,
  toMessage,
  toName,
} from "./annotation.ts";
import { NO_PARENT } from "./annotation_writer.ts";
import { RegionWatch } from "./region_watch.ts";
import type { TurnRecorder } from "./turn_recorder.ts";

/** What async functions return, whatever the program puts in its place later. */
const NativePromise = Promise;

/** Category of the log that tells a request's route if its name came too late. */
export const ROUTE_CATEGORY = "route";

/** Names given to requests that are told apart. */
const MAX_REQUEST_NAMES = 1024;

/** Work that belongs together, across goroutines: one row of Go's user tasks. */
export interface UserTask {
  readonly name: string;
  /** The task is complete. Once is enough. */
  end(): void;
  /** Calls `fn`: what it does, and what follows from it, belongs to the task. */
  run<T>(fn: () => T): T;
  /** As `end`. */
  [Symbol.dispose](): void;
}

/** A stretch of time in one goroutine. */
export interface Region {
  /** The region is over. Once is enough. */
  end(): void;
  /** As `end`. */
  [Symbol.dispose](): void;
}

/** What code of a request, or of a message from another thread, is run with. */
export class RequestContext {
  readonly userTask: UserTaskId;
  /** The recording that it belongs to, by `TurnRecorder.starts`. */
  readonly recording: number;
  /** The continuation that it began with. */
  readonly continuation: number;

  constructor(
    userTask: UserTaskId,
    recording: number,
    continuation: number,
  ) {
    this.userTask = userTask;
    this.recording = recording;
    this.continuation = continuation;
  }
}

/** What the code of `id`, a request or message, is to be run with. */
export function contextOf(
  { continuations, starts }: TurnRecorder,
  id: number,
): RequestContext {
  const task = continuations.wait[continuations.slot(id)] as UserTaskId;
  return new RequestContext(task, starts, id);
}

/** Gives the annotator of the program's tracer, once there is one. */
type AnnotatorSource = () => Annotator | undefined;

class UserTaskHandle implements UserTask {
  readonly name: string;
  readonly parent: UserTaskHandle | undefined;
  isEnded = false;
  /** What it is called in the recording numbered `recording`. */
  id: UserTaskId = NO_USER_TASK;
  recording = 0;
  readonly #source: AnnotatorSource;

  constructor(
    name: string,
    parent: UserTaskHandle | undefined,
    source: AnnotatorSource,
  ) {
    this.name = name;
    this.parent = parent;
    this.#source = source;
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#source()?.endTask(this);
  }

  run<T>(fn: () => T): T {
    const annotator = this.#source();
    return annotator === undefined ? fn() : annotator.runIn(this, fn);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

class RegionHandle implements Region {
  readonly #region: OpenRegion;
  readonly #annotator: Annotator;
  readonly #recording: number;

  constructor(region: OpenRegion, annotator: Annotator, recording: number) {
    this.#region = region;
    this.#annotator = annotator;
    this.#recording = recording;
  }

  end(): void {
    this.#annotator.endRegion(this.#region, this.#recording);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** A region that nobody records. */
export const NO_REGION: Region = Object.freeze({
  end() {},
  [Symbol.dispose]() {},
});

/** A user task, whether or not anything records. */
export function createUserTask(
  name: unknown,
  parent: UserTask | undefined,
  source: AnnotatorSource,
): UserTask {
  const task = new UserTaskHandle(
    toName(name),
    parent instanceof UserTaskHandle ? parent : undefined,
    source,
  );
  source()?.beginTask(task);
  return task;
}

/** See the head of this file. One for each tracer. */
export class Annotator {
  /** Messages that were cut in this recording. */
  messagesCut = 0;
  readonly #recorder: TurnRecorder;
  readonly #promises: PromiseFacts;
  readonly #watch: RegionWatch;
  readonly #requestNames = new Set<string>();

  constructor(recorder: TurnRecorder, promises: PromiseFacts) {
    this.#recorder = recorder;
    this.#promises = promises;
    this.#watch = new RegionWatch(
      promises,
      (region) => this.#endNow(region),
    );
    recorder.userTaskHere = () =>
      this.#context() || recorder.continuations.wait[recorder.requestSlot];
  }

  /** A recording begins. */
  begin(): void {
    this.messagesCut = 0;
  }

  /** It has ended: nothing is carried or watched any more. */
  end(): void {
    this.#watch.clear();
  }

  // User tasks.

  /** `task` begins, if anything records. Its parent is that of the code that runs. */
  beginTask(task: UserTaskHandle): void {
    if (!this.#isOn()) return;
    this.#tell(
      task,
      task.parent === undefined ? this.#context() : this.#idOf(task.parent),
    );
  }

  endTask(task: UserTaskHandle): void {
    const recorder = this.#recorder;
    if (!recorder.isRecording || task.recording !== recorder.starts) return;
    this.#put(new Annotation(AnnotationKind.TaskEnd, task.id, ""));
  }

  runIn<T>(task: UserTaskHandle, fn: () => T): T {
    if (!this.#isOn()) return fn();
    this.#idOf(task);
    const carrier = this.#recorder.carry();
    return carrier === undefined ? fn() : carrier.run(task, fn);
  }

  /** The id of `task` in this recording, which it may have begun before. */
  #idOf(task: UserTaskHandle): UserTaskId {
    if (task.recording === this.#recorder.starts) return task.id;
    if (task.isEnded) return NO_USER_TASK;
    this.#tell(
      task,
      task.parent === undefined ? NO_PARENT : this.#idOf(task.parent),
    );
    return task.id;
  }

  #tell(task: UserTaskHandle, parent: UserTaskId): void {
    task.id = this.#recorder.userTasks.take() as UserTaskId;
    task.recording = this.#recorder.starts;
    this.#put(
      new Annotation(
        AnnotationKind.TaskBegin,
        task.id,
        task.name,
        "",
        undefined,
        parent,
      ),
    );
  }

  /** The user task that is carried to the code that runs, NO_USER_TASK if only its goroutine knows. */
  #context(): UserTaskId {
    const value = this.#recorder.carrier?.get();
    if (value instanceof UserTaskHandle) return this.#idOf(value);
    return value instanceof RequestContext &&
        value.recording === this.#recorder.starts
      ? value.userTask
      : NO_USER_TASK;
  }

  // Regions.

  /** Calls `fn` in a region, which lasts until the promise that it returns is settled. */
  withRegion<T>(name: unknown, fn: () => T): T {
    const recorder = this.#recorder;
    if (!this.#isOn()) return fn();
    const recording = recorder.starts;
    const region = new OpenRegion(toName(name));
    const begin = this.#regionBegin(region);
    const record = this.#put(begin);
    const calls = recorder.suspendedCalls;
    let isLater = false;
    try {
      const value = fn();
      isLater = record !== 0 && value instanceof NativePromise &&
        recorder.isRecording && recorder.starts === recording &&
        this.#goesOn(value, begin, record, calls);
      return value;
    } finally {
      if (!isLater) this.endRegion(region, recording);
    }
  }

  startRegion(name: unknown): Region {
    if (!this.#isOn()) return NO_REGION;
    const region = new OpenRegion(toName(name));
    this.#put(this.#regionBegin(region));
    return new RegionHandle(region, this, this.#recorder.starts);
  }

  endRegion(region: OpenRegion, recording: number): void {
    if (this.#recorder.starts === recording) this.#endNow(region);
  }

  #regionBegin(region: OpenRegion): Annotation {
    return new Annotation(
      AnnotationKind.RegionBegin,
      this.#context(),
      region.name,
      "",
      region,
    );
  }

  #endNow(region: OpenRegion): void {
    if (region.isEnded || !this.#recorder.isRecording) return;
    this.#put(
      new Annotation(AnnotationKind.RegionEnd, NO_USER_TASK, "", "", region),
    );
  }

  /** @returns false if the region that began with `record` is over already */
  #goesOn(
    promise: Promise<unknown>,
    begin: Annotation,
    record: number,
    calls: number,
  ): boolean {
    const recorder = this.#recorder;
    try {
      const isCalls = this.#promises.isLastCall(promise) ??
        ((!recorder.isExact || recorder.suspendedCalls === calls + 1) &&
          recorder.explained.waitOf(promise) === 0);
      if (isCalls) begin.call = recorder.callSince(record);
      const region = begin.region!;
      const { continuations } = recorder;
      const id = continuations.makeRegion(region);
      if (id !== 0) {
        if (this.#promises.settleWith(promise, id)) return true;
        continuations.release(continuations.slot(id));
      }
      if (this.#promises.isPending(promise) === false) return false;
      this.#watch.add(promise, region);
      recorder.watch = this.#watch;
      return true;
    } catch (error) {
      recorder.fail(error);
      return false;
    }
  }

  // Logs.

  /** Notes a message of the user task of the code that runs. */
  log(category: unknown, message: unknown): void {
    if (!this.#isOn()) return;
    if (isTooLong(message)) this.messagesCut++;
    this.#put(
      new Annotation(
        AnnotationKind.Log,
        this.#context(),
        toName(category),
        toMessage(message),
      ),
    );
  }

  // Requests.

  /**
   * Names `request`, or the one that runs, as its route is called. If the name is
   * written already, a log tells it.
   */
  nameRequest(name: unknown, request?: object): void {
    const recorder = this.#recorder;
    if (!recorder.isRecording) return;
    const text = toName(name);
    const names = this.#requestNames;
    if (!names.has(text)) {
      if (names.size >= MAX_REQUEST_NAMES) return;
      names.add(text);
    }
    const value = recorder.carrier?.get();
    const known = value instanceof RequestContext &&
        value.recording === recorder.starts
      ? value
      : undefined;
    const continuation = known?.continuation ?? this.#continuationOf(request);
    if (recorder.nameRequest(text, continuation)) return;
    this.#put(
      new Annotation(
        AnnotationKind.Log,
        known?.userTask ?? NO_USER_TASK,
        ROUTE_CATEGORY,
        text,
      ),
    );
  }

  /** The continuation that `request` began with, 0 if that is not known. */
  #continuationOf(request: object | undefined): number {
    if (request === undefined) return 0;
    // From now on requests are noted, which costs a little for each.
    this.#recorder.requests ??= new WeakMap();
    return this.#recorder.requests.get(request) ?? 0;
  }

  // From here on nothing may be thrown into the program.

  /** True if an annotation is to be recorded: user tasks are carried from now on. */
  #isOn(): boolean {
    if (!this.#recorder.isRecording) return false;
    this.#recorder.carry();
    return true;
  }

  /** @returns the number of its record, 0 if there is none */
  #put(annotation: Annotation): number {
    try {
      return this.#recorder.annotate(annotation);
    } catch (error) {
      this.#recorder.fail(error);
      return 0;
    }
  }
}
