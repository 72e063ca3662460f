/**
 * To be loaded before the application: `bun --preload`, `preload` in
 * bunfig.toml, `deno run --preload`, `node --import` (from 22.15).
 *
 * Changes the application's modules as they are loaded, so that each run of an
 * async function and each await is recorded exactly, with its name. Records
 * nothing itself: the application, or whoever else has the tracer, starts it.
 *
 * Which files: the application's own, outside of packages.
 * `LOOPTRACE_INCLUDE` adds files, `LOOPTRACE_EXCLUDE` takes some away; each is
 * a list of patterns with commas between, such as
 * `node_modules/hono/,src/*.gen.ts`. One with `*` is a glob for the path or its
 * end, one without is looked for anywhere in the path.
 *
 * @module
 */

import { preloadTracer } from "./api.ts";
import { CALL_HOOKS_NAME } from "./core/call_hooks.ts";
import { installTransform } from "./transform/install.ts";

// Another copy of this library may have been preloaded.
if (!(CALL_HOOKS_NAME in globalThis)) {
  let tracer: ReturnType<typeof preloadTracer>;
  const isInstalled = await installTransform({
    addSite: (fn, file, line, functionLine) =>
      tracer?.addSite(fn, file, line, functionLine) ?? 0,
    importing: (name) => tracer?.importing(name),
    noteSkipped: (file, why) => tracer?.noteSkipped(file, why),
  });
  // Without a transform, the hooks of the tracer are to be the default.
  if (isInstalled) tracer = preloadTracer();
}
