/**
 * Messages between two threads: a message is a task that the poster creates
 * and the receiver runs. One `MessageEdge` for each end of a pair.
 */

import { contextOf } from "../../core/annotator.ts";
import { ContinuationKind } from "../../core/continuation_table.ts";
import { MessageRing } from "../../core/message_ring.ts";
import type { Spawn } from "../../core/threads.ts";
import { Reason } from "../../core/reason.ts";
import { NO_FILE } from "../../core/site_table.ts";
import { waitOf } from "../../core/wait.ts";
import type { GoId } from "../../format/ids.ts";
import type {
  SharedWithWorker,
  WorkerSetup,
} from "../../core/thread_messages.ts";
import {
  claimFor,
  runSlice,
  type WrapperContext,
} from "../wrappers/callback.ts";
import type { AnyFunction } from "../wrappers/replace.ts";

/**
 * Added to the time at which a message was posted, in milliseconds: times are
 * rounded down to ticks more than once, and a tick is 64 ns.
 */
const ROUNDING_MS = 0.0003;

/** What joins two threads. */
export interface EdgeParts {
  readonly context: WrapperContext;
  /** Number of the thread at the other end. */
  readonly peer: number;
  /** Messages from here, and to here. */
  out: MessageRing;
  in: MessageRing;
  /** Names of the tasks of messages from here, and to here. */
  readonly outName: string;
  readonly inName: string;
}

/** The end of a worker whose setup is `setup`. */
export function parentEdge(
  context: WrapperContext,
  { parent, label }: WorkerSetup,
  shared: SharedWithWorker | undefined,
): MessageEdge {
  return new MessageEdge({
    context,
    peer: parent,
    out: new MessageRing(shared?.fromWorker),
    in: new MessageRing(shared?.toWorker),
    outName: `message from ${label}`,
    inName: `message to ${label}`,
  });
}

/** The end of a worker's messages that its parent has. */
export function edgeTo(
  context: WrapperContext,
  spawn: Spawn,
  label: string,
): MessageEdge {
  return new MessageEdge({
    context,
    peer: spawn.setup.thread,
    out: spawn.toWorker,
    in: spawn.fromWorker,
    outName: `message to ${label}`,
    inName: `message from ${label}`,
  });
}

/** See the head of this file. */
export class MessageEdge {
  readonly #parts: EdgeParts;

  /**
   * What is shared with the parent has come, and messages were counted before.
   * Those that were posted before stay without an edge.
   */
  join({ fromWorker, toWorker }: SharedWithWorker): void {
    const parts = this.#parts;
    parts.out = new MessageRing(fromWorker, parts.out.count);
    parts.in = new MessageRing(toWorker, parts.in.count);
  }

  constructor(parts: EdgeParts) {
    this.#parts = parts;
  }

  /** Posts a message by `original`, as a task for the other thread. */
  post(original: AnyFunction, receiver: unknown, args: unknown[]): unknown {
    const { context: { recorder, sites }, out, outName, peer } = this.#parts;
    const recording = recorder.threads?.recording ?? 0;
    if (recording !== 0 && recorder.isRecording && out.hasRoom) {
      const goId = recorder.post(sites.put(outName, NO_FILE, 0), peer);
      const time = recorder.lastTime;
      const userTask = recorder.userTaskHere();
      if (goId !== 0) out.tell(recording, { goId, time, userTask });
    }
    out.count++;
    try {
      return Reflect.apply(original, receiver, args);
    } catch (error) {
      // It cannot be cloned: there is no message.
      out.count--;
      throw error;
    }
  }

  /**
   * The program listens for messages: a promise that is being built around that
   * waits for one.
   */
  listened(): void {
    const { context, inName } = this.#parts;
    const { recorder, sites } = context;
    if (!recorder.isRecording) return;
    claimFor(context, waitOf(Reason.Receive, sites.put(inName, NO_FILE, 0)));
  }

  /** A message has come: runs what `dispatch` calls as its task. */
  receive(dispatch: AnyFunction, receiver: unknown, args: unknown[]): unknown {
    const { context } = this.#parts;
    const id = this.take();
    if (id === 0) return Reflect.apply(dispatch, receiver, args);
    const { recorder } = context;
    const { carrier } = recorder;
    const run = () => runSlice(context, id, dispatch, receiver, args);
    return carrier === undefined
      ? run()
      : carrier.run(contextOf(recorder, id), run);
  }

  /** Another listener of the same message: a task of the loop's. */
  receiveAgain(
    dispatch: AnyFunction,
    receiver: unknown,
    args: unknown[],
  ): unknown {
    const { context, inName } = this.#parts;
    const { recorder, sites } = context;
    if (!recorder.isOn) return Reflect.apply(dispatch, receiver, args);
    const site = sites.put(inName, NO_FILE, 0);
    const { continuations } = recorder;
    const id = continuations.make(ContinuationKind.Message, site, 0);
    return runSlice(context, id, dispatch, receiver, args);
  }

  /** A message has come. @returns its continuation, 0 while nothing records */
  take(): number {
    const { context: { recorder, sites }, in: ring, inName } = this.#parts;
    const posted = ring.take(recorder.threads?.recording ?? 0);
    if (!recorder.isOn) return 0;
    const site = sites.put(inName, NO_FILE, 0);
    const { continuations } = recorder;
    if (posted === undefined) {
      recorder.unlinkedMessages++;
      return continuations.make(ContinuationKind.Message, site, 0);
    }
    // Two clocks: what follows from it was not before it.
    recorder.notBefore(posted.time + ROUNDING_MS);
    const { goId, userTask } = posted;
    return continuations.makeReceived(site, goId as GoId, userTask);
  }
}
