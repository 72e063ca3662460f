/** WebAssembly, which is compiled on other threads. */

import { Reason } from "../../core/reason.ts";
import type { ApiRow } from "./api_table.ts";

/** Rows of all runtimes. */
export const WEB_ASSEMBLY_ROWS: readonly ApiRow[] = [{
  family: "WebAssembly",
  owner: "WebAssembly",
  keys: ["compile"],
  how: "promise",
  reason: Reason.Sync,
}, {
  family: "WebAssembly",
  owner: "WebAssembly",
  keys: ["compileStreaming"],
  how: "promise",
  reason: Reason.Network,
}, {
  family: "WebAssembly",
  owner: "WebAssembly",
  keys: ["instantiate"],
  how: "promise",
  reason: Reason.Sync,
  // What the module imports may be called.
  runsProgram: true,
}, {
  family: "WebAssembly",
  owner: "WebAssembly",
  keys: ["instantiateStreaming"],
  how: "promise",
  reason: Reason.Network,
  runsProgram: true,
}];
