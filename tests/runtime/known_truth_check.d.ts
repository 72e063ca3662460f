/** Types of what the tests of Deno and Bun use of the tests of Node, which are plain JavaScript. */
import type { Trace } from "../../src/format/trace.ts";

/** What each block event says. */
export const REASONS: Readonly<Record<string, string>>;

/** Throws if anything but a time is wrong; gives the times that are. */
export function checkKnownTruth(
  trace: Trace,
  truth: Record<string, Record<string, number>>,
  options?: { task?: "task" | "unknown" },
): string[];
