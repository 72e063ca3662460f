/** One run of the command line: words in, exit status out. */

import type { Trace } from "../format/trace.ts";
import { TraceFormatError } from "../format/errors.ts";
import { readTrace } from "../format/trace_reader.ts";
import { type Command, parseCommand, USAGE, UsageError } from "./args.ts";
import { type Io, OutputClosedError } from "./io.ts";
import { Progress } from "./progress.ts";

const GOOD = 0;
const FAILED = 1;
const WRONG_USE = 2;

/** Runs what `args` ask for and returns the exit status. Never throws for what a user can cause. */
export async function runCommand(
  args: readonly string[],
  io: Io,
): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.name === "help") await print(io, USAGE);
    else await run(command, io);
    return GOOD;
  } catch (error) {
    if (error instanceof OutputClosedError) return GOOD;
    if (error instanceof UsageError) {
      io.writeError(`${error.message}\n\n${USAGE}`);
      return WRONG_USE;
    }
    if (!(error instanceof Error)) throw error;
    io.writeError(`${error.message}\n`);
    return FAILED;
  }
}

async function run(
  command: Exclude<Command, { name: "help" }>,
  io: Io,
): Promise<void> {
  const trace = await load(command.file, command.strict, io);
  // Each command's own code is loaded only when it is asked for.
  switch (command.name) {
    case "validate": {
      const { validateText } = await import("./validate.ts");
      return print(io, validateText(command.file, trace));
    }
    case "dump": {
      const { dumpLines } = await import("./dump.ts");
      for (const piece of dumpLines(trace)) await io.writeOut(piece);
      return;
    }
    case "summary": {
      const { summarize } = await import("../analysis/summary.ts");
      const { summaryText } = await import("./summary.ts");
      const summary = summarize(trace);
      return print(
        io,
        command.json
          ? `${JSON.stringify(summary, null, 2)}\n`
          : summaryText(summary, { limit: command.limit }),
      );
    }
    case "pprof": {
      const { pprofProfile } = await import("../export/pprof.ts");
      return io.writeOut(await pprofProfile(trace, command.kind));
    }
  }
}

async function load(file: string, strict: boolean, io: Io): Promise<Trace> {
  const { stream, size } = await io.open(file);
  const progress = new Progress(io, size);
  let trace: Trace;
  try {
    trace = await readTrace(stream, {
      strict,
      bytesExpected: size,
      onProgress: (bytesRead) => progress.report(bytesRead),
    });
  } catch (error) {
    // The name of the file belongs to the message; kind and place stay in the cause.
    if (!(error instanceof TraceFormatError)) throw error;
    throw new Error(`${file}: ${error.message}`, { cause: error });
  } finally {
    progress.end();
  }
  if (trace.cut !== undefined) io.writeError(cutText(file, trace));
  return trace;
}

function cutText(file: string, { cut, length }: Trace): string {
  if (cut === undefined) return "";
  const { cutAt, unordered, hasClock } = cut;
  return `${file}: ends inside the record at offset ${cutAt}; ` +
    `${length} events before it are taken` +
    (unordered > 0 ? `, ${unordered} put in order by time alone` : "") +
    (hasClock ? "" : ", times are in ticks") + "\n";
}

function print(io: Io, text: string): Promise<void> {
  return io.writeOut(new TextEncoder().encode(text));
}
