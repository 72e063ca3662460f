/** Events: listeners that the loop calls, and waits for one. */
import events from "node:events";
import net from "node:net";

/** An emitter that emits 10 ms later. */
function later() {
  const emitter = new events.EventEmitter();
  setTimeout(() => emitter.emit("ready", 1), 10);
  return emitter;
}

/** Talks to a WebSocket server: each event is a task of its own. */
async function talk(h) {
  const socket = new WebSocket(`${h.server.ws}/?ms=5&token=secret`);
  const events = [];
  const heard = (event) => {
    h.burn(0.2);
    events.push(event.type);
  };
  await new Promise((resolve) => {
    socket.onopen = (event) => heard(event);
    socket.addEventListener("message", (event) => {
      heard(event);
      socket.close();
    });
    socket.addEventListener("close", (event) => {
      heard(event);
      resolve();
    });
  });
  for (const type of events) h.goroutine(`${type} listener`);
}

async function abort(h) {
  const signal = AbortSignal.timeout(10);
  await new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      h.burn(0.2);
      resolve();
    });
  });
  h.goroutine("abort listener");
}

export const snippets = [
  {
    api: "events.once",
    waker: "setTimeout callback|(anonymous)|later|loop",
    async run(h) {
      const emitter = later();
      await h.timed(() => events.once(emitter, "ready"));
    },
  },
  {
    api: "events.once",
    async run(h) {
      const socket = net.connect(h.server.greeterPort, h.server.host);
      const expected = { api: "net.connect", reason: "network" };
      await h.timed(() => events.once(socket, "data"), expected);
      socket.destroy();
    },
  },
  {
    api: "events.on",
    waker: "*",
    async run(h) {
      const iterator = events.on(later(), "ready");
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
  ...["once", "on"].map((key) => ({
    api: `events.EventEmitter.${key}`,
    waker: "*",
    async run(h) {
      const emitter = later();
      await h.timed(() =>
        new Promise((resolve) => {
          // With hooks a listener of the program's own may be anything.
          emitter[key]("ready", h.isTransformed ? () => resolve() : resolve);
        })
      );
    },
  })),
  {
    api: "events.EventEmitter.emit",
    async run(h) {
      const emitter = new events.EventEmitter();
      emitter.on("work", function worker() {
        h.burn(0.3);
      });
      await h.sleep(2);
      emitter.emit("work");
      await h.sleep(2);
      h.region("worker");
    },
  },
  {
    api: "EventTarget.dispatchEvent",
    async run(h) {
      const target = new EventTarget();
      target.addEventListener("work", () => h.burn(0.3));
      await h.sleep(2);
      target.dispatchEvent(new Event("work"));
      await h.sleep(2);
      h.region("work listener");
    },
  },
  {
    api: "EventTarget.dispatchEvent",
    runtimes: ["deno", "node"],
    run: abort,
  },
  {
    api: "EventTarget.dispatchEvent",
    runtimes: ["node"],
    async run(h) {
      if (typeof WebSocket !== "function") h.skip("no WebSocket");
      await talk(h);
    },
  },
  {
    api: "AbortSignal.addEventListener",
    runtimes: ["bun"],
    run: abort,
  },
  {
    api: "WebSocket.addEventListener",
    runtimes: ["deno", "bun"],
    run: talk,
  },
];
