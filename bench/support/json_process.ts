/** Runs a child process that prints one JSON value: what a bench measures in a process of its own. */
import { run } from "../../tests/support/processes.ts";

/**
 * @throws {Error} When it cannot be started, ends with another status than 0, or prints something else.
 */
export async function runJson(
  command: string,
  args: readonly string[],
): Promise<unknown> {
  const { code, stdout, stderr } = await run(command, args);
  const text = new TextDecoder().decode(stdout);
  const named = `${command} ${args.join(" ")}`;
  if (code !== 0) {
    throw new Error(
      `Cannot measure: a process ended with ${code}\n${named}\n${text}${stderr}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot measure: ${named} printed ${text}`, { cause });
  }
}
