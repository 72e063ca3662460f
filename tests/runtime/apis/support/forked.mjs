/** A child that says one thing and ends; see snippets/processes.mjs. */
import process from "node:process";

process.send("hello", () => process.disconnect());
