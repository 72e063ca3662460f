/** Files as node has them: with a callback, with a promise, blocking. */
import fs from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { slowFile, slowFolder, slowName } from "../support/slow_path.mjs";

const QUICK = "takes less than the 20 us that are told, whatever it works on";
const AT_ONCE = "is done before it returns";
const BIG = 2 << 20;

/** Arguments for each function on a path, in all three forms. */
const ON_PATHS = {
  access: (h) => [slowFile(h)],
  appendFile: (h) => [slowFile(h), "more"],
  chmod: (h) => [slowFile(h), 0o600],
  chown: (h) => [slowFile(h), process.getuid(), process.getgid()],
  copyFile: (h) => [slowFile(h), slowName(h)],
  cp: (h) => [slowFile(h), slowName(h)],
  exists: (h) => [slowFile(h)],
  lchown: (h) => [slowFile(h), process.getuid(), process.getgid()],
  link: (h) => [slowFile(h), slowName(h)],
  lstat: (h) => [slowFile(h)],
  lutimes: (h) => [slowFile(h), 1, 1],
  mkdir: (h) => [slowName(h)],
  mkdtemp: (h) => [slowName(h)],
  open: (h) => [slowFile(h)],
  opendir: (h) => [slowFolder(h)],
  readFile: (h) => [slowFile(h)],
  readdir: (h) => [slowFolder(h)],
  readlink: (h) => [slowLink(h)],
  realpath: (h) => [slowFile(h)],
  rename: (h) => [slowFile(h), slowName(h)],
  rm: (h) => [slowFile(h)],
  rmdir: (h) => [slowEmpty(h)],
  stat: (h) => [slowFile(h)],
  statfs: (h) => [slowFile(h)],
  symlink: (h) => ["nowhere", slowName(h)],
  truncate: (h) => [slowFile(h), 1],
  unlink: (h) => [slowFile(h)],
  utimes: (h) => [slowFile(h), 1, 1],
  writeFile: (h) => [slowFile(h), "other"],
};

/** Arguments for each function on a descriptor. */
const ON_DESCRIPTORS = {
  close: (h) => [opened(h)],
  fchmod: (h) => [opened(h), 0o600],
  fchown: (h) => [opened(h), process.getuid(), process.getgid()],
  fdatasync: (h) => [written(h)],
  fstat: (h) => [opened(h)],
  fsync: (h) => [written(h)],
  ftruncate: (h) => [written(h), 1],
  futimes: (h) => [opened(h), 1, 1],
  read: (h) => [written(h), new Uint8Array(BIG), 0, BIG, 0],
  readv: (h) => [written(h), [new Uint8Array(BIG)], 0],
  write: (h) => [opened(h), new Uint8Array(BIG), 0, BIG, 0],
  writev: (h) => [opened(h), [new Uint8Array(BIG)], 0],
};

/** Those that no argument makes slow. */
const QUICK_ONES = [
  "closeSync",
  "fchmodSync",
  "fchownSync",
  "fstatSync",
  "futimesSync",
];

function slowLink(h) {
  const name = slowName(h);
  fs.symlinkSync("nowhere", name);
  return name;
}

function slowEmpty(h) {
  const name = slowName(h);
  fs.mkdirSync(name);
  return name;
}

function opened(h) {
  return fs.openSync(slowFile(h), "r+");
}

function written(h) {
  const descriptor = opened(h);
  fs.writeSync(descriptor, new Uint8Array(BIG), 0, BIG, 0);
  return descriptor;
}

/** Deno opens a folder while it is told to: what is left takes microtasks. */
function isAtOnce(h, key) {
  return h.runtime === "deno" && key === "opendir";
}

/** What a function with a callback is, waited for. */
function calledBack(key, args) {
  return new Promise((resolve, reject) => {
    fs[key](...args, (error, value) => {
      // `exists` has no error.
      if (error instanceof Error) reject(error);
      else resolve(value);
    });
  });
}

const callbacks = Object.entries({ ...ON_PATHS, ...ON_DESCRIPTORS }).map((
  [key, args],
) => ({
  api: `fs.${key}`,
  reason: "sync",
  waker: `fs.${key} callback`,
  async run(h) {
    if (fs[key] === undefined) h.skip("this runtime has it not");
    if (isAtOnce(h, key)) h.skip(AT_ONCE);
    const given = args(h);
    const value = await h.timed(() => calledBack(key, given));
    value?.closeSync?.();
  },
}));

const { exists: _, ...ON_PATHS_ALONE } = ON_PATHS;

const blocking = Object.entries({ ...ON_PATHS_ALONE, ...ON_DESCRIPTORS }).map((
  [key, args],
) => ({
  api: `fs.${key}Sync`,
  untested: QUICK_ONES.includes(`${key}Sync`) ? QUICK : undefined,
  run: (h) => {
    if (fs[`${key}Sync`] === undefined) h.skip("this runtime has it not");
    const given = args(h);
    const value = h.sync(() => fs[`${key}Sync`](...given));
    value?.closeSync?.();
  },
}));

const promises = Object.entries(ON_PATHS_ALONE)
  .map(([key, args]) => ({
    api: `fs.promises.${key}`,
    reason: "sync",
    async run(h) {
      if (fs.promises[key] === undefined) h.skip("this runtime has it not");
      if (isAtOnce(h, key)) h.skip(AT_ONCE);
      const given = args(h);
      const value = await h.timed(() => fs.promises[key](...given));
      // Those that are left open hold the process, or end it.
      await value?.close?.();
    },
  }));

