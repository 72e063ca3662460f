/** A worker that does what it is told. */
import { burn, parent, sleep, start } from "./threads.mjs";

const { close, listen, post } = parent();

async function spin(times) {
  for (let i = 0; i < times; i++) await sleep(1);
}

const deeds = {
  echo: ({ value }) => post(value),
  async work({ ms }) {
    burn(ms / 2);
    await sleep(2);
    burn(ms / 2);
    post("done");
  },
  async spin({ times }) {
    post("spinning");
    await Promise.all([spin(times), spin(times)]);
  },
  ignore() {},
  endless() {
    post("endless");
    for (;;);
  },
  throws() {
    throw new Error("as told");
  },
  async nested({ ms }) {
    const inner = start("./worker.mjs");
    inner.post({ deed: "work", ms });
    const answer = await inner.next();
    inner.post({ deed: "end" });
    post(`inner ${answer}`);
  },
  async end() {
    await spin(3);
    close();
  },
  seen() {
    post({
      location: globalThis.location?.href,
      url: import.meta.url,
      name: globalThis.name,
    });
  },
};

listen((message) => deeds[message.deed](message));
