/** Workers: a message to one and its answer are tasks, each run where it is taken. */
import process from "node:process";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const WEB = `
onmessage = async ({ data }) => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  postMessage(data);
};`;

const NODE = `
import { parentPort } from "node:worker_threads";
parentPort.on("message", async (data) => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  parentPort.postMessage(data);
});`;

const answered = {
  api: "message from echo.mjs",
  reason: "receive",
  waker: "message from echo.mjs",
};

function script(h, source) {
  const path = h.path("echo.mjs");
  writeFileSync(path, source);
  return pathToFileURL(path);
}

export const snippets = [
  {
    api: "Worker",
    runtimes: ["deno", "bun"],
    async run(h) {
      const worker = new Worker(script(h, WEB), { type: "module" });
      const answer = () =>
        new Promise((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
        });
      // It takes a while to start.
      worker.postMessage(0);
      await answer();
      worker.postMessage(1);
      await h.timed(() => answer(), answered);
      worker.terminate();
      h.goroutine("worker echo.mjs");
      h.goroutine("message to echo.mjs");
      h.goroutine("message from echo.mjs");
    },
  },
  {
    api: "worker_threads.Worker",
    runtimes: ["node", "bun"],
    async run(h) {
      const { Worker } = process.getBuiltinModule("node:worker_threads");
      const worker = new Worker(script(h, NODE));
      const answer = () =>
        new Promise((resolve) => worker.once("message", resolve));
      worker.postMessage(0);
      await answer();
      worker.postMessage(1);
      await h.timed(() => answer(), answered);
      await worker.terminate();
      h.goroutine("worker echo.mjs");
      h.goroutine("message to echo.mjs");
      h.goroutine("message from echo.mjs");
    },
  },
];
