/** A trace of the running example in the pages of Go's own tools, of both families. */
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { findGoTools, goPages, goProfile } from "../support/go_tools.ts";
import { startRuntime } from "../support/processes.ts";
import { withFile } from "../support/temp_file.ts";

const EXAMPLE = fileURLToPath(
  new URL("../../examples/hono_server.ts", import.meta.url),
);

/** Pages that a user opens, and what must be on them; "" for a binary one. */
const PAGES: Readonly<Record<string, string>> = {
  "/goroutines": "GET /sleep",
  "/usertasks": "GET /users/:id",
  "/usertask?type=GET%20/dashboard": "3 open",
  "/userregions": "count primes",
  "/trace": "html",
  "/jsontrace": "GET /sleep",
  "/mmu": "html",
  "/io?raw=1": "",
  "/block?raw=1": "",
  "/sched?raw=1": "",
};

const go = await findGoTools();
const tools = [["1.23 or newer", go.go126], [
  "1.19 to 1.22",
  go.go119,
]] as const;

for (const [versions, tool] of tools) {
  test(`every page of go tool trace shows the example, Go ${versions}`, {
    skip: tool === undefined ? `no Go ${versions}` : false,
  }, async () => {
    await withFile(await recordExample(), async (file) => {
      const asked = Object.keys(PAGES);
      const pages = await goPages(tool!, file, asked);
      for (const page of asked) {
        const { status, body } = pages.get(page)!;
        assertEquals(status, 200, `${page}: ${body.slice(0, 500)}`);
        assertStringIncludes(body, PAGES[page], page);
      }
      // Which task waited to run, and for whom, is chance; that one did is not.
      const profiles = [
        ["net", "GET /fetch"],
        ["sync", "GET /dashboard"],
        ["sched", undefined],
      ] as const;
      for (const [kind, name] of profiles) {
        const { totalNs, functions } = await goProfile(tool!, kind, file);
        assert(totalNs > 0, `${kind} is empty`);
        const names = [...functions.keys()].join(" ");
        assert(names !== "", `${kind} names nothing`);
        if (name !== undefined) assertStringIncludes(names, name, kind);
      }
    });
  });
}

/** A second of the example, every route asked for several times. */
async function recordExample(): Promise<Uint8Array> {
  await using server = await startRuntime("deno", EXAMPLE, {
    flags: ["--allow-net", "--allow-read"],
    args: ["--port=0"],
  });
  const trace = fetch(`${server.url}/debug/trace?seconds=1`);
  for (let round = 0; round < 8; round++) {
    await Promise.all(
      ["/sleep", "/fetch", "/file", "/dashboard", "/users/17"].map(
        async (path) => await (await fetch(server.url + path)).text(),
      ),
    );
  }
  return new Uint8Array(await (await trace).arrayBuffer());
}
