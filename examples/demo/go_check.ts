/** What Go's own tool says of a trace, where Go is installed. */

import { startCommand } from "./child.ts";

/** What Go said. */
export interface GoVerdict {
  /** True: it reads the file. Undefined: it could not be asked. */
  readonly good: boolean | undefined;
  /** Its version and what it said, for people. */
  readonly text: string;
}

/** Where Go is looked for: on PATH, and where its installer puts it. */
const COMMANDS = ["go", "/usr/local/go/bin/go"];

/**
 * Lets `go tool trace` read `file` from beginning to end.
 *
 * Newer Go compiles the tool at its first use, which may take half a minute:
 * when that takes longer than `maxMs`, the file is not judged.
 */
export async function askGo(file: string, maxMs: number): Promise<GoVerdict> {
  const signal = AbortSignal.timeout(maxMs);
  for (const go of COMMANDS) {
    const version = await output(go, ["version"], signal);
    if (version === undefined) continue;
    const [name, minor] = /go1\.(\d+)\S*/.exec(version.stdout) ?? ["go", "0"];
    // Until Go 1.22 the flag was a switch.
    const dump = Number(minor) < 23 ? "-d" : "-d=parsed";
    const args = ["tool", "trace", dump, file];
    const { success, stderr } = await output(go, args, signal) ??
      { success: false, stderr: "cannot be started" };
    if (success) return { good: true, text: name };
    if (signal.aborted) {
      const text = `${name} was not ready after ${maxMs / 1000} s`;
      return { good: undefined, text };
    }
    return { good: false, text: `${name} says: ${stderr.trim()}` };
  }
  return { good: undefined, text: "Go is not installed" };
}

/** Runs a command to its end; undefined when there is no such command. */
async function output(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ success: boolean; stdout: string; stderr: string } | undefined> {
  try {
    const child = startCommand(command, args, signal);
    const { success } = await child.ended;
    return { success, stdout: child.stdout(), stderr: child.stderr() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
