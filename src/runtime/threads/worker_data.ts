/** What a worker is given before its program begins, and how. */

import type {
  SharedWithWorker,
  WorkerSetup,
} from "../../core/thread_messages.ts";

/** Under this name a worker's `workerData` holds what is the tracer's. */
export const SETUP_KEY = "looptrace.setup";

/** The tracer's part of `workerData`, and the program's. */
export interface WorkerData {
  readonly [SETUP_KEY]: {
    readonly setup: WorkerSetup;
    readonly shared: SharedWithWorker;
    readonly port: unknown;
    readonly data: unknown;
    /** What `process.execArgv` would be, where the tracer is put in there. */
    readonly execArgv?: readonly string[];
  };
}

/** The module that a worker loads before its program. */
export function entryUrl(): URL {
  const [extension] = /\.[jt]s$/.exec(import.meta.url) ?? [".js"];
  return new URL(`../../worker_entry${extension}`, import.meta.url);
}

/** A worker's name in the trace: the base name of its script. */
export function labelOf(where: unknown): string {
  const text = String(where);
  if (text.startsWith("data:")) return "data: module";
  if (text.startsWith("blob:")) return "blob: module";
  const path = text.replace(/[?#].*$/s, "");
  return path.slice(path.lastIndexOf("/") + 1) || "worker";
}
