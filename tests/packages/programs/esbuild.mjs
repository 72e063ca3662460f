/** esbuild: transforms and a build with plugins, over pipes to its own process. */
import * as esbuild from "esbuild";
import { sleep } from "./steps.mjs";

const FILES = {
  main:
    `import { half } from "virtual:half"; import data from "virtual:data"; export default async () => half(data.size);`,
  half:
    `export const half = (n: number): number => n / 2; export const unused = 1;`,
  data: JSON.stringify({ size: 84 }),
};

export default async function main(say) {
  const { code } = await esbuild.transform(
    "const x: number = 1 + 2; console.log(x)",
    { loader: "ts", minify: true },
  );
  say(code.trim());
  const sizes = await Promise.all(
    [1, 2, 3].map((n) =>
      minified(`function f${n}(long) { return long * ${n} }`)
    ),
  );
  for (const line of sizes) say(line);
  await bundle(say);
  const failure = await esbuild.transform("let = ;", { logLevel: "silent" })
    .catch((error) => error);
  say(`${failure.errors.length} error: ${failure.errors[0].text}`);
  await esbuild.stop();
}

async function minified(source) {
  const { code } = await esbuild.transform(source, { minify: true });
  return code.trim();
}

async function bundle(say) {
  const seen = [];
  const result = await esbuild.build({
    entryPoints: ["virtual:main"],
    bundle: true,
    write: false,
    format: "cjs",
    plugins: [{
      name: "virtual",
      setup(build) {
        build.onResolve({ filter: /^virtual:/ }, async ({ path }) => {
          await null;
          return { path: path.slice("virtual:".length), namespace: "virtual" };
        });
        build.onLoad(
          { filter: /.*/, namespace: "virtual" },
          ({ path }) => load(path, seen),
        );
        build.onEnd(async ({ errors }) => {
          await sleep(1);
          say(`end with ${errors.length} errors`);
        });
      },
    }],
  });
  say(`loaded ${seen.sort()}`);
  const { text } = result.outputFiles[0];
  for (const line of text.trim().split("\n")) say(line);
  const module = { exports: {} };
  new Function("module", text)(module);
  say(`the bundle gives ${await module.exports.default()}`);
}

async function load(path, seen) {
  await sleep(1);
  seen.push(path);
  return { contents: FILES[path], loader: path === "data" ? "json" : "ts" };
}
