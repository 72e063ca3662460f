/** What the words of a command line mean. */

import { parseArgs } from "node:util";
import { WAIT_KINDS, type WaitKind } from "../analysis/waits.ts";

/** A command with its options, ready to run. */
export type Command =
  | { readonly name: "help" }
  | {
    readonly name: "validate" | "dump";
    readonly file: string;
    readonly strict: boolean;
  }
  | {
    readonly name: "summary";
    readonly file: string;
    readonly strict: boolean;
    readonly json: boolean;
    readonly limit: number;
  }
  | {
    readonly name: "pprof";
    readonly file: string;
    readonly strict: boolean;
    readonly kind: WaitKind;
  };

/** Wrong use of the command line; the text is for the user. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** What `--help` prints. */
export const USAGE = `Usage: looptrace COMMAND [options] FILE

Reads an execution trace of Looptrace or of Go 1.7 to 1.21.
FILE is a path, - for the standard input, or an http URL.

  validate FILE              say whether the trace is good, and what Go's tools would mind
  dump FILE                  one line an event, as go1.19 tool trace -d prints it
  summary FILE               where the time went, by entry function
    --json                     for programs
    --top=N                    N entries at most (20)
  pprof --kind=KIND FILE     a blocking profile for go tool pprof, on the standard output
                               KIND: net, sync, syscall, sched

  --strict                   a trace that ends inside a record is an error

Exit status: 0 good, 1 bad trace or failed run, 2 wrong use.
`;

const DEFAULT_TOP = 20;
const STRICT = { strict: { type: "boolean", default: false } } as const;
const OPTIONS = {
  validate: STRICT,
  dump: STRICT,
  summary: {
    ...STRICT,
    json: { type: "boolean", default: false },
    top: { type: "string", default: String(DEFAULT_TOP) },
  },
  pprof: { ...STRICT, kind: { type: "string" } },
} as const;

/**
 * The command that `args` ask for.
 *
 * @throws {UsageError} When they ask for nothing that there is.
 */
export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError("Cannot run: no command given");
  if (name === "help" || args.includes("--help") || args.includes("-h")) {
    return { name: "help" };
  }
  if (!Object.hasOwn(OPTIONS, name)) {
    throw new UsageError(
      `Cannot run ${name}: wanted one of ${Object.keys(OPTIONS).join(", ")}`,
    );
  }
  const command = name as keyof typeof OPTIONS;
  const { values, positionals } = parsed(command, rest);
  const [file] = positionals;
  if (positionals.length !== 1) {
    throw new UsageError(
      `Cannot run ${name}: found ${positionals.length} files, wanted 1`,
    );
  }
  const strict = values.strict === true;
  switch (command) {
    case "summary":
      return {
        name: command,
        file,
        strict,
        json: values.json === true,
        limit: wholeNumber("--top", values.top),
      };
    case "pprof":
      return { name: command, file, strict, kind: waitKind(values.kind) };
    default:
      return { name: command, file, strict };
  }
}

type Values = Record<string, unknown>;

function parsed(
  command: keyof typeof OPTIONS,
  args: string[],
): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args,
      options: OPTIONS[command],
      allowPositionals: true,
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot run ${command}: ${text}`);
  }
}

function wholeNumber(option: string, value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0 || value === "") {
    throw new UsageError(
      `Cannot read ${option}: found ${value}, wanted a whole number`,
    );
  }
  return number;
}

function waitKind(value: unknown): WaitKind {
  const kind = WAIT_KINDS.find((known) => known === value);
  if (kind === undefined) {
    const found = value === undefined ? "nothing" : String(value);
    throw new UsageError(
      `Cannot read --kind: found ${found}, wanted one of ${
        WAIT_KINDS.join(", ")
      }`,
    );
  }
  return kind;
}
