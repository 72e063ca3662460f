/** Child processes. */
import childProcess from "node:child_process";
import { promisify } from "node:util";

const SLEEP = ["0.02"];
const LINE = "sleep 0.02";
const deno = ["deno"];
const bun = ["bun"];

function ended(child, event) {
  return new Promise((resolve, reject) => {
    child.on(event, resolve);
    child.on("error", reject);
  });
}

export const snippets = [{
  api: "Deno.Command.output",
  runtimes: deno,
  target: "sleep",
  async run(h) {
    const command = new Deno.Command("sleep", { args: SLEEP });
    await h.timed(() => command.output());
  },
}, {
  api: "Deno.Command.outputSync",
  runtimes: deno,
  target: "sleep",
  run: (h) => {
    const command = new Deno.Command("/usr/bin/sleep", { args: SLEEP });
    h.sync(() => command.outputSync());
  },
}, {
  api: "Deno.Command.spawn",
  runtimes: deno,
  target: "sleep",
  async run(h) {
    const command = new Deno.Command("sleep", { args: SLEEP });
    await h.timed(
      () => command.spawn().status,
      { api: "Deno.ChildProcess.status" },
    );
  },
}, {
  api: "Deno.ChildProcess.status",
  runtimes: deno,
  target: "sleep",
  async run(h) {
    const child = new Deno.Command("sleep", { args: SLEEP }).spawn();
    await h.timed(() => child.status);
  },
}, {
  api: "Deno.ChildProcess.output",
  runtimes: deno,
  target: "sleep",
  async run(h) {
    const command = new Deno.Command("sleep", {
      args: SLEEP,
      stdout: "piped",
      stderr: "piped",
    });
    const child = command.spawn();
    await h.timed(() => child.output());
  },
}, {
  api: "Deno.spawn",
  runtimes: deno,
  target: "sleep",
  async run(h) {
    if (Deno.spawn === undefined) h.skip("this version has it not");
    const child = Deno.spawn("sleep", SLEEP);
    await h.timed(() => child.status, { api: "Deno.ChildProcess.status" });
  },
}, {
  api: "Deno.spawnAndWait",
  runtimes: deno,
  target: "sleep",
  async run(h) {
    if (Deno.spawnAndWait === undefined) h.skip("this version has it not");
    await h.timed(() => Deno.spawnAndWait("sleep", SLEEP));
  },
}, {
  api: "Deno.spawnAndWaitSync",
  runtimes: deno,
  target: "sleep",
  run: (h) => {
    if (Deno.spawnAndWaitSync === undefined) h.skip("this version has it not");
    h.sync(() => Deno.spawnAndWaitSync("sleep", SLEEP));
  },
}, {
  api: "Bun.spawn",
  runtimes: bun,
  target: "sleep",
  async run(h) {
    const child = Bun.spawn(["sleep", ...SLEEP]);
    await h.timed(() => child.exited);
  },
}, {
  api: "Bun.spawn",
  runtimes: bun,
  target: "sleep",
  async run(h) {
    await h.timed(() =>
      Bun.spawn({ cmd: ["/usr/bin/sleep", ...SLEEP] }).exited
    );
  },
}, {
  api: "Bun.spawn",
  runtimes: bun,
  target: "sleep",
  waker: "whenDone",
  async run(h) {
    await h.timed(() =>
      new Promise((resolve) => {
        Bun.spawn(["sleep", ...SLEEP], {
          onExit: function whenDone() {
            resolve();
          },
        });
      })
    );
    h.goroutine("whenDone");
  },
}, {
  api: "Bun.spawnSync",
  runtimes: bun,
  target: "sleep",
  run: (h) => {
    h.sync(() => Bun.spawnSync(["sleep", ...SLEEP]));
  },
}, {
  api: "Bun.$",
  runtimes: bun,
  target: "sleep",
  async run(h) {
    if (!h.isTransformed) {
      h.skip("Bun tells nobody of awaits of what extends Promise");
    }
    await h.timed(() => Bun.$`sleep 0.02`.quiet());
  },
}, {
  api: "child_process.spawn",
  target: "sleep",
  waker: "child process close",
  async run(h) {
    await h.timed(() => ended(childProcess.spawn("sleep", SLEEP), "close"));
    h.goroutine("child process close");
  },
}, {
  api: "child_process.spawn",
  target: "sleep",
  waker: "child process exit",
  async run(h) {
    await h.timed(() => ended(childProcess.spawn("sleep", SLEEP), "exit"));
  },
}, {
  api: "child_process.fork",
  target: "forked.mjs",
  waker: "child process message",
  async run(h) {
    const path = new URL("../support/forked.mjs", import.meta.url);
    await h.timed(() => {
      const child = childProcess.fork(path);
      return ended(child, "message");
    });
  },
}, {
  api: "child_process.exec",
  target: "sleep",
  waker: "child_process.exec callback",
  async run(h) {
    await h.timed(() =>
      new Promise((resolve) => childProcess.exec(LINE, () => resolve()))
    );
  },
}, {
  api: "child_process.exec",
  target: "sleep",
  async run(h) {
    const exec = promisify(childProcess.exec);
    await h.timed(() => exec(LINE), { waker: "*" });
  },
}, {
  api: "child_process.execFile",
  target: "sleep",
  waker: "child_process.execFile callback",
  async run(h) {
    await h.timed(() =>
      new Promise((resolve) =>
        childProcess.execFile("sleep", SLEEP, () => resolve())
      )
    );
  },
}, {
  api: "child_process.execFile",
  target: "sleep",
  async run(h) {
    const execFile = promisify(childProcess.execFile);
    await h.timed(() => execFile("sleep", SLEEP), { waker: "*" });
  },
}, {
  api: "child_process.execSync",
  target: "sleep",
  run: (h) => {
    h.sync(() => childProcess.execSync(LINE));
  },
}, {
  api: "child_process.execFileSync",
  target: "sleep",
  run: (h) => {
    h.sync(() => childProcess.execFileSync("sleep", SLEEP));
  },
}, {
  api: "child_process.spawnSync",
  target: "sleep",
  run: (h) => {
    h.sync(() => childProcess.spawnSync("sleep", SLEEP));
  },
}, {
  api: "child_process.ChildProcess.emit",
  async run(h) {
    const child = childProcess.spawn("true");
    await new Promise((resolve) => child.on("exit", resolve));
    h.goroutine("child process exit");
  },
}];
