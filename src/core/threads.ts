/**
 * The threads of a process: the main one knows all workers that it can record,
 * and their ports, and numbers them; a worker tells the main thread of those
 * that it starts itself.
 *
 * Processors are numbered from 1 on, and a number is used again when its worker
 * has ended, so that a program which starts one after the other needs few.
 */

import type { ProcId } from "../format/ids.ts";
import { MessageRing } from "./message_ring.ts";
import type { RecordedWorker } from "./recorded_workers.ts";
import type { Recording } from "./recording.ts";
import type { ThreadIds } from "./thread_ids.ts";
import type {
  FromWorker,
  SharedWithWorker,
  StartMessage,
  ThreadPort,
  ThreadReceiver,
  ToWorker,
  WorkerSetup,
} from "./thread_messages.ts";

/** How long a worker that has ended may still have batches under way, in ms. */
const UNDER_WAY_MS = 100;

/** Indexes of the shared counters. */
const NEXT_THREAD = 0;
const NEXT_PROC = 1;

/** A worker that is about to be made, for whoever makes it. */
export interface Spawn {
  readonly setup: WorkerSetup;
  readonly shared: SharedWithWorker;
  /** Which messages are on their way to the worker and from it. */
  readonly toWorker: MessageRing;
  readonly fromWorker: MessageRing;
  /** The worker has the other end of `port`. */
  connect(port: unknown): void;
  /** The worker has said something in another way than by its port. */
  receive(message: FromWorker, ports: readonly unknown[]): void;
  /** The worker has ended, or was never begun. */
  ended(): void;
}

/** Where new workers are announced. */
export interface Threads {
  /** Number of this thread. */
  readonly thread: number;
  /** Number of the recording that this thread takes part in, 0 for none. */
  readonly recording: number;
  /**
   * A worker is about to be made. Undefined if it cannot be recorded.
   *
   * @param isAlone true if it will run for a while without what is shared
   */
  spawn(label: string, isAlone?: boolean): Spawn | undefined;
}

/** What both kinds of threads need for a new one. */
export interface ThreadsHost {
  readonly ids: ThreadIds;
  /** `performance.timeOrigin` of the main thread. */
  timeOrigin(): number;
  /** True if the modules of this thread are transformed. */
  isTransformed(): boolean;
  /** The main thread's clock, in milliseconds. */
  now(): number;
}

/** What the main thread needs beside that. */
export interface MainThreadsHost extends ThreadsHost {
  /** The recording that goes on, if any, and what a worker is told to begin it. */
  recording(): Recording | undefined;
  startMessage(): StartMessage | undefined;
  /** Makes a port of what a runtime has as such. */
  openPort(port: unknown, receive: ThreadReceiver): ThreadPort;
  /** Calls `fn` after `ms`, which does not keep the process alive. */
  setBackgroundTimer(fn: () => void, ms: number): void;
  /** Something for consumers has come. */
  received(): void;
  /** Runs a piece of the tracer's own. */
  silently(fn: () => void): void;
}

/** A worker's line to the main thread. */
interface Line extends RecordedWorker {
  port: ThreadPort | undefined;
  isEnded: boolean;
  /** True if its processor's number can be used again. */
  readonly isOwn: boolean;
}

/** Makes what a new worker is told. */
function makeSpawn(
  host: ThreadsHost,
  shared: SharedArrayBuffer,
  { thread, parent, proc, label, isAlone, start }: {
    thread: number;
    parent: number;
    proc: number;
    label: string;
    isAlone: boolean;
    start: StartMessage | undefined;
  },
): Omit<Spawn, "connect" | "receive" | "ended"> {
  const toWorker = new MessageRing();
  const fromWorker = new MessageRing();
  return {
    setup: {
      thread,
      parent,
      proc,
      label,
      timeOrigin: host.timeOrigin(),
      notBefore: host.now(),
      isTransformed: host.isTransformed(),
      blocks: isAlone ? host.ids.firstBlocks() : undefined,
      start,
    },
    shared: {
      ids: host.ids.share(),
      threads: shared,
      toWorker: toWorker.memory,
      fromWorker: fromWorker.memory,
    },
    toWorker,
    fromWorker,
  };
}

/** The main thread; see the head of this file. */
export class MainThreads implements Threads {
  readonly thread = 0;
  readonly #host: MainThreadsHost;
  readonly #lines = new Map<number, Line>();
  readonly #freeProcs: ProcId[] = [];
  /** Recordings that have ended, but for what workers still have. */
  #past: Recording[] = [];
  #counters: Int32Array | undefined;

  constructor(host: MainThreadsHost) {
    this.#host = host;
  }

  get recording(): number {
    return this.#host.recording()?.number ?? 0;
  }

  spawn(label: string, isAlone = false): Spawn {
    const counters = this.#share();
    const thread = Atomics.add(counters, NEXT_THREAD, 1);
    const proc = this.#freeProcs.pop() ??
      Atomics.add(counters, NEXT_PROC, 1) as ProcId;
    const host = this.#host;
    const line = this.#add(thread, proc, true);
    const recording = host.recording();
    recording?.workers.add(line, recording.consumers);
    const start = host.startMessage();
    const memory = counters.buffer as SharedArrayBuffer;
    return {
      ...makeSpawn(host, memory, {
        thread,
        parent: 0,
        proc,
        label,
        isAlone,
        start,
      }),
      connect: (port) => this.#connect(line, port),
      receive: (message, ports) =>
        host.silently(() => this.#receive(line, message, ports)),
      ended: () => this.#ended(thread),
    };
  }

  /** A recording begins: every worker is to take part. */
  start(recording: Recording, message: StartMessage): void {
    for (const line of this.#lines.values()) {
      if (line.isEnded) continue;
      recording.workers.add(line, []);
      line.post(message);
    }
  }

  /** A recording has no more consumers, but some may wait for workers. */
  end(recording: Recording): void {
    recording.workers.stop();
    this.#past = this.#past.filter(({ workers }) => !workers.isIdle);
    this.#past.push(recording);
  }

  #share(): Int32Array {
    if (this.#counters === undefined) {
      this.#counters = new Int32Array(new SharedArrayBuffer(8));
      this.#counters.fill(1);
    }
    return this.#counters;
  }

