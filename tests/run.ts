/**
 * The test command, `deno task test`: every test under every runtime.
 *
 * 1. Deno: all of `tests` except `tests/node`.
 * 2. Bun: the folders that need no particular runtime.
 * 3. Node: the project is packed as it will be published, installed with npm into an empty folder, and used there by
 *    the tests of `tests/node`.
 * 4. Packages: programs built on popular packages, on all three runtimes, as the tests of `tests/packages` start them.
 *    Where npm's registry cannot be reached these are skipped by name.
 *
 * The last line is `N passed, N failed, N skipped`. Exit status 0 only if nothing failed and every part ran a test.
 */
import { parseArgs } from "node:util";
import { findRuntime } from "./support/processes.ts";
import { readJunit, type TestReport } from "./support/junit.ts";
import { ensureNodeModules } from "./support/node_modules.ts";
import { makeSandbox, NoRegistryError } from "./packages/support/sandbox.ts";

const ROOT = new URL("../", import.meta.url);

/** Tests that Bun runs too; the others start the runtime that they need as a child process. */
const BUN_FOLDERS = ["format", "core", "analysis"];

const PARTS = {
  deno: testDeno,
  bun: testBun,
  node: testNode,
  packages: testPackages,
} as const;
type Part = keyof typeof PARTS;

interface PartOptions {
  /** Only tests with this text in their name. */
  readonly filter?: string;
  /** An empty folder of this part. */
  readonly scratch: string;
}

interface PartResult extends TestReport {
  /** Why the part as a whole is bad, though perhaps no test is. */
  readonly trouble?: string;
  /** Its tests may all be skipped: what they need is not to be had here. @default {false} */
  readonly isOptional?: boolean;
}

const USAGE =
  "Usage: deno task test [--only=deno|bun|node|packages] [--filter=TEXT]";

async function main(): Promise<void> {
  const { only, filter } = readArguments();
  const parts = only === undefined ? Object.keys(PARTS) as Part[] : [only];
  const scratch = await Deno.makeTempDir({ prefix: "looptrace-tests-" });
  const results = new Map<Part, PartResult>();
  try {
    for (const part of parts) {
      console.log(`\n== ${part}`);
      const folder = `${scratch}/${part}`;
      await Deno.mkdir(folder);
      try {
        results.set(part, await PARTS[part]({ filter, scratch: folder }));
      } catch (error) {
        console.error(error);
        results.set(part, trouble(String(error)));
      }
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  Deno.exit(report(results, filter));
}

function readArguments(): { only?: Part; filter?: string } {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: { only: { type: "string" }, filter: { type: "string" } },
    });
    const { only, filter } = values;
    if (only === undefined || only in PARTS) {
      return { only: only as Part | undefined, filter };
    }
    console.error(
      `Cannot run tests: --only is ${only}, must be deno, bun, node or packages\n${USAGE}`,
    );
  } catch (error) {
    console.error(`Cannot run tests: ${(error as Error).message}\n${USAGE}`);
  }
  Deno.exit(2);
}

