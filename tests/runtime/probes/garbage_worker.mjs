/** A worker that makes garbage until it is told to end. */
const port = globalThis.postMessage === undefined
  ? process.getBuiltinModule("node:worker_threads").parentPort
  : globalThis;

let list = [];
const timer = setInterval(() => {
  for (let i = 0; i < 150_000; i++) {
    list.push({ at: list.length, next: { text: [list.length] } });
    if (list.length > 5000) list = [];
  }
}, 20);

const end = () => {
  clearInterval(timer);
  port.postMessage("ended");
  port.close();
};
if (port === globalThis) globalThis.onmessage = end;
else port.on("message", end);
