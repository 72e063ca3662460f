/**
 * What recording costs a server: CPU time and requests per second of a Hono route, each front end of a runtime against
 * a server that was never started, and the same after the recording has stopped.
 *
 * One server process for each front end, recorded over its own endpoint, and those that they are compared with, are
 * loaded in alternation. The load generator and all else share the machine's cores with them, so requests per second
 * have a wide spread; the CPU time that a server spends on a request has not.
 */
import {
  APP_RUNTIMES,
  type AppRuntime,
  type AppServer,
  type OpenRecording,
  startApp,
} from "./support/app_server.ts";
import type { Bench, BenchOptions } from "./support/bench.ts";
import {
  BUN_HOOKS,
  BUN_TRANSFORM,
  DENO_HOOKS,
  DENO_INTERNAL,
  DENO_TRANSFORM,
  type FrontEnd,
  NODE_HOOKS,
  RUNTIME_NAMES,
  runtimeFiles,
} from "./support/front_ends.ts";
import {
  interleave,
  ratio,
  type Samples,
  spread,
} from "./support/interleave.ts";
import { type BenchRow, errorNote } from "./support/table.ts";

/** Load on each route before it is measured. */
const WARM_SECONDS = 1.5;

/** CPU work of the second route. */
const WORK_MICROS = 200;

const PLAIN = "/api";
const WORK = "/api/work";

interface Bound {
  readonly must: number;
  readonly aim: number;
}

/** Of CPU times: recorded / never started. Of rates, in requests per second, the same way round. */
interface Bounds {
  readonly cpu: Bound;
  readonly workCpu: Bound;
  readonly stoppedCpu?: Bound;
  readonly rate?: Bound;
  readonly workRate?: Bound;
  readonly stoppedRate?: Bound;
}

/** 200 us of work hide nearly all that any front end costs. */
const WORK_CPU: Bound = { must: 1.05, aim: 1.01 };

/** The preload transforms what it loads; until something records, that should not show. */
const IDLE_CPU: Bound = { must: 1.04, aim: 1 };

const SUBJECTS: Readonly<
  Record<AppRuntime, readonly (FrontEnd & { readonly bounds: Bounds })[]>
> = {
  deno: [{
    ...DENO_HOOKS,
    bounds: {
      cpu: { must: 1 / 0.75, aim: 1 / 0.92 },
      workCpu: WORK_CPU,
      stoppedCpu: { must: 1 / 0.92, aim: 1 / 0.97 },
      rate: { must: 0.75, aim: 0.92 },
      workRate: { must: 0.93, aim: 0.98 },
      stoppedRate: { must: 0.92, aim: 0.97 },
    },
  }, {
    ...DENO_INTERNAL,
    bounds: {
      cpu: { must: 1 / 0.75, aim: 1 / 0.92 },
      workCpu: WORK_CPU,
    },
  }, {
    ...DENO_TRANSFORM,
    bounds: { cpu: { must: 1.25, aim: 1.05 }, workCpu: WORK_CPU },
  }],
  bun: [{
    ...BUN_HOOKS,
    bounds: { cpu: { must: 1.35, aim: 1.15 }, workCpu: WORK_CPU },
  }, {
    ...BUN_TRANSFORM,
    bounds: { cpu: { must: 1.25, aim: 1.05 }, workCpu: WORK_CPU },
  }],
  node: [{
    ...NODE_HOOKS,
    bounds: {
      cpu: { must: 1 / 0.87, aim: 1 / 0.95 },
      workCpu: WORK_CPU,
      stoppedCpu: { must: 1 / 0.95, aim: 1 },
      rate: { must: 0.87, aim: 0.95 },
      workRate: { must: 0.96, aim: 0.99 },
      stoppedRate: { must: 0.95, aim: 1 },
    },
  }],
};

/** One for each runtime: what fails on one is still measured on the other. */
export const serverBenches: readonly Bench[] = APP_RUNTIMES.map((runtime) => ({
  name: `server.${runtime}`,
  run: (options) => serverRows(runtime, options),
}));

/** A server and the front end that records it. */
interface Subject extends FrontEnd {
  readonly bounds: Bounds;
  readonly server: AppServer;
}

/** Names of the servers that nothing records. */
const BARE = "without Looptrace";
const CONTROL = "never started";

async function serverRows(
  runtime: AppRuntime,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const files = await runtimeFiles(runtime);
  const app = { files, workMicros: WORK_MICROS };
  const servers: AppServer[] = [];
  const start = async (
    variant: {
      library?: boolean;
      hooks?: FrontEnd["hooks"];
      preload?: boolean;
    },
  ): Promise<AppServer> => {
    const server = await startApp(runtime, { ...app, ...variant });
    servers.push(server);
    return server;
  };
  try {
    const control = await start({});
    const bare = await start({ library: false });
    const rows: BenchRow[] = [];
    const subjects: Subject[] = [];
    for (const { bounds, ...frontEnd } of SUBJECTS[runtime]) {
      try {
        subjects.push({ ...frontEnd, bounds, server: await start(frontEnd) });
      } catch (error) {
        console.error(error);
        rows.push(unmeasured(frontEnd, bounds, error));
      }
    }
    await warm(servers, options);
    rows.push(...await idleRows(runtime, control, bare, subjects, options));
    rows.push(...await recordedRows(control, subjects, options));
    if ((await control.status()).statistics !== undefined) {
      throw new Error("Cannot measure: the control was recorded");
    }
    return rows;
  } finally {
    for (const server of servers) await server.stop();
    await files.remove();
  }
}

