/** Benches of the app: the same one on each runtime that serves it. */
import { APP_RUNTIMES, type AppRuntime } from "./app_server.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { type RuntimeFiles, runtimeFiles } from "./front_ends.ts";
import type { BenchRow } from "./table.ts";

/** One for each runtime: what fails on one is still measured on the other. */
export function appBenches(
  name: string,
  rows: (
    runtime: AppRuntime,
    files: RuntimeFiles,
    options: BenchOptions,
  ) => Promise<BenchRow[]>,
): readonly Bench[] {
  return APP_RUNTIMES.map((runtime) => ({
    name: `${name}.${runtime}`,
    async run(options) {
      const files = await runtimeFiles(runtime);
      try {
        return await rows(runtime, files, options);
      } finally {
        await files.remove();
      }
    },
  }));
}
