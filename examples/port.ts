/** Where an example listens. */

/**
 * The port given as `--port=` among `args`, or else in `env`, or else 8000.
 *
 * @throws {RangeError} When it is none.
 */
export function portFrom(args: readonly string[], env?: string): number {
  const flag = args.find((arg) => arg.startsWith("--port="));
  const text = flag?.slice("--port=".length) ?? env ?? "8000";
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Cannot listen: port is ${text}, must be 0 to 65535`);
  }
  return port;
}
