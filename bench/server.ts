/**
 * What recording costs a server: requests per second and CPU time of a Hono route, recorded against never started,
 * and the same after the recording has stopped.
 *
 * Two server processes, one that is recorded over its own endpoint and one that was never started, are loaded in
 * alternation. The load generator and all else share the machine's cores with them, so requests per second have a wide
 * spread; the CPU time that a server spends on a request has not.
 */
import {
  APP_RUNTIMES,
  type AppRuntime,
  type AppServer,
  startApp,
} from "./support/app_server.ts";
import type { Bench, BenchOptions } from "./support/bench.ts";
import { interleave, ratio, spread } from "./support/interleave.ts";
import { buildNodeFiles, type NodeFiles } from "./support/node_files.ts";
import type { BenchRow } from "./support/table.ts";

/** Load on each route before it is measured. */
const WARM_SECONDS = 1.5;

/** CPU work of the second route. */
const WORK_MICROS = 200;

interface Bound {
  readonly must: number;
  readonly aim: number;
}

interface Bounds {
  readonly plain: Bound;
  readonly work: Bound;
  readonly stopped: Bound;
}

const BOUNDS: Readonly<Record<AppRuntime, Bounds>> = {
  deno: {
    plain: { must: 0.75, aim: 0.92 },
    work: { must: 0.93, aim: 0.98 },
    stopped: { must: 0.92, aim: 0.97 },
  },
  node: {
    plain: { must: 0.87, aim: 0.95 },
    work: { must: 0.96, aim: 0.99 },
    stopped: { must: 0.95, aim: 1 },
  },
};

/** One for each runtime: what fails on one is still measured on the other. */
export const serverBenches: readonly Bench[] = APP_RUNTIMES.map((runtime) => ({
  name: `server.${runtime}`,
  async run(options) {
    const files = await buildNodeFiles();
    try {
      return await serverRows(runtime, files, options);
    } finally {
      await files.remove();
    }
  },
}));

async function serverRows(
  runtime: AppRuntime,
  files: NodeFiles,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const app = { files, workMicros: WORK_MICROS };
  const servers: AppServer[] = [];
  const start = async (library = true): Promise<AppServer> => {
    const server = await startApp(runtime, { ...app, library });
    servers.push(server);
    return server;
  };
  try {
    const control = await start();
    const bare = await start(false);
    const recorded = await start();
    const name = runtime === "deno" ? "Deno" : "Node";
    const bounds = BOUNDS[runtime];
    const rows: BenchRow[] = [];
    const compare = async (
      measure: string,
      path: string,
      bound?: Bound,
      server: AppServer = recorded,
      base: AppServer = control,
    ): Promise<void> => {
      rows.push(
        ...await comparisonRows(`${measure}, ${name}`, server, base, {
          path,
          bound,
          ...options,
        }),
      );
    };

    await warm(servers, options);
    if (!options.quick) {
      await compare(
        "Hono route, never started / without Looptrace",
        "/api",
        undefined,
        control,
        bare,
      );
    }
    const recording = await recorded.record();
    await warm([recorded], options);
    await compare("Hono route, on / off", "/api", bounds.plain);
    await compare(
      `the same with ${WORK_MICROS} us of work, on / off`,
      "/api/work",
      bounds.work,
    );
    if (recording.bytes === 0) {
      throw new Error("Cannot measure: the recording gave no bytes");
    }
    await recording.stop();
    await compare(
      "Hono route, after stop / never started",
      "/api",
      bounds.stopped,
    );
    if ((await control.status()).statistics !== undefined) {
      throw new Error("Cannot measure: the control was recorded");
    }
    return rows;
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** What the engine compiles, and the first look at every call site, is no part of the lasting cost. */
async function warm(
  servers: readonly AppServer[],
  { quick }: BenchOptions,
): Promise<void> {
  for (const { load } of servers) {
    for (const path of quick ? ["/api"] : ["/api", "/api/work"]) {
      await load(path, quick ? 1 : WARM_SECONDS);
    }
  }
}

interface Comparison extends BenchOptions {
  readonly path: string;
  readonly bound?: Bound;
}

/** Both ratios are above 1 when `server` does better than `base`. */
async function comparisonRows(
  measure: string,
  server: AppServer,
  base: AppServer,
  { path, bound, quick }: Comparison,
): Promise<BenchRow[]> {
  const seconds = quick ? 0.3 : 0.8;
  let cpuMicros = 0;
  const cpu = new Map<string, number[]>([["server", []], ["base", []]]);
  const variant = (name: string, { load }: AppServer) => ({
    name,
    measure: async () => {
      const loaded = await load(path, seconds);
      cpuMicros = loaded.cpuMicros;
      return loaded.perSecond;
    },
  });
  const samples = await interleave(
    [variant("server", server), variant("base", base)],
    {
      rounds: quick ? 3 : 7,
      warmups: 1,
      onMeasured: (name) => cpu.get(name)?.push(cpuMicros),
    },
  );
  const rates = ["server", "base"].map((name) =>
    Math.round(spread(samples.get(name) ?? []).median).toLocaleString("en")
  );
  const costs = ["server", "base"].map((name) =>
    spread(cpu.get(name) ?? []).median.toFixed(1)
  );
  return [{
    measure: `${measure}: requests/s`,
    value: ratio(samples, "server", "base"),
    ...bound,
    better: "larger",
    note: `${rates[0]} / ${rates[1]}`,
  }, {
    measure: `${measure}: by CPU time`,
    value: ratio(cpu, "base", "server"),
    ...bound,
    better: "larger",
    note: `${costs[0]} / ${costs[1]} us a request`,
  }];
}
