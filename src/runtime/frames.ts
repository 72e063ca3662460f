/** Which frames of a stack are the program's, and how their files are named. */

import { Reason } from "../core/reason.ts";
import type { FrameReader } from "../core/stack_capture.ts";

/**
 * The tracer's own folder: everything below it is cut from stacks. A bundler
 * that put all code into one file left no such folder.
 */
const OWN = /\/src\/runtime\/frames\.[jt]s$/.test(import.meta.url)
  ? new URL("../", import.meta.url).href
  : undefined;

/** See {@linkcode isPassing}. */
const PASSING = /\/(core\/annotator|runtime\/builtins|api)\.[jt]s$/;

/** What marks the beginning of a package's own path, npm's and Deno's way. */
const PACKAGE_ROOTS = ["/node_modules/", "/npm/registry.npmjs.org/"];

/**
 * Files of the runtimes' own JavaScript, by what an await in them waits for.
 * The first that matches a frame above the program's counts.
 */
const REASONS: readonly (readonly [RegExp, Reason])[] = [
  // What calls our own hooks.
  [/deno_node\/v8\.ts$|^node:(internal\/)?(v8|promise_hooks)/, Reason.Unknown],
  [/deno_(net|http|fetch|websocket|tls)\b/, Reason.Network],
  [
    /^node:(internal\/)?(deps\/undici|net|http|_http|https|tls|dgram|dns)/,
    Reason.Network,
  ],
  [/deno_(web\/06_streams|node\/(internal\/streams|_stream))/, Reason.Receive],
  [/deno_(fs|io|crypto|node|process|os|kv|cache|ffi)\b/, Reason.Sync],
  [/^node:(internal\/)?(fs|crypto|zlib|child_process)/, Reason.Sync],
  [/^node:(internal\/)?(web)?streams?\b/, Reason.Receive],
];

/** True for a file of the runtime itself. */
export function isRuntime(file: string): boolean {
  // JavaScriptCore: [native code], and [unknown] for what it has as JavaScript.
  return file.startsWith("[") || file.startsWith("bun:") ||
    file.startsWith("ext:") || file.startsWith("node:") ||
    file.startsWith("internal/") || file.startsWith("internal:") ||
    file.startsWith("checkin:") || file.startsWith("wasm:");
}

/** True for a file of the tracer itself. */
export function isOwn(file: string): boolean {
  // What loads the tracer and the program in a worker of Deno's.
  if (file.startsWith("data:") && file.includes("looptrace.")) return true;
  const url = file.startsWith("/") ? toUrl(file) : file;
  return OWN !== undefined && url.startsWith(OWN);
}

/**
 * True for a file of the tracer itself whose functions call one of the program
 * and return what that gives: annotations.
 */
export function isPassing(file: string): boolean {
  return PASSING.test(file) && isOwn(file);
}

/** A reader for files named relative to `folder`, a path, where they can be. */
export function createFrameReader(folder: string | undefined): FrameReader {
  const root = folder === undefined ? undefined : toUrl(folder);
  const names = new Map<string, string | undefined>();
  const reasons = new Map<string, Reason>();
  return {
    shortName(file) {
      if (names.has(file)) return names.get(file);
      const name = shorten(file, root);
      names.set(file, name);
      return name;
    },
    isOwn,
    reasonOf(file) {
      let reason = reasons.get(file);
      if (reason === undefined) {
        reason = REASONS.find(([pattern]) => pattern.test(file))?.[1] ??
          Reason.Unknown;
        reasons.set(file, reason);
      }
      return reason;
    },
  };
}

/** The file's place in the project or package, else its name alone. */
function shorten(file: string, root: string | undefined): string | undefined {
  if (isRuntime(file)) return undefined;
  // Code without a file: what stands in its URL is the program's own business.
  if (file.startsWith("data:")) return "(data URL)";
  if (file.startsWith("blob:")) return "(blob URL)";
  // A module may be imported with a query, and that may hold anything.
  const url = (file.startsWith("/") ? toUrl(file) : file).replace(
    /[?#].*/s,
    "",
  );
  if (isOwn(url)) return undefined;
  for (const mark of PACKAGE_ROOTS) {
    const at = url.lastIndexOf(mark);
    if (at >= 0) return `npm:${url.slice(at + mark.length)}`;
  }
  if (root !== undefined && url.startsWith(`${root}/`)) {
    return decode(url.slice(root.length + 1));
  }
  return decode(url.slice(url.lastIndexOf("/") + 1)) || "(unnamed)";
}

function toUrl(path: string): string {
  return new URL(`file://${path}`).href;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
