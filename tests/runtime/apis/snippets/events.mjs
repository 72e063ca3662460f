/** Events: listeners that the loop calls, and waits for one. */
import events from "node:events";
import net from "node:net";

/** An emitter that emits 10 ms later. */
function later(h) {
  const emitter = new events.EventEmitter();
  setTimeout(() => emitter.emit("ready", 1), 10);
  return emitter;
}

export const snippets = [
  {
    api: "events.once",
    waker: "setTimeout callback|(anonymous)|later|loop",
    async run(h) {
      const emitter = later(h);
      await h.timed(() => events.once(emitter, "ready"));
    },
  },
  {
    api: "events.once",
    async run(h) {
      const socket = net.connect(h.server.greeterPort, h.server.host);
      await h.timed(() => events.once(socket, "data"));
      socket.destroy();
    },
  },
  {
    api: "events.on",
    waker: "*",
    async run(h) {
      const iterator = events.on(later(h), "ready");
      await h.timed(() => iterator.next());
      await iterator.return();
    },
  },
  {
    api: "events.EventEmitter.emit",
    async run(h) {
      const socket = net.connect(h.server.greeterPort, h.server.host);
      await new Promise((resolve) => {
        socket.on("data", () => h.burn(0.2));
        socket.on("end", function ended() {
          h.burn(0.2);
          resolve();
        });
      });
      socket.destroy();
      h.goroutine("data listener");
      h.goroutine("ended");
    },
  },
  {
    api: "EventTarget.dispatchEvent",
    async run(h) {
      const signal = AbortSignal.timeout(10);
      await new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          h.burn(0.2);
          resolve();
        });
      });
      h.goroutine("abort listener");
    },
  },
];
