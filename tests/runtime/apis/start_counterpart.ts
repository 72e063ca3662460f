/** Starts the process that plays the other side; see counterpart.mjs. */
import { fileURLToPath } from "node:url";
import { findRuntime, startServer } from "../../support/processes.ts";

const PROGRAM = fileURLToPath(new URL("counterpart.mjs", import.meta.url));

/** Its addresses, as it prints them, and how to end it. */
export interface Counterpart {
  readonly addresses: unknown;
  stop(): Promise<void>;
}

/** Starts it; it runs under Node. */
export async function startCounterpart(): Promise<Counterpart> {
  const node = await findRuntime("node");
  if (node === undefined) throw new Error("Cannot find node, the counterpart");
  const server = await startServer(node, [PROGRAM]);
  const [line] = server.stdout().split("\n");
  const json = line.slice(0, line.lastIndexOf("}") + 1);
  return {
    addresses: JSON.parse(json),
    async stop() {
      await server.stop();
    },
  };
}