  #add(thread: number, proc: ProcId, isOwn: boolean): Line {
    const line: Line = {
      thread,
      proc,
      port: undefined,
      isEnded: false,
      isOwn,
      post(message: ToWorker) {
        this.port?.post(message, []);
      },
    };
    this.#lines.set(thread, line);
    return line;
  }

  #connect(line: Line, port: unknown): void {
    line.port = this.#host.openPort(
      port,
      (message, ports) => this.#receive(line, message as FromWorker, ports),
    );
  }

  #receive(line: Line, message: FromWorker, ports: readonly unknown[]): void {
    const recording = this.#host.recording();
    switch (message.kind) {
      case "bye":
        for (const one of [recording, ...this.#past]) {
          one?.receive(line.thread, message, this.#host.now());
        }
        this.#remove(line.thread, false);
        break;
      case "spawned":
        this.#addNested(message.thread, message.proc as ProcId, ports[0]);
        break;
      case "ended":
        this.#ended(message.thread);
        break;
      case "relayed": {
        const from = this.#lines.get(message.thread);
        if (from !== undefined) this.#receive(from, message.message, ports);
        break;
      }
      default: {
        const { number } = recording ?? {};
        const target = number === message.recording
          ? recording
          : this.#past.find(({ number }) => number === message.recording);
        if (message.kind === "batch" || message.kind === "prelude") {
          target?.addProc(line.proc);
        }
        target?.receive(line.thread, message, this.#host.now());
        this.#host.received();
      }
    }
  }

  #addNested(thread: number, proc: ProcId, port: unknown): void {
    const line = this.#add(thread, proc, false);
    this.#connect(line, port);
    const recording = this.#host.recording();
    const start = this.#host.startMessage();
    if (recording === undefined || start === undefined) return;
    // It was not there when consumers joined: it begins with a prelude for each.
    recording.workers.add(line, []);
    line.post(start);
    for (const consumer of recording.consumers) {
      recording.workers.joinOne(line, consumer, start.notBefore);
    }
  }

  #ended(thread: number): void {
    const line = this.#lines.get(thread);
    if (line === undefined || line.isEnded) return;
    line.isEnded = true;
    const { setBackgroundTimer } = this.#host;
    setBackgroundTimer(() => this.#remove(thread, true), UNDER_WAY_MS);
  }

  #remove(thread: number, isLost: boolean): void {
    const line = this.#lines.get(thread);
    if (line === undefined) return;
    this.#lines.delete(thread);
    for (const recording of [this.#host.recording(), ...this.#past]) {
      recording?.workers.end(thread, isLost);
      for (const { foreign } of recording?.consumers ?? []) {
        foreign.forget(thread);
      }
    }
    line.port?.close();
    if (line.isOwn) this.#freeProcs.push(line.proc);
    this.#host.received();
  }
}

/** The buffers that go with a message. */
function transferred(message: FromWorker): { buffers: ArrayBuffer[] } {
  switch (message.kind) {
    case "batch":
      return { buffers: [message.bytes.buffer] };
    case "prelude":
      return { buffers: message.batches.map(({ buffer }) => buffer) };
    case "relayed":
      return transferred(message.message);
    default:
      return { buffers: [] };
  }
}

/** A worker's thread, which has the main thread know of those that it starts. */
export class WorkerThreads implements Threads {
  readonly thread: number;
  recording = 0;
  readonly #host: ThreadsHost;
  readonly #port: ThreadPort;
  #counters: Int32Array | undefined;

  constructor(
    { thread }: WorkerSetup,
    { host, port }: { host: ThreadsHost; port: ThreadPort },
  ) {
    this.thread = thread;
    this.#host = host;
    this.#port = port;
  }

  /** The main thread's counters have come. */
  useShared(counters: SharedArrayBuffer): void {
    this.#counters = new Int32Array(counters);
  }

  spawn(label: string, isAlone = false): Spawn | undefined {
    const counters = this.#counters;
    if (counters === undefined) return undefined;
    const thread = Atomics.add(counters, NEXT_THREAD, 1);
    const proc = Atomics.add(counters, NEXT_PROC, 1);
    const memory = counters.buffer as SharedArrayBuffer;
    return {
      ...makeSpawn(this.#host, memory, {
        thread,
        parent: this.thread,
        proc,
        label,
        isAlone,
        start: undefined,
      }),
      connect: (port) => {
        const message = { kind: "spawned", thread, proc, label } as const;
        this.#port.post(message, [port]);
      },
      receive: (message, ports) => {
        const { buffers } = transferred(message);
        this.#port.post({ kind: "relayed", thread, message }, [
          ...buffers,
          ...ports,
        ]);
      },
      ended: () => this.#port.post({ kind: "ended", thread }, []),
    };
  }
}
