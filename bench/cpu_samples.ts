/**
 * What CPU samples cost a server that is recorded: requests per second and CPU time of the Hono route, with samples every
 * millisecond against without, both recorded, loaded in alternation.
 */
import {
  type AppRuntime,
  type AppServer,
  type OpenRecording,
  startApp,
} from "./support/app_server.ts";
import { appBenches } from "./support/app_benches.ts";
import type { Bench, BenchOptions } from "./support/bench.ts";
import { RUNTIME_NAMES, type RuntimeFiles } from "./support/front_ends.ts";
import {
  interleave,
  ratio,
  type Samples,
  spread,
} from "./support/interleave.ts";
import type { BenchRow } from "./support/table.ts";

const ROUTE = "/api";

const WITH = "with samples";
const WITHOUT = "without";

/** Share of the requests per second that must be left, and that is aimed at. */
const MUST = 0.92;
const AIM = 0.97;

/** One for each runtime. */
export const cpuSampleBenches: readonly Bench[] = appBenches("cpu", rows);

async function rows(
  runtime: AppRuntime,
  files: RuntimeFiles,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const servers: AppServer[] = [];
  const recordings: OpenRecording[] = [];
  try {
    for (const query of ["&cpu=1", ""]) {
      const server = await startApp(runtime, { files });
      servers.push(server);
      recordings.push(await server.record(query));
    }
    const [sampled, plain] = servers;
    const { rates, cpu } = await measure(sampled, plain, options);
    const [more, less] = recordings.map(({ bytes }) => bytes);
    if (more === 0 || less === 0) {
      throw new Error("Cannot measure: a recording gave no bytes");
    }
    for (const recording of recordings) await recording.stop();
    const { statistics } = await sampled.status();
    const { cpuSamples = 0, seconds = 1 } = statistics ?? {};
    if (cpuSamples === 0) {
      throw new Error("Cannot measure: there were no samples");
    }
    const note = `${Math.round(cpuSamples / seconds)} samples a second`;
    const measured = `CPU samples at 1 ms, with / without, ${
      RUNTIME_NAMES[runtime]
    }`;
    return [
      row(`${measured}: requests/s`, rates, { must: MUST, aim: AIM }, note),
      row(`${measured}: CPU time`, cpu, { must: 1 / MUST, aim: 1 / AIM }),
    ];
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function measure(
  sampled: AppServer,
  plain: AppServer,
  { quick }: BenchOptions,
): Promise<{ rates: Samples; cpu: Samples }> {
  const seconds = quick ? 0.5 : 1.5;
  const cpu = new Map<string, number[]>([[WITH, []], [WITHOUT, []]]);
  let cpuMicros = 0;
  const measured = (name: string, server: AppServer) => ({
    name,
    measure: async () => {
      const loaded = await server.load(ROUTE, seconds);
      cpuMicros = loaded.cpuMicros;
      return loaded.perSecond;
    },
  });
  const rates = await interleave(
    [measured(WITH, sampled), measured(WITHOUT, plain)],
    {
      rounds: quick ? 3 : 11,
      warmups: 2,
      onMeasured: (name) => cpu.get(name)?.push(cpuMicros),
    },
  );
  return { rates, cpu };
}

function row(
  measure: string,
  samples: Samples,
  bound: { readonly must: number; readonly aim: number },
  note = "",
): BenchRow {
  const [ours, theirs] = [WITH, WITHOUT].map((name) =>
    spread(samples.get(name) ?? []).median.toFixed(0)
  );
  const parts = [`${ours} / ${theirs}`, note].filter((part) => part !== "");
  return {
    measure,
    value: ratio(samples, WITH, WITHOUT),
    ...bound,
    better: bound.must < 1 ? "larger" : "smaller",
    note: parts.join(", "),
  };
}
