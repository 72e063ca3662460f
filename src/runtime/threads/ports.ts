/** Ports to other threads, of the tracer's own: the program never sees them. */

import type { ThreadPort, ThreadReceiver } from "../../core/thread_messages.ts";
import type { FromWorker, ToWorker } from "../../core/thread_messages.ts";

/** What a port carries: ports arrive where they were, in the data. */
interface Envelope {
  readonly message: ToWorker | FromWorker;
  readonly ports: readonly unknown[];
}

/** A MessagePort of Node's, Bun's or Deno's. */
export interface NativePort {
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  onmessage: ((event: { readonly data: Envelope }) => void) | null;
  close(): void;
  unref?(): void;
}

/** Ports of the tracer's: nothing that comes through them is recorded. */
const ownPorts = new WeakSet<object>();

// As they are before anything is wrapped.
const { MessageChannel } = globalThis;
const { postMessage } = globalThis.MessagePort?.prototype ?? {};

/** Where messages come whose tasks are told otherwise, or not at all. */
const messageTargets = new WeakSet<object>();

/** Events of type "message" that `target` gets are no events like others. */
export function noteMessageTarget(target: object): void {
  messageTargets.add(target);
}

/** True if messages at `target` are recorded as such, or are the tracer's own. */
export function isMessageTarget(target: unknown): boolean {
  if (typeof target !== "object" || target === null) return false;
  return messageTargets.has(target) || ownPorts.has(target);
}

/** Two ports of the tracer's own. */
export function makeOwnChannel(): { here: object; there: object } {
  const { port1, port2 } = new MessageChannel();
  ownPorts.add(port1);
  ownPorts.add(port2);
  return { here: port1, there: port2 };
}

/** Listens on a port; see `RuntimeAdapter.openPort`. */
export function openPort(port: unknown, receive: ThreadReceiver): ThreadPort {
  const native = port as NativePort;
  ownPorts.add(native);
  native.onmessage = ({ data }) => receive(data.message, data.ports);
  // After that: a listener keeps the process alive.
  native.unref?.();
  return {
    post(message, transfer) {
      // Buffers are in the message already, ports are not.
      const ports = transfer.filter((value) => !(value instanceof ArrayBuffer));
      const envelope: Envelope = { message, ports };
      Reflect.apply(postMessage, native, [envelope, transfer]);
    },
    close() {
      native.onmessage = null;
      native.close();
    },
  };
}
