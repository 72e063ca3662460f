/** Ends by a rejection that nobody handles. usage: crash.mjs [LIBRARY OPTIONS] */
import process from "node:process";

const [library, options] = process.argv.slice(2);
if (library !== undefined) {
  const { start } = await import(library);
  start({ write() {} }, JSON.parse(options));
}

async function fail() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  throw new RangeError("nobody handles this");
}

fail();
setTimeout(() => console.log("it goes on"), 200);
