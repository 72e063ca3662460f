/**
 * The command line: `deno task cli`, or `looptrace` where the package is installed.
 *
 * @module
 */

import process from "node:process";
import { runCommand } from "./command.ts";
import { processIo } from "./io.ts";

process.exitCode = await runCommand(process.argv.slice(2), processIo());
