/** What stops the thread, or waits for another one. */

const NO_TERMINAL = "there is nobody to answer";
const cells = new Int32Array(new SharedArrayBuffer(8));

export const snippets = [
  {
    api: "Atomics.wait",
    run: (h) => {
      h.sync(() => Atomics.wait(cells, 0, 0, 5));
    },
  },
  {
    api: "Atomics.waitAsync",
    async run(h) {
      await h.timed(() => Atomics.waitAsync(cells, 0, 0, 5).value);
    },
  },
  {
    api: "Bun.sleepSync",
    runtimes: ["bun"],
    run: (h) => {
      h.sync(() => Bun.sleepSync(5));
    },
  },
  ...["alert", "confirm", "prompt"].map((api) => ({
    api,
    untested: NO_TERMINAL,
  })),
];