/** Functions with a promise alone, and what is iterated. */
const others = [{
  api: "fs.glob",
  waker: "fs.glob callback",
  async run(h) {
    if (fs.glob === undefined) h.skip("this runtime has it not");
    await h.timed(() => calledBack("glob", [`${slowFolder(h)}/*.none`]));
  },
}, {
  api: "fs.globSync",
  run: (h) => {
    if (fs.globSync === undefined) h.skip("this runtime has it not");
    h.sync(() => fs.globSync(`${slowFolder(h)}/*.none`));
  },
}, {
  api: "fs.promises.glob",
  async run(h) {
    if (fs.promises.glob === undefined) h.skip("this runtime has it not");
    const found = fs.promises.glob(`${slowFolder(h)}/*.none`);
    await h.timed(() => found.next());
  },
}, {
  api: "fs.promises.watch",
  target: "watched",
  async run(h) {
    const folder = h.path("watched");
    fs.mkdirSync(folder, { recursive: true });
    const changes = fs.promises.watch(folder);
    const iterator = changes[Symbol.asyncIterator]();
    // It begins to watch when it is asked first.
    setTimeout(() => fs.writeFileSync(`${folder}/new.txt`, ""), 10);
    await h.timed(() => iterator.next());
    await iterator.return();
  },
}, {
  api: "fs.openAsBlob",
  untested: AT_ONCE,
}, {
  api: "fs.existsSync",
  run: (h) => {
    const path = slowFile(h);
    h.sync(() => fs.existsSync(path));
  },
}, {
  api: "fs.mkdtempDisposableSync",
  run: (h) => {
    if (fs.mkdtempDisposableSync === undefined) {
      h.skip("this runtime has it not");
    }
    const path = slowName(h);
    h.sync(() => fs.mkdtempDisposableSync(path));
  },
}, {
  api: "fs.promises.mkdtempDisposable",
  async run(h) {
    const { mkdtempDisposable } = fs.promises;
    if (mkdtempDisposable === undefined) h.skip("this runtime has it not");
    const path = slowName(h);
    await h.timed(() => fs.promises.mkdtempDisposable(path));
  },
}, {
  api: "fs.promises.exists",
  runtimes: ["bun"],
  async run(h) {
    const path = slowFile(h);
    await h.timed(() => fs.promises.exists(path));
  },
}, {
  // With a callback of the runtime's own.
  api: "fs.readFile",
  async run(h) {
    const path = slowFile(h);
    const readFile = promisify(fs.readFile);
    await h.timed(() => readFile(path), { waker: "*" });
  },
}];

/** Arguments for each method of a handle. */
const ON_HANDLES = {
  appendFile: () => [new Uint8Array(BIG)],
  chmod: () => [0o600],
  chown: () => [process.getuid(), process.getgid()],
  datasync: () => [],
  read: () => [new Uint8Array(BIG), 0, BIG, 0],
  readFile: () => [],
  readv: () => [[new Uint8Array(BIG)], 0],
  stat: () => [],
  sync: () => [],
  truncate: () => [1],
  utimes: () => [1, 1],
  write: () => [new Uint8Array(BIG), 0, BIG, 0],
  writeFile: () => [new Uint8Array(BIG)],
  writev: () => [[new Uint8Array(BIG)], 0],
};

const handles = Object.entries(ON_HANDLES).map(([key, args]) => ({
  api: `FileHandle.${key}`,
  async run(h) {
    const handle = await fs.promises.open(slowFile(h), "r+");
    await handle.write(new Uint8Array(BIG));
    const given = args();
    await h.timed(() => handle[key](...given));
    await handle.close();
  },
}));

const closing = [{
  api: "FileHandle.close",
  // On Deno it is an async function.
  waker: "loop|async function",
  runtimes: ["deno", "bun"],
  async run(h) {
    const handle = await fs.promises.open(slowFile(h), "r+");
    await h.timed(() => handle.close());
  },
}];

const directories = [{
  api: "fs.Dir.read",
  async run(h) {
    const directory = fs.opendirSync(slowFolder(h));
    await h.timed(() => directory.read());
    directory.closeSync();
  },
}, {
  api: "fs.Dir.read",
  waker: "fs.Dir.read callback",
  async run(h) {
    const directory = fs.opendirSync(slowFolder(h));
    await h.timed(() =>
      new Promise((resolve) => directory.read(() => resolve()))
    );
    directory.closeSync();
  },
}, {
  api: "fs.Dir.close",
  async run(h) {
    if (h.runtime !== "node") h.skip(AT_ONCE);
    const directory = fs.opendirSync(slowFolder(h));
    await h.timed(() => directory.close());
  },
}, {
  api: "fs.Dir.entries",
  async run(h) {
    const directory = fs.opendirSync(slowFolder(h));
    const entries = directory[Symbol.asyncIterator]();
    await h.timed(() => entries.next());
    await entries.return();
  },
}, {
  api: "fs.Dir.readSync",
  run: (h) => {
    const folder = h.path("many");
    fs.mkdirSync(folder, { recursive: true });
    for (let i = 0; i < 500; i++) fs.writeFileSync(`${folder}/${i}`, "");
    const directory = fs.opendirSync(folder, { bufferSize: 10_000 });
    h.sync(() => directory.readSync());
    directory.closeSync();
  },
}, { api: "fs.Dir.closeSync", untested: QUICK }];

export const snippets = [
  ...callbacks,
  ...blocking,
  ...promises,
  ...others,
  ...handles,
  ...closing,
  ...directories,
];
