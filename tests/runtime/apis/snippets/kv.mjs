/** Deno KV. */

let opened;

async function database(h) {
  if (Deno.openKv === undefined) {
    h.skip("Deno was started without --unstable-kv");
  }
  opened ??= await Deno.openKv(h.path("kv.db"));
  return opened;
}

export const snippets = [{
  api: "Deno.openKv",
  async run(h) {
    if (Deno.openKv === undefined) {
      h.skip("Deno was started without --unstable-kv");
    }
    const kv = await h.timed(() => Deno.openKv(h.path("other.db")));
    kv.close();
  },
}, {
  api: "Deno.Kv.set",
  async run(h) {
    const kv = await database(h);
    await h.timed(() => kv.set(["a"], 1));
  },
}, {
  api: "Deno.Kv.get",
  async run(h) {
    const kv = await database(h);
    await h.timed(() => kv.get(["a"]));
  },
}, {
  api: "Deno.Kv.getMany",
  async run(h) {
    const kv = await database(h);
    await h.timed(() => kv.getMany([["a"], ["b"]]));
  },
}, {
  api: "Deno.Kv.list",
  async run(h) {
    const kv = await database(h);
    const entries = kv.list({ prefix: [] });
    await h.timed(() => entries.next());
  },
}, {
  api: "Deno.Kv.delete",
  async run(h) {
    const kv = await database(h);
    await h.timed(() => kv.delete(["a"]));
  },
}, {
  api: "Deno.AtomicOperation.commit",
  async run(h) {
    const kv = await database(h);
    const operation = kv.atomic().set(["a"], 2);
    await h.timed(() => operation.commit());
  },
}, {
  api: "Deno.Kv.enqueue",
  async run(h) {
    const kv = await database(h);
    await h.timed(() => kv.enqueue("message"));
  },
}, {
  api: "Deno.Kv.listenQueue",
  async run(h) {
    const kv = await database(h);
    await new Promise((resolve) => {
      kv.listenQueue(function onMessage() {
        resolve();
      });
    });
    h.goroutine("onMessage");
  },
}].map((snippet) => ({ ...snippet, runtimes: ["deno"] }));
