/** Files, processes, computing, databases: what needs no peer. */
import { Buffer } from "node:buffer";
import childProcess from "node:child_process";
import crypto from "node:crypto";
import dns from "node:dns";
import fs from "node:fs";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";

const { Bun, Deno } = globalThis;

export const scenarios = {
  "fs.promises": async (t) => {
    const path = t.path("a.txt");
    await t.order("writeFile", () => fs.promises.writeFile(path, "text"));
    await t.order("readFile", () => fs.promises.readFile(path));
    await t.order(
      "readFile of nothing",
      () => fs.promises.readFile(t.path("-")),
    );
    await t.order("stat", () => fs.promises.stat(path));
    await t.order("readFile of a wrong type", () => fs.promises.readFile({}));
    let file;
    await t.order("open", () => fs.promises.open(path).then((it) => file = it));
    await t.order("read", () => file.read(Buffer.alloc(4), 0, 4, 0));
    await t.order("close", () => file.close());
  },
  "fs with callbacks": async (t) => {
    const path = t.path("b.txt");
    await t.callback("writeFile", (done) => fs.writeFile(path, "text", done));
    await t.callback("readFile", (done) => fs.readFile(path, "utf8", done));
    await t.callback("readFile of nothing", (done) => {
      fs.readFile(t.path("-"), done);
    });
    await t.callback("stat", (done) => fs.stat(path, done));
    await t.callback("readdir", (done) => fs.readdir(t.folder, () => done()));
    t.sync("readFile without a callback", () => void fs.readFile(path));
    await t.order("promisified", () => promisify(fs.readFile)(path));
  },
  "fs, synchronous": (t) => {
    const path = t.path("c.txt");
    t.sync("writeFileSync", () => fs.writeFileSync(path, "text"));
    t.sync("readFileSync", () => fs.readFileSync(path));
    t.sync("readFileSync of nothing", () => fs.readFileSync(t.path("-")));
    t.sync("existsSync", () => fs.existsSync(path));
  },
  "files nobody waits for": async (t) => {
    // Each has turns of its own: which is found first is the system's choice.
    fs.promises.readFile(t.path("-"));
    await timersPromises.setTimeout(20);
    const late = fs.promises.stat(t.path("-"));
    await timersPromises.setTimeout(20);
    late.catch(() => t.tell("caught late"));
  },
  "Deno's files": async (t) => {
    if (Deno === undefined) return;
    const path = t.path("d.txt");
    await t.order("writeTextFile", () => Deno.writeTextFile(path, "text"));
    await t.order("readFile", () => Deno.readFile(path));
    await t.order("readFile of nothing", () => Deno.readFile(t.path("-")));
    let file;
    await t.order("open", () => Deno.open(path).then((it) => file = it));
    await t.order("read", () => file.read(new Uint8Array(4)));
    file.close();
    t.sync("readTextFileSync", () => Deno.readTextFileSync(path));
    Deno.readFile(t.path("-"));
  },
  "Bun's files": async (t) => {
    if (Bun === undefined) return;
    const path = t.path("e.txt");
    await t.order("write", () => Bun.write(path, "text"));
    await t.order("text", () => Bun.file(path).text());
    await t.order("text of nothing", () => Bun.file(t.path("-")).text());
    Bun.file(t.path("-")).text();
  },
  "timers": async (t) => {
    await t.order("setTimeout", () => timersPromises.setTimeout(1, "value"));
    await t.order("promisified", () => promisify(setTimeout)(1, "value"));
    await t.callback("setTimeout", (done) => setTimeout(done, 1, undefined, 2));
    await t.callback("timers", (done) => timers.setTimeout(done, 1));
    await t.callback(
      "setImmediate",
      (done) => setImmediate(done, undefined, 2),
    );
    t.sync("no function", () => setTimeout(undefined, 1));
    const stopped = new AbortController();
    const options = { signal: stopped.signal };
    timersPromises.setTimeout(1000, undefined, options).catch((error) => {
      t.tell(error.name);
    });
    stopped.abort();
  },
  "crypto": async (t) => {
    const bytes = new Uint8Array(10);
    await t.order("digest", () => crypto.subtle.digest("SHA-256", bytes));
    await t.order("no such digest", () => crypto.subtle.digest("-", bytes));
    await t.callback("scrypt", (done) => crypto.scrypt("a", "b", 8, done));
    await t.callback("randomBytes", (done) => crypto.randomBytes(8, done));
    t.sync("randomBytes", () => crypto.randomBytes(8));
    t.sync("pbkdf2Sync", () => crypto.pbkdf2Sync("a", "b", 10, 8, "sha256"));
    await t.callback("scrypt, wrong", (done) => crypto.scrypt("a", done));
  },
  "zlib": async (t) => {
    let packed;
    await t.callback("gzip", (done) => {
      zlib.gzip("text", (error, bytes) => {
        packed = bytes;
        done(error, bytes);
      });
    });
    await t.callback("gunzip", (done) => zlib.gunzip(packed, done));
    await t.callback("gunzip of no gzip", (done) => {
      zlib.gunzip(Buffer.from("text"), done);
    });
    await t.order("promisified", () => promisify(zlib.gunzip)(packed));
    t.sync("gunzipSync", () => zlib.gunzipSync(packed));
  },
  "dns": async (t) => {
    await t.order("lookup", () => dns.promises.lookup("localhost"));
    await t.callback("lookup", (done) => dns.lookup("localhost", done));
  },
  "processes": async (t) => {
    await t.order(
      "promisified exec",
      () => promisify(childProcess.exec)("echo a"),
    );
    await t.callback("execFile", (done) => {
      childProcess.execFile("echo", ["a"], done);
    });
    await t.callback("exec that fails", (done) => {
      childProcess.exec("exit 3", done);
    });
    t.sync("spawnSync", () => childProcess.spawnSync("echo"));
    t.sync("execSync that fails", () => childProcess.execFileSync("false"));
    if (Deno !== undefined) {
      await t.order("output", () => new Deno.Command("echo").output());
    }
    if (Bun !== undefined) {
      await t.order("exited", () => Bun.spawn(["echo"]).exited);
    }
  },
  "SQLite": async (t) => {
    const database = await openDatabase();
    if (database === undefined) return;
    t.sync("exec", () => database.exec("CREATE TABLE t (a INTEGER)"));
    const insert = database.prepare("INSERT INTO t VALUES (?)");
    t.sync("run", () => insert.run(1));
    t.sync("all", () => database.prepare("SELECT * FROM t").all());
    t.sync("a wrong statement", () => database.prepare("SELECT ?! FROM"));
    database.close();
  },
  "what functions look like": (t) => {
    const objects = {
      fs,
      "fs.promises": fs.promises,
      crypto,
      "crypto.subtle": Object.getPrototypeOf(crypto.webcrypto.subtle),
      zlib,
      dns,
      "dns.promises": dns.promises,
      child_process: childProcess,
      timers,
      "timers.promises": timersPromises,
      Promise,
      ...Deno && { Deno },
      ...Bun && { "Bun.file": Object.getPrototypeOf(Bun.file("a")) },
    };
    for (const [name, object] of Object.entries(objects)) {
      t.shapes(name, object);
    }
    for (
      const key of ["setTimeout", "setInterval", "fetch", "queueMicrotask"]
    ) {
      t.tell(`${key}: ${t.shape(globalThis[key])}`);
    }
  },
};

async function openDatabase() {
  if (Bun !== undefined) {
    const { Database } = await import("bun:sqlite");
    return new Database(":memory:");
  }
  const sqlite = await import("node:sqlite").catch(() => undefined);
  return sqlite && new sqlite.DatabaseSync(":memory:");
}
