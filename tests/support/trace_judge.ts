/**
 * Is a trace good? Our reader says so of every one, Go's tools of some: they take half a second a file.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Trace } from "../../src/format/trace.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";
import { assertEquals } from "./assert.ts";
import { findGoTools, type GoTool, judge } from "./go_tools.ts";

/** A trace and what to call it when it is bad. */
export interface NamedTrace {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a test that needs Go says when it is skipped. */
export const NO_GO_TOOLS = "neither Go 1.23 or later nor Go 1.19 is installed";

/** The installed tools, one of each family. */
export async function installedGo(): Promise<GoTool[]> {
  const { go126, go119 } = await findGoTools();
  return [go126, go119].filter((tool) => tool !== undefined);
}

/**
 * Reads a trace that we wrote, which must be whole and without anything that a page of Go's would stumble over.
 *
 * @throws {Error} When it is not good, with `name` in the text.
 */
export function judgeTrace(bytes: Uint8Array, name: string): Trace {
  let trace: Trace;
  try {
    trace = parseTrace(bytes, { strict: true });
  } catch (error) {
    throw new Error(`Cannot read ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  assertEquals([...trace.warnings], [], name);
  return trace;
}

/**
 * Has every installed Go read the traces. Where none is installed nothing is judged: a test that is about Go's verdict
 * asks {@link installedGo} first and is skipped by name.
 *
 * @throws {Error} When one is refused, with its name and what the tool says.
 */
export async function judgeWithGo(
  traces: readonly NamedTrace[],
): Promise<void> {
  const verdicts = await goVerdicts(traces);
  const bad = verdicts.filter(({ ok }) => !ok);
  if (bad.length === 0) return;
  const lines = bad.map(({ tool, name, text }) => `${name}: ${tool}: ${text}`);
  throw new Error(`Cannot take the traces: Go says\n${lines.join("\n")}`);
}

/** What one tool says of one trace. */
export interface GoVerdict {
  readonly tool: string;
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

/** What every installed Go says of the traces. */
export async function goVerdicts(
  traces: readonly NamedTrace[],
): Promise<GoVerdict[]> {
  const tools = await installedGo();
  const folder = await mkdtemp(join(tmpdir(), "looptrace-judge-"));
  const verdicts: GoVerdict[] = [];
  try {
    for (const [index, { name, bytes }] of traces.entries()) {
      const file = join(folder, `${index}.trace`);
      await writeFile(file, bytes);
      const said = await Promise.all(
        tools.map(async (tool) => ({
          tool: tool.version,
          name,
          ...await judge(tool, file),
        })),
      );
      verdicts.push(...said);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return verdicts;
}

/** At most `count` of the items, spread evenly, the first and the last among them. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const step = (items.length - 1) / (count - 1);
  return Array.from(
    { length: count },
    (_, index) => items[Math.round(index * step)],
  );
}
