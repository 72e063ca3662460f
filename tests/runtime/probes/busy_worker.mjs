/** A worker that is busy for half of the time until it is told to end. */
const port = globalThis.postMessage === undefined
  ? process.getBuiltinModule("node:worker_threads").parentPort
  : globalThis;

let sink = 0;

function burnInWorker(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    for (let i = 0; i < 5000; i++) sink += i % 7;
  }
}

const timer = setInterval(() => burnInWorker(10), 20);
port.postMessage("begun");

const end = () => {
  clearInterval(timer);
  port.postMessage("ended");
  port.close();
};
if (port === globalThis) globalThis.onmessage = end;
else port.on("message", end);
