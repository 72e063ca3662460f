/** Child processes that never outlive the demo. */

/** A running child whose output is read as text. */
export interface Child {
  /** Text of stdout up to now. */
  stdout(): string;
  /** Text of stderr up to now. */
  stderr(): string;
  /** Resolves when the child has ended, by itself or not. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts `deno run` for a script; it is ended when `signal` fires. */
export function startScript(
  script: URL,
  permissions: readonly string[],
  args: readonly string[],
  signal: AbortSignal,
): Child {
  return startCommand(
    Deno.execPath(),
    ["run", "--quiet", ...permissions, script.href, ...args],
    signal,
  );
}

/**
 * Starts a command; it is ended when `signal` fires.
 *
 * @throws {Deno.errors.NotFound} When there is no such command.
 */
export function startCommand(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Child {
  const process = new Deno.Command(command, {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const stdout = collect(process.stdout);
  const stderr = collect(process.stderr);
  const ended = Promise.all([process.status, stdout.done, stderr.done])
    .then(([status]) => status);
  return {
    stdout: stdout.text,
    stderr: stderr.text,
    ended,
    async stop() {
      try {
        process.kill("SIGTERM");
      } catch (error) {
        // It has ended already.
        if (!(error instanceof TypeError)) throw error;
      }
      await ended;
    },
  };
}

/** Characters kept of an output: enough for what a child of ours has to say. */
const KEPT_CHARACTERS = 65_536;

function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): { text: () => string; done: Promise<void> } {
  let text = "";
  const read = async (): Promise<void> => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text = (text + piece).slice(-KEPT_CHARACTERS);
    }
  };
  return { text: () => text, done: read() };
}
