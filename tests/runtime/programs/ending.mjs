/** Starts a recording and never stops it: `ending.mjs LIBRARY HOOKS`. It ends when it has nothing more to do. */
import process from "node:process";

const { start } = await import(process.argv[2]);
start({ write() {} }, { hooks: process.argv[3] });
let endings = 0;
process.on("beforeExit", () => endings++);
process.on("exit", () => console.log(`over, beforeExit ${endings} times`));
setTimeout(() => console.log("done"), 50);
