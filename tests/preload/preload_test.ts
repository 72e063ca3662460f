/** The preload on every runtime: no application behaves otherwise, and what it can see of one it sees on its lines. */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "../../bench/support/front_ends.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { type Finished, run, type RunOptions } from "../support/processes.ts";
import { type App, type AppRuntime, APPS, ROOT_PLACEHOLDER } from "./apps.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PRELOAD = join(ROOT, "src/preload.ts");
const SITE_LOGGER = join(ROOT, "tests/preload/site_logger.ts");

const RUNTIMES: readonly AppRuntime[] = ["deno", "bun", "node24"];

const PRELOAD_FLAGS: Readonly<Record<AppRuntime, string>> = {
  deno: "--preload",
  bun: "--preload",
  node24: "--import",
};

const commands = new Map<AppRuntime, string>();
for (const runtime of RUNTIMES) {
  const command = await runtimeCommand(runtime).catch(() => undefined);
  if (command !== undefined) commands.set(runtime, command);
}

// Bun and Node take the parser from the checkout's node_modules.
if (!existsSync(join(ROOT, "node_modules/oxc-parser"))) {
  await run("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], {
    cwd: ROOT,
  });
}

const folders: string[] = [];
after(async () => {
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
  }
});

for (const runtime of RUNTIMES) {
  const command = commands.get(runtime);
  for (const app of APPS) {
    if (app.runtimes?.includes(runtime) === false) continue;
    test(
      `${runtime}: an application is the same under the preload: ${app.name}`,
      {
        skip: command === undefined ? `no ${runtime} here` : false,
      },
      async () => {
        const folder = await writeApp(app);
        const start = (preload?: string, options?: RunOptions) =>
          startApp(runtime, app, { ...options, folder, preload });

        const plain = await start();
        assertEquals(plain.code, app.code ?? 0, plain.stderr);
        assertEquals(await start(PRELOAD), plain);

        // With pass-through hooks of the test's own, to see what was changed.
        const sitesFile = join(folder, "sites.txt");
        const env = { SITES_FILE: sitesFile };
        assertEquals(await start(SITE_LOGGER, { env }), plain);
        if (app.sites === undefined) return;
        const text = await readFile(sitesFile, "utf8").catch(() => "");
        assertEquals(functionsOf(text), app.sites.toSorted());
      },
    );
  }
}

/** From a line for each site to one for each function: `main.ts:3 load 5 6`. */
function functionsOf(text: string): string[] {
  const functions = new Map<string, Set<number>>();
  const pattern = /^([^:\n]+):(\d+) (.+) of (\d+)$/gm;
  for (const [, file, line, fn, functionLine] of text.matchAll(pattern)) {
    const name = `${file}:${functionLine} ${fn}`;
    let lines = functions.get(name);
    if (lines === undefined) functions.set(name, lines = new Set());
    if (line !== functionLine) lines.add(Number(line));
  }
  return [...functions].map(([name, lines]) =>
    [name, ...[...lines].sort((a, b) => a - b)].join(" ")
  ).sort();
}

test("the preload records nothing, and its global is not in the way", {
  skip: commands.has("bun") ? false : "no bun here",
}, async () => {
  const app = {
    name: "globals",
    files: {
      "main.ts": `export const f = async () => 1;
console.log(Object.keys(globalThis).filter((name) => name.includes("looptrace")).length, "$loop" + "trace" in globalThis, String(f).includes("$loop" + "trace"));
const { isEnabled, statistics } = await import(${
        JSON.stringify(join(ROOT, "mod.ts"))
      });
console.log(isEnabled(), statistics());
`,
      "package.json": '{ "type": "module" }',
    },
    sites: [],
  };
  const folder = await writeApp(app);
  for (const runtime of commands.keys()) {
    const { code, stdout, stderr } = await startApp(runtime, app, {
      folder,
      preload: PRELOAD,
    });
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, "0 true true\nfalse undefined\n", runtime);
  }
});

const SELECTED = {
  name: "selection",
  files: {
    "main.js": `import { own } from "./src/own.js";
import { gen } from "./src/api.gen.js";
import { lib } from "lib";
console.log([own, gen, lib].map((f) => String(f).includes("$loop" + "trace")).join(" "));
`,
    "src/own.js": "export const own = async () => {};\n",
    "src/api.gen.js": "export const gen = async () => {};\n",
    "node_modules/lib/index.js": "export const lib = async () => {};\n",
    "node_modules/lib/package.json":
      '{ "name": "lib", "type": "module", "main": "./index.js" }',
    "package.json": '{ "type": "module", "dependencies": { "lib": "*" } }',
  },
  sites: [],
};

for (const runtime of RUNTIMES) {
  test(`${runtime}: the preload changes what the environment selects`, {
    skip: commands.has(runtime) ? false : `no ${runtime} here`,
  }, async () => {
    const folder = await writeApp(SELECTED);
    const rows: readonly [Record<string, string>, string][] = [
      [{}, "true true false"],
      [{ LOOPTRACE_EXCLUDE: "src/*.gen.js" }, "true false false"],
      [{ LOOPTRACE_INCLUDE: "node_modules/lib/" }, "true true true"],
      [
        { LOOPTRACE_INCLUDE: "**/lib/**", LOOPTRACE_EXCLUDE: "own,gen" },
        "false false true",
      ],
    ];
    for (const [env, expected] of rows) {
      const { stdout, stderr } = await startApp(runtime, SELECTED, {
        folder,
        preload: PRELOAD,
        env,
      });
      assertEquals(stdout.trim(), expected, JSON.stringify(env) + stderr);
    }
  });
}

