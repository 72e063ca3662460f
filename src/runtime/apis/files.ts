/** Files as `Deno` and `Bun` have them. */

import { Reason } from "../../core/reason.ts";
import { wrapBunFiles, wrapWriters } from "../wrappers/bun_files.ts";
import { wrapIteration } from "../wrappers/iterations.ts";
import type { ApiRow } from "./api_table.ts";
import { baseName, fileTarget, streamed } from "./targets.ts";

const family = "files";
const onFile = { family, reason: Reason.Sync, target: fileTarget() } as const;
const onHandle = { family, reason: Reason.Sync } as const;
/** A link's first argument is what it leads to. */
const onLink = { ...onFile, target: fileTarget(1) };

/** Functions of `Deno` on a path, with a promise and as `Sync`. */
const ON_PATHS = [
  "chmod",
  "chown",
  "copyFile",
  "create",
  "lstat",
  "mkdir",
  "open",
  "readFile",
  "readLink",
  "readTextFile",
  "realPath",
  "remove",
  "rename",
  "stat",
  "truncate",
  "utime",
] as const;

/** Those that write what they are given, which may be a stream. */
const WRITING = ["writeFile", "writeTextFile"] as const;

/** Functions that make up a name. */
const TEMPORARY = ["makeTempDir", "makeTempFile"] as const;

const LINKS = ["link", "symlink"] as const;

/** Methods of a `Deno.FsFile`, with a promise and as `Sync`. */
const ON_HANDLES = [
  "lock",
  "read",
  "seek",
  "stat",
  "sync",
  "syncData",
  "truncate",
  "tryLock",
  "unlock",
  "utime",
  "write",
] as const;

function syncForms(keys: readonly string[]): string[] {
  return keys.map((key) => `${key}Sync`);
}

const readDir: ApiRow = {
  ...onFile,
  owner: "Deno",
  keys: ["readDir"],
  how: "own",
  wrap: (context, owner) => wrapIteration(readDir, context, owner),
};

const watchFs: ApiRow = {
  ...onFile,
  owner: "Deno",
  keys: ["watchFs"],
  how: "own",
  reason: Reason.Receive,
  wrap: (context, owner) => wrapIteration(watchFs, context, owner),
};

/** Rows of Deno. */
export const DENO_FILE_ROWS: readonly ApiRow[] = [
  { ...onFile, owner: "Deno", keys: ON_PATHS, how: "promise" },
  {
    ...onFile,
    owner: "Deno",
    keys: WRITING,
    how: "promise",
    runsProgram: streamed(),
  },
  { ...onHandle, owner: "Deno", keys: TEMPORARY, how: "promise" },
  { ...onLink, owner: "Deno", keys: LINKS, how: "promise" },
  readDir,
  watchFs,
  {
    ...onFile,
    owner: "Deno",
    keys: [...syncForms(ON_PATHS), ...syncForms(WRITING), "readDirSync"],
    how: "sync",
  },
  { ...onHandle, owner: "Deno", keys: syncForms(TEMPORARY), how: "sync" },
  { ...onLink, owner: "Deno", keys: syncForms(LINKS), how: "sync" },
  {
    ...onHandle,
    owner: "Deno.FsFile.prototype",
    keys: ON_HANDLES,
    how: "promise",
  },
  {
    ...onHandle,
    owner: "Deno.FsFile.prototype",
    keys: [...syncForms(ON_HANDLES), "close"],
    how: "sync",
  },
  {
    family,
    owner: "Deno.stdin",
    keys: ["read"],
    how: "promise",
    reason: Reason.Receive,
  },
  {
    family,
    owner: "Deno.stdin",
    keys: ["readSync"],
    how: "sync",
    reason: Reason.Receive,
  },
  ...["Deno.stdout", "Deno.stderr"].flatMap((owner): ApiRow[] => [
    { family, owner, keys: ["write"], how: "promise", reason: Reason.Send },
    { family, owner, keys: ["writeSync"], how: "sync", reason: Reason.Send },
  ]),
];

/** What a file that `Bun.file` made is the file of. */
function bunFile(_: readonly unknown[], receiver: unknown): string | undefined {
  return baseName((receiver as { name?: unknown }).name);
}

const contents: ApiRow = {
  family,
  owner: "BunFile.prototype",
  keys: [
    "arrayBuffer",
    "bytes",
    "delete",
    "exists",
    "formData",
    "json",
    "stat",
    "text",
    "unlink",
    "write",
  ],
  how: "own",
  reason: Reason.Sync,
  target: bunFile,
  note: "a blob in memory passes through",
  wrap: (context, owner) => wrapBunFiles(contents, context, owner),
};

const writers: ApiRow = {
  family,
  owner: "FileSink.prototype",
  madeBy: "BunFile.prototype",
  keys: ["end", "flush"],
  how: "own",
  reason: Reason.Sync,
  target: bunFile,
  wrap: (context, owner) => wrapWriters(writers, context, owner),
};

/** Rows of Bun. */
export const BUN_FILE_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "Bun",
    keys: ["write"],
    how: "promise",
    reason: Reason.Sync,
    runsProgram: streamed(),
    target: ([file]) =>
      baseName(file) ?? baseName((file as { name?: unknown } | null)?.name),
  },
  contents,
  writers,
];
