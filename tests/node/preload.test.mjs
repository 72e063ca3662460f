/** The preload of the published package, where Node cannot transform or the parser is not installed. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";

const app = fileURLToPath(new URL("preload_app.mjs", import.meta.url));

test("without load hooks or parser, the preload says so once, and hooks stay the default", async () => {
  await writeFile(
    app,
    `import { capabilities } from "@looptrace/looptrace";
const f = async () => await 1;
console.log(await f(), capabilities().transform, "$looptrace" in globalThis);
`,
  );
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    "--import",
    "@looptrace/looptrace/preload",
    app,
  ], { cwd: fileURLToPath(new URL(".", import.meta.url)) });
  assert.equal(stdout, "1 false false\n");
  const why = module.registerHooks === undefined
    ? "this runtime has no module.registerHooks, Node has from 22.15"
    : "the package oxc-parser is needed";
  assert.match(stderr, /^looptrace: modules are not transformed: .*\n$/);
  assert.ok(stderr.includes(why), stderr);
});
