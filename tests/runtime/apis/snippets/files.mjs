/** Files as Deno and Bun have them. */
import { join } from "node:path";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import { slowFile, slowFolder, slowName } from "../support/slow_path.mjs";

const QUICK = "takes less than the 20 us that are told, whatever it works on";
const BIG = 2 << 20;

/** Arguments for each function of Deno that has two forms. */
const DENO = {
  chmod: (h) => [slowFile(h), 0o600],
  chown: (h) => [slowFile(h), process.getuid(), process.getgid()],
  copyFile: (h) => [slowFile(h), slowName(h)],
  create: (h) => [slowName(h)],
  link: (h) => [slowFile(h), slowName(h)],
  lstat: (h) => [slowFile(h)],
  makeTempDir: (h) => [{ dir: slowFolder(h) }],
  makeTempFile: (h) => [{ dir: slowFolder(h) }],
  mkdir: (h) => [slowName(h)],
  open: (h) => [slowFile(h)],
  readFile: (h) => [slowFile(h)],
  readLink: (h) => [slowLink(h)],
  readTextFile: (h) => [slowFile(h)],
  realPath: (h) => [slowFile(h)],
  remove: (h) => [slowFile(h)],
  rename: (h) => [slowFile(h), slowName(h)],
  stat: (h) => [slowFile(h)],
  symlink: (h) => ["nowhere", slowName(h)],
  truncate: (h) => [slowFile(h), 1],
  utime: (h) => [slowFile(h), 1, 1],
  writeFile: (h) => [slowName(h), new Uint8Array(9)],
  writeTextFile: (h) => [slowName(h), "text"],
};

/** Arguments for each method of Deno's files that has two forms. */
const ON_HANDLES = {
  lock: () => [true],
  read: () => [new Uint8Array(BIG)],
  seek: () => [0, 0],
  stat: () => [],
  sync: () => [],
  syncData: () => [],
  truncate: () => [1],
  tryLock: () => [true],
  unlock: () => [],
  utime: () => [1, 1],
  write: () => [new Uint8Array(BIG)],
};

/** Those that no argument makes slow. */
const QUICK_ONES = [
  "lockSync",
  "seekSync",
  "statSync",
  "tryLockSync",
  "unlockSync",
  "utimeSync",
];

/** Those that Deno may be done with before they return: its hooks know, its transform does not. */
const MAY_BE_DONE = [
  "lock",
  "read",
  "seek",
  "stat",
  "truncate",
  "tryLock",
  "unlock",
  "utime",
  "write",
];

function slowLink(h) {
  const name = slowName(h);
  fs.symlinkSync("nowhere", name);
  return name;
}

function openSync(h) {
  const file = Deno.openSync(slowFile(h), { read: true, write: true });
  file.writeSync(new Uint8Array(BIG));
  file.seekSync(0, 0);
  return file;
}

const runtimes = ["deno"];

const onDeno = Object.entries(DENO).flatMap(([key, args]) => [{
  api: `Deno.${key}`,
  runtimes,
  async run(h) {
    const given = args(h);
    await h.timed(() => Deno[key](...given));
  },
}, {
  api: `Deno.${key}Sync`,
  runtimes,
  run: (h) => {
    const given = args(h);
    h.sync(() => Deno[`${key}Sync`](...given));
  },
}]);

const onHandles = Object.entries(ON_HANDLES).flatMap(([key, args]) => [{
  api: `Deno.FsFile.${key}`,
  runtimes,
  async run(h) {
    const mayBeDone = MAY_BE_DONE.includes(key) && !h.isTransformed;
    if (mayBeDone) h.skip("Deno may be done before it returns");
    const file = openSync(h);
    const given = args();
    await h.timed(() => file[key](...given));
    file.close();
  },
}, {
  api: `Deno.FsFile.${key}Sync`,
  runtimes,
  untested: QUICK_ONES.includes(`${key}Sync`) ? QUICK : undefined,
  run: (h) => {
    const file = openSync(h);
    const given = args();
    h.sync(() => file[`${key}Sync`](...given));
    file.close();
  },
}]);

const HARNESS = "the harness has it closed";

const denoOthers = [{
  api: "Deno.readDir",
  runtimes,
  async run(h) {
    const entries = Deno.readDir(slowFolder(h))[Symbol.asyncIterator]();
    await h.timed(() => entries.next());
  },
}, {
  api: "Deno.readDirSync",
  runtimes,
  run: (h) => {
    const folder = slowFolder(h);
    h.sync(() => Deno.readDirSync(folder));
  },
}, {
  api: "Deno.watchFs",
  runtimes,
  target: "watched-by-deno",
  async run(h) {
    const folder = h.path("watched-by-deno");
    fs.mkdirSync(folder, { recursive: true });
    const watcher = Deno.watchFs(folder);
    setTimeout(() => fs.writeFileSync(join(folder, "new.txt"), ""), 10);
    await h.timed(() => watcher.next());
    watcher.close();
  },
}, {
  api: "Deno.FsFile.close",
  runtimes,
  untested: QUICK,
}, {
  api: "Deno.stdin.read",
  runtimes,
  untested: HARNESS,
}, {
  api: "Deno.stdin.readSync",
  runtimes,
  untested: HARNESS,
}, {
  api: "Deno.stdout.write",
  runtimes,
  untested: "is done before it returns",
}, {
  api: "Deno.stdout.writeSync",
  runtimes,
  untested: QUICK,
}, {
  api: "Deno.stderr.write",
  runtimes,
  untested: "is done before it returns",
}, {
  api: "Deno.stderr.writeSync",
  runtimes,
  untested: QUICK,
}];

/** Each method of what Bun.file gives that reads or changes the file. */
const BUN_FILES = {
  arrayBuffer: () => [],
  bytes: () => [],
  delete: () => [],
  exists: () => [],
  formData: () => [],
  json: () => [],
  stat: () => [],
  text: () => [],
  unlink: () => [],
  write: () => ["other"],
};

/** What the file must hold. */
const TEXTS = {
  json: "[]",
};

/** Those of which Bun is done when it returns. */
const AT_ONCE = {
  exists: "Bun looks before it returns",
  write: "Bun writes a short text before it returns",
  formData: "Bun takes the type of a form from the file's name alone",
};

const onBun = Object.entries(BUN_FILES).map(([key, args]) => ({
  api: `BunFile.${key}`,
  runtimes: ["bun"],
  untested: AT_ONCE[key],
  async run(h) {
    const file = Bun.file(slowFile(h, TEXTS[key]));
    const given = args();
    await h.timed(() => file[key](...given), { target: "/^file-/" });
  },
}));

const bunOthers = [{
  api: "Bun.write",
  runtimes: ["bun"],
  async run(h) {
    const path = slowName(h);
    const bytes = Buffer.alloc(BIG);
    await h.timed(() => Bun.write(path, bytes), { target: "/^name-/" });
  },
}, {
  api: "FileSink.flush",
  runtimes: ["bun"],
  untested: "Bun writes to a file before it returns: a number, no promise",
}, {
  api: "FileSink.end",
  runtimes: ["bun"],
  untested: "Bun writes to a file before it returns: a number, no promise",
}];

export const snippets = [
  ...onDeno,
  ...onHandles,
  ...denoOthers,
  ...onBun,
  ...bunOthers,
];
