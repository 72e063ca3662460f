/**
 * Everything local that a program waits for: files, processes, databases and
 * threads of its own machine.
 */

import { getProcess } from "../builtins.ts";
import type { ApiRow, MissingApi } from "./api_table.ts";
import { BLOCKING_ROWS, BUN_SLEEP_SYNC_ROW } from "./blocking.ts";
import { BUN_CRYPTO_ROWS, CRYPTO_ROWS } from "./crypto.ts";
import { BUN_DNS_ROW, DENO_DNS_ROW, NODE_DNS_ROWS } from "./dns.ts";
import { BUN_FILE_ROWS, DENO_FILE_ROWS } from "./files.ts";
import { KV_ROWS } from "./kv.ts";
import {
  BUN_NODE_FILE_ROW,
  NODE_FILE_ROWS,
  NODE_FILE_ROWS_ELSEWHERE,
  NODE_FILES_MISSING,
} from "./node_files.ts";
import {
  BUN_PROCESS_ROWS,
  DENO_PROCESS_ROWS,
  NODE_PROCESS_ROWS,
} from "./processes.ts";
import { BUN_SQLITE_ROWS, NODE_SQLITE_ROWS } from "./sqlite.ts";
import { WEB_ASSEMBLY_ROWS } from "./web_assembly.ts";
import {
  BUN_ZLIB_ROWS,
  DENO_ZLIB_MISSING,
  DENO_ZLIB_ROWS,
  ZLIB_ROWS,
} from "./zlib.ts";

const SHARED: readonly ApiRow[] = [
  ...NODE_PROCESS_ROWS,
  ...CRYPTO_ROWS,
  ...NODE_DNS_ROWS,
  ...BLOCKING_ROWS,
  ...WEB_ASSEMBLY_ROWS,
];

/** Rows of Deno. */
export const DENO_LOCAL_ROWS: readonly ApiRow[] = [
  ...DENO_FILE_ROWS,
  ...DENO_PROCESS_ROWS,
  DENO_DNS_ROW,
  ...KV_ROWS,
  ...DENO_ZLIB_ROWS,
  ...NODE_SQLITE_ROWS,
  ...NODE_FILE_ROWS_ELSEWHERE,
  ...SHARED,
];

/** Rows of Node. */
export const NODE_LOCAL_ROWS: readonly ApiRow[] = [
  ...NODE_FILE_ROWS,
  ...SHARED,
  ...ZLIB_ROWS,
  ...NODE_SQLITE_ROWS.map((row) => ({ ...row, isReady: isSqliteQuiet })),
];

/** The first version of Node that prints no warning when node:sqlite is loaded. */
const QUIET_NODE = 24;

/** True if to load node:sqlite is nothing that a program's user sees. */
function isSqliteQuiet(): boolean {
  const { node = "0" } = getProcess().versions;
  return Number.parseInt(node) >= QUIET_NODE;
}

/** Rows of Bun. */
export const BUN_LOCAL_ROWS: readonly ApiRow[] = [
  ...BUN_FILE_ROWS,
  ...BUN_PROCESS_ROWS,
  ...BUN_CRYPTO_ROWS,
  ...BUN_ZLIB_ROWS,
  BUN_DNS_ROW,
  BUN_SLEEP_SYNC_ROW,
  ...BUN_SQLITE_ROWS,
  BUN_NODE_FILE_ROW,
  ...NODE_SQLITE_ROWS,
  ...NODE_FILE_ROWS_ELSEWHERE,
  ...SHARED,
  ...ZLIB_ROWS,
];

/** Not wrapped on any runtime. */
const SHARED_MISSING: readonly MissingApi[] = [
  ...NODE_FILES_MISSING,
  {
    family: "child processes",
    api: "process.stdin",
    why: "is a stream: what a program waits for is the stream",
  },
];

/** What Deno has not, or not so that it can be wrapped. */
export const DENO_LOCAL_MISSING: readonly MissingApi[] = [
  ...SHARED_MISSING,
  ...DENO_ZLIB_MISSING,
  {
    family: "node:*",
    api: 'import { readFile } from "node:fs/promises"',
    why:
      "named imports of built-in modules are Deno's own: only the default import is what is wrapped",
  },
  {
    family: "Deno KV",
    api: "Deno.Kv.watch",
    why: "is a stream: what a program waits for is the stream",
  },
];

/** What Node has not, or not so that it can be wrapped. */
export const NODE_LOCAL_MISSING: readonly MissingApi[] = [
  ...SHARED_MISSING,
  {
    family: "SQLite",
    api: "sqlite.* before Node 24",
    why: "is an experiment there: loading it prints a warning",
  },
  {
    family: "node:fs",
    api: "FileHandle.close",
    why: "each handle has a function of its own",
  },
];

/** What Bun has not, or not so that it can be wrapped. */
export const BUN_LOCAL_MISSING: readonly MissingApi[] = [
  ...SHARED_MISSING,
];
