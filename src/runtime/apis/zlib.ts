/** Compression in one go. What is compressed piece by piece is a stream. */

import { Reason } from "../../core/reason.ts";
import { wrapCompressors } from "../wrappers/compressors.ts";
import type { ApiRow, MissingApi } from "./api_table.ts";

const family = "compression";
const reason = Reason.Sync;

const FUNCTIONS = [
  "brotliCompress",
  "brotliDecompress",
  "deflate",
  "deflateRaw",
  "gunzip",
  "gzip",
  "inflate",
  "inflateRaw",
  "unzip",
  "zstdCompress",
  "zstdDecompress",
] as const;

/** Rows of Node and Bun. */
export const ZLIB_ROWS: readonly ApiRow[] = [
  { family, owner: "zlib", keys: FUNCTIONS, how: "callback", reason },
  {
    family,
    owner: "zlib",
    keys: FUNCTIONS.map((key) => `${key}Sync`),
    how: "sync",
    reason,
  },
];

const compressors: ApiRow = {
  family,
  owner: "zlib",
  keys: FUNCTIONS,
  how: "own",
  reason,
  note: "on Deno a promise that is built around it waits for it",
  wrap: (context, owner) => wrapCompressors(compressors, context, owner),
};

/** Rows of Deno. */
export const DENO_ZLIB_ROWS: readonly ApiRow[] = [compressors];

/** What Deno's frozen module keeps from being wrapped. */
export const DENO_ZLIB_MISSING: readonly MissingApi[] = [{
  family,
  api: "zlib.gzipSync and the like",
  why: "Deno's module is frozen: nothing can be put in its functions' place",
}];

/** Rows of Bun's own. */
export const BUN_ZLIB_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "Bun",
    keys: ["zstdCompress", "zstdDecompress"],
    how: "promise",
    reason,
  },
  {
    family,
    owner: "Bun",
    keys: [
      "deflateSync",
      "gunzipSync",
      "gzipSync",
      "inflateSync",
      "zstdCompressSync",
      "zstdDecompressSync",
    ],
    how: "sync",
    reason,
  },
];
