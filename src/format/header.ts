/** The sixteen bytes that open a trace and name its version. */

import { TraceFormatError } from "./errors.ts";
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

/** What it writes where there are CPU samples: Go 1.19 and later open it. */
export const SAMPLED_VERSION: HeaderVersion = 19;

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

/**
 * The version named by the first {@linkcode HEADER_BYTES} of `bytes`.
 *
 * @throws {TraceFormatError} When they are no header (`header`), or name a
 * version that is not in {@linkcode HEADER_VERSIONS} (`version`).
 */
export function decodeHeader(bytes: Uint8Array): HeaderVersion {
  const text = String.fromCharCode(...bytes.subarray(0, HEADER_BYTES));
  // Go 1.19 takes one to three digits after the point, the first not 0.
  const match = /^go ([1-9])\.([1-9][0-9]{0,2}) trace\0*$/.exec(text);
  if (text.length < HEADER_BYTES || match === null) {
    throw new TraceFormatError("read the header", {
      kind: "header",
      rule: "not a trace file",
      offset: 0,
      found: JSON.stringify(text),
      wanted: '"go 1.N trace" and zero bytes',
    });
  }
  const version = HEADER_VERSIONS.find((known) => `${known}` === match[2]);
  if (match[1] !== "1" || version === undefined) {
    throw new TraceFormatError("read the header", {
      kind: "version",
      rule: "unsupported version",
      offset: 0,
      found: `${match[1]}.${match[2]}`,
      wanted: `one of ${HEADER_VERSIONS.map((n) => `1.${n}`).join(", ")}`,
    });
  }
  return version;
}
