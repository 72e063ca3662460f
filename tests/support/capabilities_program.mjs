/** Prints what the library whose URL is its argument can record here, as JSON. Loaded through the preload, or not. */
import process from "node:process";

const { capabilities } = await import(process.argv[2]);
console.log(JSON.stringify(capabilities()));
