import { test } from "node:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import {
  findRuntime,
  run,
  type RuntimeName,
  startRuntime,
} from "./processes.ts";

/** A server on a port of the system's choice; with the argument "stubborn" it does not go on SIGTERM. */
const SERVER = `
import { createServer } from "node:http";
import process from "node:process";
if (process.argv.includes("stubborn")) process.on("SIGTERM", () => console.log("no"));
if (process.argv.includes("broken")) throw new Error("broken on purpose");
const server = createServer((_request, response) => response.end("hello"));
server.listen(0, "127.0.0.1", () => {
  console.error("ready: http://localhost:" + server.address().port + "/");
});
`;

async function withScript(
  use: (script: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-test-"));
  try {
    const script = join(folder, "server.mjs");
    await writeFile(script, SERVER);
    await use(script);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}

for (const name of ["deno", "bun", "node"] as RuntimeName[]) {
  const skip = await findRuntime(name) === undefined &&
    `${name} is not installed`;

  test(`startRuntime() starts a server under ${name} and stop() ends it`, {
    skip,
  }, async () => {
    await withScript(async (script) => {
      const server = await startRuntime(name, script);
      assertEquals(await (await fetch(server.url)).text(), "hello");
      assertStringIncludes(server.stderr(), `:${server.port}/`);
      const first = await server.stop();
      assert(!isAlive(server.pid), "it is gone");
      assertEquals(
        await server.stop(),
        first,
        "a second stop() tells the same",
      );
    });
  });
}

const noNode = await findRuntime("node") === undefined &&
  "node is not installed";

test(
  "stop() ends a process that ignores SIGTERM",
  { skip: noNode },
  async () => {
    await withScript(async (script) => {
      const server = await startRuntime("node", script, { args: ["stubborn"] });
      assertEquals((await server.stop()).signal, "SIGKILL");
      assert(!isAlive(server.pid), "it is gone");
    });
  },
);

test("startRuntime() tells what a server said that never got ready", {
  skip: noNode,
}, async () => {
  await withScript(async (script) => {
    const error = await assertRejects(
      () => startRuntime("node", script, { args: ["broken"] }),
      Error,
      "Cannot start",
    );
    assertStringIncludes(error.message, "broken on purpose");
    assertStringIncludes(error.message, "it ended with 1");
  });
});

test("run() gives exit status and both outputs", { skip: noNode }, async () => {
  const { code, stdout, stderr } = await run("node", [
    "-e",
    "console.log(1); console.error(2); process.exit(3)",
  ]);
  assertEquals([code, new TextDecoder().decode(stdout), stderr], [
    3,
    "1\n",
    "2\n",
  ]);
});

test("run() kills what takes too long", { skip: noNode }, async () => {
  await assertRejects(
    () =>
      run("node", ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 300 }),
    Error,
    "still running after 300 ms",
  );
});

test("run() throws for a command that does not exist", async () => {
  await assertRejects(
    () => run("looptrace-no-such-command", []),
    Error,
    "Cannot start looptrace-no-such-command",
  );
});
