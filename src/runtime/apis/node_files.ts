/** Files as `node:fs` and `node:fs/promises` have them. */

import { Reason } from "../../core/reason.ts";
import { wrapEither } from "../wrappers/either.ts";
import { wrapFileHandles } from "../wrappers/file_handles.ts";
import { wrapIteration } from "../wrappers/iterations.ts";
import type { ApiRow, MissingApi } from "./api_table.ts";
import { fileTarget, streamed } from "./targets.ts";

const family = "node:fs";
const file = fileTarget();

/** Functions on a path that come with a callback, a promise and as `Sync`. */
const ON_PATHS = [
  "access",
  "chmod",
  "chown",
  "copyFile",
  "cp",
  "lchown",
  "link",
  "lstat",
  "lutimes",
  "mkdir",
  "mkdtemp",
  "open",
  "opendir",
  "readFile",
  "readdir",
  "readlink",
  "realpath",
  "rename",
  "rm",
  "rmdir",
  "stat",
  "statfs",
  "truncate",
  "unlink",
  "utimes",
] as const;

/** Those that write what they are given, which may be a stream. */
const WRITING = ["appendFile", "writeFile"] as const;

/** Functions on a descriptor, which come with a callback and as `Sync`. */
const ON_DESCRIPTORS = [
  "close",
  "fchmod",
  "fchown",
  "fdatasync",
  "fstat",
  "fsync",
  "ftruncate",
  "futimes",
  "read",
  "readv",
  "write",
  "writev",
] as const;

/** Methods of what `fs.promises.open` gives. */
const ON_HANDLES = [
  "appendFile",
  "chmod",
  "chown",
  "datasync",
  "read",
  "readFile",
  "readv",
  "stat",
  "sync",
  "truncate",
  "utimes",
  "write",
  "writeFile",
  "writev",
] as const;

const onFile = { family, reason: Reason.Sync, target: file } as const;
const onDescriptor = { family, reason: Reason.Sync } as const;
/** A link's first argument is what it leads to. */
const onLink = { ...onFile, target: fileTarget(1) };

function syncForms(keys: readonly string[]): string[] {
  return keys.map((key) => `${key}Sync`);
}

function handles(keys: readonly string[]): ApiRow {
  const row: ApiRow = {
    ...onDescriptor,
    owner: "FileHandle.prototype",
    madeBy: "fs.promises",
    keys,
    how: "promise",
    wrap: (context, owner) => wrapFileHandles(row, context, owner),
  };
  return row;
}

const directories: ApiRow = {
  ...onDescriptor,
  owner: "fs.Dir.prototype",
  keys: ["read", "close"],
  how: "own",
  wrap: (context, owner) => wrapEither(directories, context, owner, "promise"),
};

const entries: ApiRow = {
  ...onDescriptor,
  owner: "fs.Dir.prototype",
  keys: ["entries"],
  how: "own",
  note: "also what `for await` asks a directory for",
  wrap: (context, owner) =>
    wrapIteration(entries, context, owner, Symbol.asyncIterator),
};

const globs: ApiRow = {
  ...onDescriptor,
  owner: "fs.promises",
  keys: ["glob"],
  how: "own",
  wrap: (context, owner) => wrapIteration(globs, context, owner),
};

const watches: ApiRow = {
  ...onFile,
  owner: "fs.promises",
  keys: ["watch"],
  how: "own",
  reason: Reason.Receive,
  wrap: (context, owner) => wrapIteration(watches, context, owner),
};

/** Rows of all three runtimes but for the handles' own. What one has not is passed over. */
const FILE_ROWS: readonly ApiRow[] = [
  {
    ...onFile,
    owner: "fs",
    keys: [...ON_PATHS, ...WRITING, "exists"],
    how: "callback",
  },
  { ...onLink, owner: "fs", keys: ["symlink"], how: "callback" },
  { ...onDescriptor, owner: "fs", keys: ["glob"], how: "callback" },
  { ...onDescriptor, owner: "fs", keys: ON_DESCRIPTORS, how: "callback" },
  { ...onFile, owner: "fs", keys: ["openAsBlob"], how: "promise" },
  {
    ...onFile,
    owner: "fs",
    keys: [
      ...syncForms(ON_PATHS),
      ...syncForms(WRITING),
      "existsSync",
      "mkdtempDisposableSync",
    ],
    how: "sync",
  },
  { ...onLink, owner: "fs", keys: ["symlinkSync"], how: "sync" },
  { ...onDescriptor, owner: "fs", keys: ["globSync"], how: "sync" },
  {
    ...onDescriptor,
    owner: "fs",
    keys: syncForms(ON_DESCRIPTORS),
    how: "sync",
  },
  {
    ...onFile,
    owner: "fs.promises",
    keys: [...ON_PATHS, "mkdtempDisposable"],
    how: "promise",
  },
  {
    ...onFile,
    owner: "fs.promises",
    keys: WRITING,
    how: "promise",
    runsProgram: streamed(),
  },
  { ...onLink, owner: "fs.promises", keys: ["symlink"], how: "promise" },
  globs,
  watches,
  directories,
  {
    ...onDescriptor,
    owner: "fs.Dir.prototype",
    keys: ["readSync", "closeSync"],
    how: "sync",
  },
  entries,
];

/** Rows of Node, where each handle has a `close` of its own. */
export const NODE_FILE_ROWS: readonly ApiRow[] = [
  // Before what wraps `open` as any other.
  handles(ON_HANDLES),
  ...FILE_ROWS,
];

/** Rows of Deno and Bun. */
export const NODE_FILE_ROWS_ELSEWHERE: readonly ApiRow[] = [
  handles([...ON_HANDLES, "close"]),
  ...FILE_ROWS,
];

/** What Bun has beside them. */
export const BUN_NODE_FILE_ROW: ApiRow = {
  ...onFile,
  owner: "fs.promises",
  keys: ["exists"],
  how: "promise",
};

/** What is not wrapped on any runtime. */
export const NODE_FILES_MISSING: readonly MissingApi[] = [
  {
    family,
    api: "fs.createReadStream, fs.createWriteStream",
    why: "are streams: what a program waits for is the stream",
  },
  {
    family,
    api: "fs.watch, fs.watchFile",
    why: "call listeners, as emitters of events do",
  },
];
