/** Timers, ticks and microtasks. */
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import process from "node:process";

export const snippets = [{
  api: "setTimeout",
  async run(h) {
    await h.timed(() => new Promise((resolve) => setTimeout(resolve, 5)));
  },
}, {
  api: "setTimeout",
  async run(h) {
    // The callback is a task of its own that sleeps, and wakes who waits for it.
    await h.timed(() =>
      new Promise((resolve) =>
        setTimeout(function ring() {
          resolve();
        }, 5)
      )
    );
    h.goroutine("ring");
  },
}, {
  api: "setInterval",
  async run(h) {
    await h.timed(() =>
      new Promise((resolve) => {
        const handle = setInterval(function beat() {
          clearInterval(handle);
          resolve();
        }, 5);
      })
    );
    h.goroutine("beat");
  },
}, {
  api: "timers.setTimeout",
  async run(h) {
    // It goes by the name of the web's, which on most runtimes it is.
    const api = "setTimeout";
    await h.timed(
      () => new Promise((resolve) => timers.setTimeout(resolve, 5)),
      { api },
    );
  },
}, {
  api: "timers.setInterval",
  async run(h) {
    await h.timed(() =>
      new Promise((resolve) => {
        const handle = timers.setInterval(function pulse() {
          timers.clearInterval(handle);
          resolve();
        }, 5);
      }), { api: "setInterval" });
    h.goroutine("pulse");
  },
}, {
  api: "setImmediate",
  async run(h) {
    await new Promise((resolve) =>
      setImmediate(function soon() {
        resolve();
      })
    );
    h.goroutine("soon");
  },
}, {
  api: "queueMicrotask",
  async run(h) {
    await new Promise((resolve) =>
      queueMicrotask(function atOnce() {
        resolve();
      })
    );
    h.goroutine("atOnce");
  },
}, {
  api: "process.nextTick",
  async run(h) {
    await new Promise((resolve) =>
      process.nextTick(function tick() {
        resolve();
      })
    );
    h.goroutine("tick");
  },
}, {
  api: "timers.promises.setTimeout",
  async run(h) {
    await h.timed(() => timersPromises.setTimeout(5));
  },
}, {
  api: "timers.promises.setImmediate",
  async run(h) {
    await h.timed(() => timersPromises.setImmediate());
  },
}, {
  api: "timers.promises.setInterval",
  async run(h) {
    const beats = timersPromises.setInterval(5);
    await h.timed(() => beats.next());
    await beats.return();
  },
}, {
  api: "timers.promises.scheduler.yield",
  async run(h) {
    await h.timed(() => timersPromises.scheduler.yield());
  },
}, {
  api: "timers.promises.scheduler.wait",
  async run(h) {
    await h.timed(() => timersPromises.scheduler.wait(5));
  },
}, {
  api: "Bun.sleep",
  runtimes: ["bun"],
  async run(h) {
    await h.timed(() => Bun.sleep(5));
  },
}];
