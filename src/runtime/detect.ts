/** Finds out which runtime this is, by what it has. */

import type { RuntimeAdapter } from "../core/adapter.ts";
import { getProcess } from "./builtins.ts";
import { bunAdapter } from "./bun.ts";
import { denoAdapter } from "./deno.ts";
import { nodeAdapter } from "./node.ts";

/**
 * The adapter for the runtime that this is.
 *
 * @throws {Error} When it is none that can be recorded.
 */
export function detectRuntime(): RuntimeAdapter {
  const globals = globalThis as { Deno?: unknown; Bun?: unknown };
  const versions = getProcess()?.versions;
  if (globals.Bun !== undefined) return bunAdapter();
  if (globals.Deno !== undefined) return denoAdapter();
  if (versions?.node !== undefined) return nodeAdapter();
  throw new Error("Cannot record: this is neither Deno nor Bun nor Node");
}
