/**
 * The header by which a service tells the next one which distributed trace a
 * request is part of: W3C Trace Context, `traceparent`.
 */

/** Category of the log that tells it. */
export const TRACE_PARENT = "traceparent";

/** Version, trace, parent, flags; what a later version adds comes behind. */
const SHAPE = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(?=$|-)/;
const ZEROS = /^0+$/;

/**
 * The part of `header` that all versions have, 55 characters; undefined if it
 * is not well-formed.
 */
export function traceParentOf(header: unknown): string | undefined {
  if (typeof header !== "string") return undefined;
  const match = SHAPE.exec(header);
  if (match === null) return undefined;
  const [text, version, trace, parent] = match;
  // The first version has nothing behind it, and ff is none.
  const isVersion = version !== "ff" &&
    (version !== "00" || header.length === text.length);
  const isKnown = !ZEROS.test(trace) && !ZEROS.test(parent);
  return isVersion && isKnown ? text : undefined;
}
