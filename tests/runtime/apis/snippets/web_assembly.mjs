/** WebAssembly. */
import { Buffer } from "node:buffer";

const FUNCTIONS = 5_000;

/** A module of many functions that do nothing but take a while to be compiled. */
function bigModule() {
  // No locals; a constant that is dropped, twice.
  const code = [0, 0x41, 1, 0x1a, 0x41, 1, 0x1a, 0x0b];
  const one = Buffer.from([code.length, ...code]);
  const section = (id, content) =>
    Buffer.concat([Buffer.from([id]), leb(content.length), content]);
  return Buffer.concat([
    Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    section(1, Buffer.from([1, 0x60, 0, 0])),
    section(3, Buffer.concat([leb(FUNCTIONS), Buffer.alloc(FUNCTIONS)])),
    section(10, Buffer.concat([leb(FUNCTIONS), ...Array(FUNCTIONS).fill(one)])),
  ]);
}

function leb(value) {
  const bytes = [];
  do {
    const rest = value >> 7;
    bytes.push(value & 127 | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return Buffer.from(bytes);
}

function response() {
  return new Response(bigModule(), {
    headers: { "content-type": "application/wasm" },
  });
}

export const snippets = [{
  api: "WebAssembly.compile",
  async run(h) {
    const bytes = bigModule();
    await h.timed(() => WebAssembly.compile(bytes));
  },
}, {
  api: "WebAssembly.instantiate",
  async run(h) {
    const bytes = bigModule();
    // Deno's is a function of its own, around the engine's.
    await h.timed(() => WebAssembly.instantiate(bytes), { waker: "*" });
  },
}, {
  api: "WebAssembly.compileStreaming",
  async run(h) {
    const given = response();
    await h.timed(() => WebAssembly.compileStreaming(given), { waker: "*" });
  },
}, {
  api: "WebAssembly.instantiateStreaming",
  async run(h) {
    const given = response();
    await h.timed(() => WebAssembly.instantiateStreaming(given), {
      waker: "*",
    });
  },
}];
