/** A sink that never takes its second batch: the program goes on, and stop() gives up after ten seconds. */
import { isEnabled, start, stop } from "../../../mod.ts";

start({ write: () => new Promise(() => {}) });
let turns = 0;
const interval = setInterval(() => turns++, 10);
await new Promise((resolve) => setTimeout(resolve, 300));
const begin = performance.now();
const before = turns;
let message = "nothing";
try {
  await stop();
} catch (error) {
  message = String(error);
}
clearInterval(interval);
console.log(
  JSON.stringify({
    message,
    seconds: (performance.now() - begin) / 1000,
    turns: turns - before,
    enabled: isEnabled(),
  }),
);
