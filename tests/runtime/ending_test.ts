/** A recording that nobody stops does not keep a program from ending. */

import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals } from "../support/assert.ts";
import { findFrontEnds } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";

const PROGRAM = fileURLToPath(new URL("programs/ending.mjs", import.meta.url));

const frontEnds = await findFrontEnds();
after(() => frontEnds.remove());

for (const { name, command, args, library, hooks, missing } of frontEnds.all) {
  test(`a program that starts a recording ends by itself: ${name}`, {
    skip: missing ?? false,
  }, async () => {
    const { code, stdout, stderr } = await run(
      command,
      [...args, PROGRAM, library, hooks],
      { timeoutMs: 60_000 },
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      new TextDecoder().decode(stdout),
      "done\nover, beforeExit 1 times\n",
    );
  });
}
