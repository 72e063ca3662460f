/**
 * Looptrace: Go's execution tracer for JavaScript event loops.
 *
 * Importing this module does nothing: no hook, no patch, no permission.
 *
 * ```ts
 * import { handler } from "@looptrace/looptrace";
 *
 * const trace = handler();
 * Deno.serve((request) =>
 *   new URL(request.url).pathname.startsWith("/debug/")
 *     ? trace(request)
 *     : new Response("hello")
 * );
 * ```
 *
 * @module
 */

export {
  capabilities,
  handler,
  isEnabled,
  log,
  loopUtilization,
  nameRequest,
  newTask,
  start,
  startRegion,
  statistics,
  stop,
  stream,
  withRegion,
} from "./src/api.ts";
export type { Region, UserTask } from "./src/core/annotator.ts";
export type { Capabilities, HookKind } from "./src/core/adapter.ts";
export {
  SamplingError,
  TracerBusyError,
  TracerIdleError,
} from "./src/core/errors.ts";
export type { LoopUtilization } from "./src/core/loop_figures.ts";
export type { WakerMode } from "./src/core/enqueuer.ts";
export type { StackMode } from "./src/core/stack_capture.ts";
export type { RecordingStatistics, Statistics } from "./src/core/statistics.ts";
export type { MapperCounts } from "./src/core/task_mapper.ts";
export type { Sink, StreamOptions } from "./src/core/tracer.ts";
export type { Handler, HandlerOptions } from "./src/http/endpoint.ts";
