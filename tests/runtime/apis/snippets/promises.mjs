/** Promises that are made of others. The one that is settled last, or first, ends the wait. */

export const snippets = ["all", "allSettled", "race", "any"].map((key) => ({
  api: `Promise.${key}`,
  waker: "late|loop",
  async run(h) {
    async function late() {
      await h.sleep(5);
    }
    await h.timed(() => Promise[key]([late(), late()]));
  },
}));