function report(
  results: ReadonlyMap<Part, PartResult>,
  filter?: string,
): number {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  console.log("");
  for (const [part, result] of results) {
    for (const name of result.skipped) console.log(`skipped  ${part}: ${name}`);
  }
  for (const [part, result] of results) {
    for (const name of result.failed) console.log(`failed   ${part}: ${name}`);
    passed += result.passed.length;
    failed += result.failed.length;
    skipped += result.skipped.length;
    let { trouble } = result;
    const ran = result.passed.length + result.failed.length > 0 ||
      (result.isOptional && result.skipped.length > 0);
    if (trouble === undefined && filter === undefined && !ran) {
      trouble = "it ran no test";
    }
    if (trouble !== undefined) {
      console.log(`failed   ${part}: ${trouble}`);
      failed++;
    }
  }
  if (passed + failed === 0) {
    console.log(`failed   no test has ${filter} in its name`);
    failed++;
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

async function testDeno({ filter, scratch }: PartOptions): Promise<PartResult> {
  // For the programs that the tests start under Bun and Node.
  await ensureNodeModules();
  const junit = `${scratch}/junit.xml`;
  const args = ["test", "-A", `--junit-path=${junit}`];
  args.push("--ignore=tests/node,tests/packages");
  if (filter !== undefined) args.push(`--filter=${filter}`);
  return await runTests(Deno.execPath(), [...args, "tests/"], {
    junit,
    filter,
  });
}

async function testPackages(
  { filter, scratch }: PartOptions,
): Promise<PartResult> {
  const junit = `${scratch}/junit.xml`;
  const args = ["test", "-A", `--junit-path=${junit}`];
  if (filter !== undefined) args.push(`--filter=${filter}`);
  const env: Record<string, string> = {};
  try {
    env.LOOPTRACE_PACKAGES = await makeSandbox();
  } catch (error) {
    if (!(error instanceof NoRegistryError)) throw error;
    console.error(`Cannot run them: ${error.message}`);
    env.LOOPTRACE_NO_PACKAGES = error.message;
  }
  try {
    const options = { junit, filter, env };
    const command = Deno.execPath();
    const result = await runTests(
      command,
      [...args, "tests/packages/"],
      options,
    );
    return { ...result, isOptional: true };
  } finally {
    const folder = env.LOOPTRACE_PACKAGES;
    if (folder) await Deno.remove(folder, { recursive: true });
  }
}

async function testBun({ filter, scratch }: PartOptions): Promise<PartResult> {
  const bun = await findRuntime("bun");
  if (bun === undefined) {
    return trouble("Bun cannot be had: npx -y bun@1.4.5 failed");
  }
  // Bun finds @std/assert in node_modules (tsconfig.json says where).
  await ensureNodeModules();
  const junit = `${scratch}/junit.xml`;
  // Bun alone has a limit of its own for a test: 5 s.
  const args = [
    "test",
    "--timeout=300000",
    "--reporter=junit",
    `--reporter-outfile=${junit}`,
  ];
  if (filter !== undefined) {
    args.push(`--test-name-pattern=${escapeRegExp(filter)}`);
  }
  const folders = BUN_FOLDERS.map((folder) => `tests/${folder}/`);
  return await runTests(bun, [...args, ...folders], { junit, filter });
}

const QUIET = [
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--loglevel=error",
];

async function testNode({ filter, scratch }: PartOptions): Promise<PartResult> {
  const tarball = `${scratch}/looptrace.tgz`;
  const pack = ["pack", "--quiet", "--allow-dirty", `--output=${tarball}`];
  if (await spawn(Deno.execPath(), pack) !== 0) {
    return trouble("deno pack failed");
  }

  const { dependencies, devDependencies } = JSON.parse(
    await Deno.readTextFile(new URL("package.json", ROOT)),
  );
  const project = {
    private: true,
    type: "module",
    dependencies: {
      "@looptrace/looptrace": `file:${tarball}`,
      "hono": dependencies["hono"],
      "@hono/node-server": devDependencies["@hono/node-server"],
    },
  };
  await Deno.writeTextFile(
    `${scratch}/package.json`,
    JSON.stringify(project, undefined, 2),
  );
  if (await spawn("npm", ["install", ...QUIET], scratch) !== 0) {
    return trouble("npm install failed");
  }

  const tests: string[] = [];
  await Deno.mkdir(`${scratch}/tests`);
  for await (
    const { name, isFile } of Deno.readDir(new URL("tests/node/", ROOT))
  ) {
    if (!isFile) continue;
    await Deno.copyFile(
      new URL(`tests/node/${name}`, ROOT),
      `${scratch}/tests/${name}`,
    );
    if (name.endsWith(".test.mjs")) tests.push(`tests/${name}`);
  }
  const junit = `${scratch}/junit.xml`;
  const args = [
    "--test",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
  ];
  args.push("--test-reporter=junit", `--test-reporter-destination=${junit}`);
  if (filter !== undefined) {
    args.push(`--test-name-pattern=${escapeRegExp(filter)}`);
  }
  return await runTests("node", [...args, ...tests.sort()], {
    junit,
    filter,
    cwd: scratch,
  });
}

/** Runs one runner, its output passing through, and reads the report that it leaves. */
async function runTests(
  command: string,
  args: readonly string[],
  { junit, filter, cwd, env }: {
    junit: string;
    filter?: string;
    cwd?: string;
    env?: Readonly<Record<string, string>>;
  },
): Promise<PartResult> {
  const code = await spawn(command, args, cwd, env);
  const xml = await Deno.readTextFile(junit).catch(() => undefined);
  // With a filter that nothing matches, Bun ends with 1 and no report: that is no failure of this part.
  const found = xml === undefined ? trouble() : readJunit(xml);
  // Deno and Bun report what a filter leaves out as skipped.
  const skipped = found.skipped.filter((name) =>
    filter === undefined || name.includes(filter)
  );
  const result = { ...found, skipped };
  const ran = result.passed.length + result.failed.length > 0;
  if (
    code === 0 || result.failed.length > 0 || (filter !== undefined && !ran)
  ) return result;
  // A file that does not load, a leak found after the last test, a crash.
  return {
    ...result,
    trouble: `the runner ended with ${code} and told of no failed test`,
  };
}

function trouble(text?: string): PartResult {
  return { passed: [], failed: [], skipped: [], trouble: text };
}

/** Exit status; 127 when `command` is not there. */
async function spawn(
  command: string,
  args: readonly string[],
  cwd?: string,
  added?: Readonly<Record<string, string>>,
): Promise<number> {
  const env: Record<string, string> = {
    ...added,
    LOOPTRACE_DENO: Deno.execPath(),
    NPM_CONFIG_LOGLEVEL: "error",
  };
  const bun = await findRuntime("bun");
  if (bun !== undefined) env.LOOPTRACE_BUN = bun;
  try {
    const { code } = await new Deno.Command(command, {
      args: [...args],
      cwd: cwd ?? ROOT,
      env,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    return code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`Cannot run ${command}: it is not installed`);
    return 127;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

await main();
