/** The sixteen bytes that open a trace and name its version. */

import { HEADER_BYTES } from "./limits.ts";

/**
 * Header versions of format v1, the N of `go 1.N trace`. No others exist:
 * 1.12 to 1.18 and 1.20 are refused by every tool. 1.5 has another encoding.
 */
export const HEADER_VERSIONS = [7, 8, 9, 10, 11, 19, 21] as const;

/** The N of `go 1.N trace`. */
export type HeaderVersion = typeof HEADER_VERSIONS[number];

/**
 * What the recorder writes: the one header that every tool from Go 1.11 to
 * Go 1.27 opens.
 */
export const WRITTEN_VERSION: HeaderVersion = 11;

/**
 * The header of `version`.
 *
 * Shape: `go 1.N trace` in ASCII, padded with zero bytes to 16.
 */
export function encodeHeader(version: HeaderVersion): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  new TextEncoder().encodeInto(`go 1.${version} trace`, bytes);
  return bytes;
}