const SMALL = {
  name: "small",
  files: {
    "main.js": `const f = async () => await 1;
console.log(await f(), String(f).includes("$loop" + "trace"));
`,
    "package.json": '{ "type": "module" }',
  },
  sites: [],
};

test(
  "deno: without a permission the preload asks for none, says so and lets the application run",
  {
    skip: commands.has("deno") ? false : "no deno here",
  },
  async () => {
    const folder = await writeApp(SMALL);
    const flags = ["--no-prompt"];
    const rows = [
      ["--allow-read --allow-env --allow-ffi", "1 true", ""],
      ["", "1 false", "--allow-read --allow-env --allow-ffi"],
      ["--allow-read --allow-env", "1 false", "the parser needs --allow-ffi\n"],
    ];
    for (const [allowed, stdout, stderr] of rows) {
      const finished = await startApp("deno", {
        ...SMALL,
        flags: { deno: [...flags, ...allowed.split(" ").filter(Boolean)] },
      }, { folder, preload: PRELOAD, bare: true });
      assertEquals(
        [finished.code, finished.stdout.trim()],
        [0, stdout],
        allowed + finished.stderr,
      );
      assertStringIncludes(finished.stderr, stderr);
      assertEquals(
        finished.stderr.trim().split("\n").length,
        1,
        finished.stderr,
      );
    }
  },
);

test(
  "without the parser the preload says what to install and lets the application run",
  {
    skip: commands.has("bun") || commands.has("node24")
      ? false
      : "no bun and no node here",
  },
  async () => {
    // The sources alone, where no node_modules is above them.
    const folder = await writeApp(SMALL);
    const copy = join(folder, "looptrace");
    await cp(join(ROOT, "src"), join(copy, "src"), { recursive: true });
    await writeFile(join(copy, "package.json"), '{ "type": "module" }');
    for (const runtime of ["bun", "node24"] as const) {
      if (!commands.has(runtime)) continue;
      // Bun would fetch it.
      const app = { ...SMALL, flags: { bun: ["--no-install"] } };
      const { code, stdout, stderr } = await startApp(runtime, app, {
        folder,
        preload: join(copy, "src/preload.ts"),
      });
      assertEquals([code, stdout.trim()], [0, "1 false"], stderr);
      assertStringIncludes(stderr, "npm install oxc-parser@0.150.0");
      assertEquals(stderr.trim().split("\n").length, 1, stderr);
    }
  },
);

test("bun: where it watches files, the preload leaves them to it", {
  skip: commands.has("bun") ? false : "no bun here",
}, async () => {
  const folder = await writeApp(SMALL);
  for (const flag of ["--hot", "--watch"]) {
    const app = { ...SMALL, flags: { bun: [flag] } };
    // It would wait for changes.
    const main = `${SMALL.files["main.js"]}process.exit();\n`;
    await writeFile(join(folder, "main.js"), main);
    const { stdout, stderr } = await startApp("bun", app, {
      folder,
      preload: PRELOAD,
    });
    assertEquals(stdout.trim(), "1 false");
    assertStringIncludes(stderr, `with ${flag} Bun would not see`);
  }
});

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function startApp(
  runtime: AppRuntime,
  app: App,
  { folder, preload, bare = false, ...options }: RunOptions & {
    readonly folder: string;
    readonly preload?: string;
    /** No permissions but those of the app's flags. */
    readonly bare?: boolean;
  },
): Promise<Result> {
  const args: string[] = [];
  if (runtime === "deno") args.push("run", "--no-lock");
  if (runtime === "deno" && !bare) args.push("-A");
  args.push(...app.flags?.[runtime] ?? []);
  if (preload !== undefined) args.push(PRELOAD_FLAGS[runtime], preload);
  const [entry] = Object.keys(app.files);
  const command = commands.get(runtime);
  assert(command !== undefined);
  args.push(join(folder, entry));
  const { code, stdout, stderr } = bare
    ? await runBare(command, args, folder)
    : await run(command, args, { ...options, cwd: folder });
  return {
    code,
    stdout: comparable(new TextDecoder().decode(stdout), runtime),
    stderr: comparable(stderr, runtime),
  };
}

/** Not by node:child_process: Deno's gives all its own permissions to a Deno that it starts. */
async function runBare(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<Finished> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
  });
  const { code, signal, stdout, stderr } = await child.output();
  return { code, signal, stdout, stderr: new TextDecoder().decode(stderr) };
}

/**
 * What differs and cannot be helped:
 *
 * - Columns, where the runtime does not read the source map: on Node, and on
 *   Bun, which has one of its own for what it is given. So Bun's arrow goes.
 * - Node may show by which of its own functions the microtasks were run.
 * - Deno, if any load hook is there, has a module's syntax errors from V8.
 */
function comparable(text: string, runtime: AppRuntime): string {
  const lines = text.split("\n").filter((line) =>
    !(runtime === "bun" && /^\s*\^\s*$/.test(line)) &&
    !/ at process\.processTicksAndRejections /.test(line)
  );
  const same = lines.map((line) =>
    line.replace(/:(\d+):\d+\b/g, ":$1").replace(/^\(node:\d+\)/, "(node)")
  ).join("\n");
  return runtime === "deno" && same.includes("SyntaxError")
    ? [same.match(/SyntaxError/), same.match(/file:[^\s)]+:\d+/)].join(" ")
    : same;
}

async function writeApp({ files }: App): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-preload-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const root = JSON.stringify(join(ROOT, "package.json"));
    await writeFile(
      join(folder, path),
      text.replace(`(${ROOT_PLACEHOLDER})`, `(${root})`),
    );
  }
  return folder;
}
