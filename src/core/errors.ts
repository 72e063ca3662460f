/** What a caller of the recorder may want to catch. */

/** Thrown when a recording is asked for while no more can be served. */
export class TracerBusyError extends Error {
  override readonly name = "TracerBusyError";
}

/** Thrown by `stop()` when nothing was started. */
export class TracerIdleError extends Error {
  override readonly name = "TracerIdleError";
}

/** Thrown when CPU samples are asked for where none can be taken. */
export class SamplingError extends Error {
  override readonly name = "SamplingError";
}
