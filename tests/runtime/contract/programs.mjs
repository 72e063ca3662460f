/**
 * The contract's programs: each does one thing that a recorder must tell rightly, on every runtime and front end. What
 * the trace has to say of each is in ../contract.ts, under the same name.
 *
 * A function that is to be found in the trace has a name of its own.
 */
import { Buffer } from "node:buffer";
import http from "node:http";
import process from "node:process";

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Something between a call and the await of it: then it is no plain call, but goes on beside its caller. */
function between() {
  new Promise(() => {});
}

/** Gives a call's promise on: the call goes on beside its caller. */
function kept(promise) {
  between();
  return promise;
}

/** Listens on a free port of this machine. */
function listen(server) {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

function close(server) {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections?.();
  });
}

async function answer() {
  await sleep(5);
  return "hello";
}

export const programs = {
  async timers() {
    await new Promise((resolve) => {
      between();
      setTimeout(function ticker() {
        resolve();
      }, 5);
    });
  },

  async intervals() {
    let beats = 0;
    await new Promise((resolve) => {
      between();
      const handle = setInterval(function beat() {
        if (++beats < 3) return;
        clearInterval(handle);
        resolve();
      }, 3);
    });
    await sleep(10);
  },

  async "cleared timers"() {
    const handle = setTimeout(function never() {}, 60_000);
    const other = setInterval(function neverAgain() {}, 60_000);
    const soon = setImmediate(function notSoon() {});
    await sleep(3);
    clearTimeout(handle);
    clearInterval(other);
    clearImmediate(soon);
    await sleep(3);
  },

  async immediates() {
    await new Promise((resolve) => {
      between();
      setImmediate(function soon() {
        resolve();
      });
    });
  },

  async "microtasks and ticks"() {
    async function waiter(promise) {
      await promise;
      await sleep(1);
    }
    let open;
    const first = new Promise((resolve) => open = resolve);
    const waits = waiter(first);
    queueMicrotask(function micro() {
      open();
    });
    await kept(waits);
    async function tickWaiter(promise) {
      await promise;
      await sleep(1);
    }
    const second = new Promise((resolve) => open = resolve);
    const waitsToo = tickWaiter(second);
    process.nextTick(function tick() {
      open();
    });
    await kept(waitsToo);
  },

  async "awaited calls"() {
    async function inner() {
      await sleep(3);
      await sleep(3);
    }
    async function middle() {
      await inner();
      await sleep(3);
    }
    async function outer() {
      await middle();
      await inner();
    }
    await kept(outer());
  },

  async "calls beside"() {
    async function worker() {
      await sleep(50);
    }
    async function boss() {
      await sleep(1);
      const work = worker();
      between();
      await sleep(1);
      await work;
    }
    await kept(boss());
  },

  async "fire and forget"() {
    let tell;
    const over = new Promise((resolve) => tell = resolve);
    async function forgotten() {
      await sleep(4);
      await sleep(4);
      tell();
    }
    async function caller() {
      await sleep(1);
      forgotten();
    }
    await kept(caller());
    await over;
  },

  async "hand-made promises"() {
    let open;
    const gate = new Promise((resolve) => open = resolve);
    async function waiter() {
      await gate;
      await sleep(1);
    }
    async function opener() {
      await sleep(4);
      open();
      await sleep(1);
    }
    const waits = waiter();
    await kept(opener());
    await waits;
  },

  async "all and race"() {
    async function early() {
      await sleep(2);
    }
    async function late() {
      await sleep(12);
    }
    async function both() {
      await sleep(1);
      await Promise.all([early(), late()]);
      await sleep(1);
    }
    async function first() {
      await sleep(1);
      await Promise.race([sleep(2), sleep(20)]);
      await sleep(30);
    }
    await kept(both());
    await kept(first());
  },

  async "settled already"() {
    async function hopper() {
      await sleep(1);
      for (let i = 0; i < 5; i++) await Promise.resolve();
      await sleep(1);
    }
    await kept(hopper());
  },

  async generators() {
    async function* numbers() {
      for (let i = 0; i < 3; i++) {
        await sleep(2);
        yield i;
      }
    }
    async function consumer() {
      await sleep(1);
      for await (const value of numbers()) {
        if (value === 1) await sleep(1);
      }
    }
    await kept(consumer());
  },

  async errors() {
    async function fails() {
      await sleep(2);
      throw new Error("expected");
    }
    async function catcher() {
      await sleep(1);
      try {
        await fails();
      } catch {
        await sleep(2);
      }
    }
    async function rejected() {
      await sleep(2);
      throw new Error("expected");
    }
    await kept(catcher());
    await kept(rejected()).catch(() => {});
  },

  async "top-level await"() {
    await import(`./top_level_await.mjs`);
  },

  async fetch() {
    const server = http.createServer((_, response) => response.end("hello"));
    const port = await listen(server);
    async function client() {
      await sleep(1);
      const response = await fetch(`http://127.0.0.1:${port}/`);
      await response.text();
    }
    await kept(client());
    await close(server);
  },

  async "node:http"() {
    const server = http.createServer(async function handle(_, response) {
      response.end(await answer());
    });
    const port = await listen(server);
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/users/${i}`);
      await response.text();
    }
    await close(server);
  },

  async "the runtime's own server"() {
    const fetchHandler = async () => new Response(await answer());
    const { Bun, Deno } = globalThis;
    const server = Bun !== undefined
      ? Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: fetchHandler })
      : Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen() {} },
        fetchHandler,
      );
    const port = server.port ?? server.addr.port;
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/users/${i}`);
      await response.text();
    }
    await (Bun !== undefined ? server.stop(true) : server.shutdown());
  },
};

/** Runs one program with a recording of it. */
export async function record({ start, stop }, name) {
  const chunks = [];
  const sink = { write: (bytes) => void chunks.push(bytes) };
  start(sink, { stacks: "all", wakers: "all" });
  await programs[name]();
  await stop();
  return Buffer.concat(chunks).toString("base64");
}
