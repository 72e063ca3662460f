/** Compression in one go. */
import zlib from "node:zlib";
import { Buffer } from "node:buffer";
import { promisify } from "node:util";

const TEXT = Buffer.alloc(4 << 20, "looptrace ");

/** What undoes what. */
const PAIRS = {
  brotliCompress: "brotliDecompress",
  deflate: "inflate",
  deflateRaw: "inflateRaw",
  gzip: "gunzip",
  zstdCompress: "zstdDecompress",
};

const runtimes = ["node", "bun"];
const MISSING = "this runtime has it not";

function both(key, argument) {
  return [{
    api: `zlib.${key}`,
    runtimes,
    waker: `zlib.${key} callback`,
    async run(h) {
      if (zlib[key] === undefined) h.skip(MISSING);
      const given = argument();
      await h.timed(() =>
        new Promise((resolve, reject) => {
          zlib[key](given, (error, value) => {
            if (error) reject(error);
            else resolve(value);
          });
        })
      );
    },
  }, {
    api: `zlib.${key}Sync`,
    runtimes,
    run: (h) => {
      if (zlib[key] === undefined) h.skip(MISSING);
      const given = argument();
      h.sync(() => zlib[`${key}Sync`](given));
    },
  }];
}

/** Where a stream does the work that is out of reach. */
function onDeno(key, argument) {
  return {
    api: `zlib.${key}`,
    runtimes: ["deno"],
    async run(h) {
      const given = argument();
      const compress = promisify(zlib[key]);
      await h.timed(() => compress(given), { waker: "*" });
    },
  };
}

const ofBun = [
  ["gzipSync", () => TEXT],
  ["gunzipSync", () => zlib.gzipSync(TEXT)],
  ["deflateSync", () => TEXT],
  ["inflateSync", () => zlib.deflateRawSync(TEXT)],
  ["zstdCompressSync", () => TEXT],
  ["zstdDecompressSync", () => zlib.zstdCompressSync(TEXT)],
].map(([key, argument]) => ({
  api: `Bun.${key}`,
  runtimes: ["bun"],
  run: (h) => {
    const given = argument();
    h.sync(() => Bun[key](given));
  },
}));

export const snippets = [
  ...Object.entries(PAIRS).flatMap(([key, back]) => [
    ...both(key, () => TEXT),
    ...both(back, () => zlib[`${key}Sync`](TEXT)),
  ]),
  ...both("unzip", () => zlib.gzipSync(TEXT)),
  ...Object.entries(PAIRS).flatMap(([key, back]) => [
    onDeno(key, () => TEXT),
    onDeno(back, () => zlib[`${key}Sync`](TEXT)),
  ]),
  onDeno("unzip", () => zlib.gzipSync(TEXT)),
  {
    api: "zlib.gzip",
    runtimes,
    async run(h) {
      const gzip = promisify(zlib.gzip);
      await h.timed(() => gzip(TEXT), { waker: "*" });
    },
  },
  ...ofBun,
  {
    api: "Bun.zstdCompress",
    runtimes: ["bun"],
    async run(h) {
      await h.timed(() => Bun.zstdCompress(TEXT));
    },
  },
  {
    api: "Bun.zstdDecompress",
    runtimes: ["bun"],
    async run(h) {
      const given = zlib.zstdCompressSync(TEXT);
      await h.timed(() => Bun.zstdDecompress(given));
    },
  },
];
