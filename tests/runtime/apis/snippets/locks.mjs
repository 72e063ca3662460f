/** Web Locks. */

export const snippets = [{
  api: "navigator.locks.request",
  runtimes: ["deno", "node"],
  waker: "*",
  async run(h) {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) h.skip("no Web Locks");
    const held = locks.request("secret", () => h.sleep(20));
    await h.timed(() =>
      locks.request("secret", async function holder() {
        await h.sleep(2);
      })
    );
    await held;
    h.goroutine("holder");
  },
}];
