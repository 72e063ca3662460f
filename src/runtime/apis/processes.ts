/** Child processes. Of a command only the program's name is told. */

import { Reason } from "../../core/reason.ts";
import { wrapShell, wrapSubprocesses } from "../wrappers/bun_processes.ts";
import {
  programOf,
  wrapChildEvents,
  wrapCommands,
  wrapGetters,
  wrapSpawn,
} from "../wrappers/processes.ts";
import type { ApiRow } from "./api_table.ts";
import {
  commandName,
  commandTarget,
  programName,
  programTarget,
} from "./targets.ts";

const family = "child processes";
const onProgram = {
  family,
  reason: Reason.Sync,
  target: programTarget(),
} as const;
const onCommand = { ...onProgram, target: commandTarget() };

/** What a command or child of Deno's runs. */
const onOwnProgram = {
  family,
  reason: Reason.Sync,
  target: (_: readonly unknown[], receiver: unknown) => programOf(receiver),
} as const;

const commands: ApiRow = {
  ...onOwnProgram,
  owner: "Deno.Command.prototype",
  madeBy: "Deno",
  keys: ["spawn"],
  how: "own",
  wrap: (context, owner) => wrapCommands(commands, context, owner),
};

const denoSpawn: ApiRow = {
  ...onProgram,
  owner: "Deno",
  keys: ["spawn"],
  how: "own",
  wrap: (context, owner) => wrapSpawn(denoSpawn, context, owner),
};

const status: ApiRow = {
  ...onOwnProgram,
  owner: "Deno.ChildProcess.prototype",
  keys: ["status"],
  how: "own",
  wrap: (context, owner) => wrapGetters(status, context, owner),
};

/** Rows of Deno's own. */
export const DENO_PROCESS_ROWS: readonly ApiRow[] = [
  commands,
  {
    ...onOwnProgram,
    owner: "Deno.Command.prototype",
    keys: ["output"],
    how: "promise",
  },
  {
    ...onOwnProgram,
    owner: "Deno.Command.prototype",
    keys: ["outputSync"],
    how: "sync",
  },
  denoSpawn,
  { ...onProgram, owner: "Deno", keys: ["spawnAndWait"], how: "promise" },
  { ...onProgram, owner: "Deno", keys: ["spawnAndWaitSync"], how: "sync" },
  status,
  {
    ...onOwnProgram,
    owner: "Deno.ChildProcess.prototype",
    keys: ["output"],
    how: "promise",
  },
];

/** The program that `Bun.spawn` is to start: of a list, or of options with one. */
function bunProgram([given]: readonly unknown[]): string | undefined {
  const list = Array.isArray(given)
    ? given
    : (given as { cmd?: unknown } | null)?.cmd;
  return Array.isArray(list) ? programName(list[0]) : undefined;
}

const subprocesses: ApiRow = {
  family,
  owner: "Bun",
  keys: ["spawn"],
  how: "own",
  reason: Reason.Sync,
  target: bunProgram,
  note: "its `exited`",
  wrap: (context, owner) => wrapSubprocesses(subprocesses, context, owner),
};

const shell: ApiRow = {
  family,
  owner: "Bun",
  keys: ["$"],
  how: "own",
  reason: Reason.Sync,
  // The text before what the program puts in.
  target: ([strings]) => commandName((strings as readonly string[])[0]),
  wrap: (context, owner) => wrapShell(shell, context, owner),
};

/** Rows of Bun's own. */
export const BUN_PROCESS_ROWS: readonly ApiRow[] = [
  subprocesses,
  {
    family,
    owner: "Bun",
    keys: ["spawnSync"],
    how: "sync",
    reason: Reason.Sync,
    target: bunProgram,
  },
  shell,
];

const nodeSpawn: ApiRow = {
  ...onProgram,
  owner: "child_process",
  keys: ["fork", "spawn"],
  how: "own",
  wrap: (context, owner) => wrapSpawn(nodeSpawn, context, owner),
};

const nodeChildren: ApiRow = {
  family,
  owner: "child_process.ChildProcess.prototype",
  keys: ["emit"],
  how: "own",
  reason: Reason.Sync,
  note: "listeners of a child's events run as tasks",
  wrap: wrapChildEvents,
};

/** Rows of `node:child_process`, of all three runtimes. */
export const NODE_PROCESS_ROWS: readonly ApiRow[] = [
  nodeSpawn,
  { ...onCommand, owner: "child_process", keys: ["exec"], how: "callback" },
  { ...onProgram, owner: "child_process", keys: ["execFile"], how: "callback" },
  { ...onCommand, owner: "child_process", keys: ["execSync"], how: "sync" },
  {
    ...onProgram,
    owner: "child_process",
    keys: ["execFileSync", "spawnSync"],
    how: "sync",
  },
  nodeChildren,
];
