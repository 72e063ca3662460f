/** Timers. */
import timers from "node:timers/promises";

export const snippets = [{
  api: "timers.promises.setTimeout",
  reason: "sleep",
  untested: "waits do not name their operation yet",
  async run(h) {
    await h.timed(() => timers.setTimeout(5));
  },
}];