function unmeasured(
  { name }: FrontEnd,
  { cpu }: Bounds,
  error: unknown,
): BenchRow {
  return {
    measure: `Hono route, on / off, ${name}: CPU time`,
    ...cpu,
    better: "smaller",
    note: errorNote(error),
  };
}

/** Before anything is recorded. */
async function idleRows(
  runtime: AppRuntime,
  control: AppServer,
  bare: AppServer,
  subjects: readonly Subject[],
  options: BenchOptions,
): Promise<BenchRow[]> {
  const preloaded = subjects.filter(({ preload }) => preload);
  const measured = await measureLoads(
    new Map([
      [CONTROL, control],
      [BARE, bare],
      ...preloaded.map(({ name, server }) => [name, server] as const),
    ]),
    PLAIN,
    // The bounds are near 1, so that more rounds are needed.
    { quick: options.quick, rounds: 15 },
  );
  return [
    cpuRow(
      `Hono route, ${CONTROL} / ${BARE}, ${RUNTIME_NAMES[runtime]}`,
      measured,
      [CONTROL, BARE],
    ),
    ...preloaded.map(({ name }) =>
      cpuRow(
        `Hono route, preload, not recording / no preload, ${name}`,
        measured,
        [name, CONTROL],
        IDLE_CPU,
      )
    ),
  ];
}

/** While all front ends record, and after that. */
async function recordedRows(
  control: AppServer,
  subjects: readonly Subject[],
  options: BenchOptions,
): Promise<BenchRow[]> {
  const recordings: OpenRecording[] = [];
  for (const { server } of subjects) recordings.push(await server.record());
  await warm(subjects.map(({ server }) => server), options);
  const servers = new Map([
    [CONTROL, control],
    ...subjects.map(({ name, server }) => [name, server] as const),
  ]);
  const plain = await measureLoads(servers, PLAIN, options);
  const work = await measureLoads(servers, WORK, options);
  for (const [index, { bytes }] of recordings.entries()) {
    if (bytes === 0) {
      throw new Error(
        `Cannot measure: the recording of ${
          subjects[index].name
        } gave no bytes`,
      );
    }
    await recordings[index].stop();
  }
  const stopped = await measureLoads(servers, PLAIN, options);
  return subjects.flatMap(({ name, bounds }) => {
    const pair = [name, CONTROL] as const;
    const after = `Hono route, after stop / ${CONTROL}, ${name}`;
    const route = `Hono route, on / off, ${name}`;
    const busy = `the same with ${WORK_MICROS} us of work, on / off, ${name}`;
    return [
      cpuRow(route, plain, pair, bounds.cpu),
      rateRow(route, plain, pair, bounds.rate),
      cpuRow(busy, work, pair, bounds.workCpu),
      rateRow(busy, work, pair, bounds.workRate),
      cpuRow(after, stopped, pair, bounds.stoppedCpu),
      rateRow(after, stopped, pair, bounds.stoppedRate),
    ];
  });
}

/** What the engine compiles, and the first look at every call site, is no part of the lasting cost. */
async function warm(
  servers: readonly AppServer[],
  { quick }: BenchOptions,
): Promise<void> {
  for (const { load } of servers) {
    for (const path of quick ? [PLAIN] : [PLAIN, WORK]) {
      await load(path, quick ? 1 : WARM_SECONDS);
    }
  }
}

/** By server. */
interface Loads {
  /** Requests per second. */
  readonly rates: Samples;
  /** Microseconds of CPU time for a request. */
  readonly cpu: Samples;
}

async function measureLoads(
  servers: ReadonlyMap<string, AppServer>,
  path: string,
  { quick, rounds = 7 }: BenchOptions & { readonly rounds?: number },
): Promise<Loads> {
  const seconds = quick ? 0.3 : 0.8;
  let cpuMicros = 0;
  const cpu = new Map(
    [...servers.keys()].map((name) => [name, [] as number[]]),
  );
  const rates = await interleave(
    [...servers].map(([name, { load }]) => ({
      name,
      measure: async () => {
        const loaded = await load(path, seconds);
        cpuMicros = loaded.cpuMicros;
        return loaded.perSecond;
      },
    })),
    {
      rounds: quick ? 3 : rounds,
      warmups: 1,
      onMeasured: (name) => cpu.get(name)?.push(cpuMicros),
    },
  );
  return { rates, cpu };
}

type Pair = readonly [server: string, base: string];

/** Above 1 when `server` needs more than `base`. */
function cpuRow(
  measure: string,
  { cpu }: Loads,
  [server, base]: Pair,
  bound?: Bound,
): BenchRow {
  const [ours, theirs] = [server, base].map((name) =>
    spread(cpu.get(name) ?? []).median.toFixed(1)
  );
  return {
    measure: `${measure}: CPU time`,
    value: ratio(cpu, server, base),
    ...bound,
    better: "smaller",
    note: `${ours} / ${theirs} us a request`,
  };
}

/** Above 1 when `server` answers more than `base`. */
function rateRow(
  measure: string,
  { rates }: Loads,
  [server, base]: Pair,
  bound?: Bound,
): BenchRow {
  const [ours, theirs] = [server, base].map((name) =>
    Math.round(spread(rates.get(name) ?? []).median).toLocaleString("en")
  );
  return {
    measure: `${measure}: requests/s`,
    value: ratio(rates, server, base),
    ...bound,
    better: "larger",
    note: `${ours} / ${theirs}`,
  };
}
