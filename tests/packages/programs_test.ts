/** Programs built on popular packages print the same while they are recorded, and afterwards, as without Looptrace. */
import { after, test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import type { Trace } from "../../src/format/trace.ts";
import { compareFronts } from "./support/compare.ts";
import { findFronts, runDriver, withoutPackages } from "./support/fronts.ts";
import { openSandbox } from "./support/sandbox.ts";
import {
  findPostgres,
  findRedis,
  startPostgres,
  startRedis,
  type TestServer,
} from "./support/servers.ts";

/** Each program with functions of its own that its trace must know, and the server that it needs. */
const PROGRAMS: readonly Program[] = [
  { name: "bluebird", functions: ["main", "mixed", "job", "half"] },
  { name: "dataloader", functions: ["main", "profile"] },
  { name: "esbuild", functions: ["main", "minified", "bundle", "load"] },
  { name: "express", functions: ["main", "greet", "sum"] },
  { name: "fastify", functions: ["main", "findUser"] },
  { name: "graphql", functions: ["main", "name", "count"] },
  {
    name: "hono",
    functions: ["main", "around", "findUser"],
    packageFunctions: ["dispatch"],
  },
  {
    name: "ioredis",
    functions: ["main", "commands", "transactions", "work", "subscriptions"],
    server: "redis",
  },
  { name: "koa", functions: ["main", "layer", "compute"] },
  {
    name: "p_queue",
    functions: ["main", "order", "quick", "priorities", "limits", "fail"],
    packageFunctions: ["onEmpty", "onSizeLessThan"],
  },
  {
    name: "pg",
    functions: ["main", "queries", "square", "transfer", "notifications"],
    server: "postgres",
  },
  { name: "rxjs", functions: ["main", "double", "countTo"] },
  {
    name: "undici",
    functions: ["main", "respond", "bodyOf", "plain", "pooled", "fetched"],
  },
  { name: "ws", functions: ["main", "client", "connect", "nextMessage"] },
];

interface Program {
  readonly name: string;
  readonly functions: readonly string[];
  readonly server?: keyof typeof SERVERS;
  /** Async functions of the package itself, if it is made of modules, which the transform can be told to change. */
  readonly packageFunctions?: readonly string[];
}

/** How the servers are found and started, and where the programs learn of them. */
const SERVERS = {
  redis: {
    missing: "redis-server is not installed",
    variable: "PACKAGES_REDIS_PORT",
    find: findRedis,
    start: startRedis,
  },
  postgres: {
    missing: "PostgreSQL is not installed",
    variable: "PACKAGES_POSTGRES_PORT",
    find: findPostgres,
    start: startPostgres,
  },
} as const;

const sandbox = await openSandbox();
const fronts = await findFronts(sandbox.folder);
const installed = {
  redis: SERVERS.redis.find(),
  postgres: await SERVERS.postgres.find(),
};

after(() => sandbox.close());

for (const program of PROGRAMS) {
  const { name, server } = program;
  const skip = sandbox.skip ||
    (server !== undefined && installed[server] === undefined &&
      SERVERS[server].missing);
  test(
    `a program on ${name} prints the same while it is recorded, and afterwards`,
    {
      skip,
    },
    async () => {
      await using running = server && await startServer(server);
      const env = running && server !== undefined
        ? { [SERVERS[server].variable]: String(running.port) }
        : {};
      await compare(program, env);
    },
  );
}

async function startServer(
  server: keyof typeof SERVERS,
): Promise<TestServer> {
  return await SERVERS[server].start(installed[server]!);
}

async function compare(
  { name, functions, packageFunctions }: Program,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  let count = 0;
  await compareFronts(packageFunctions ? fronts : withoutPackages(fronts), {
    name,
    runOn: (front) =>
      runDriver(front, "program", {
        sandbox: sandbox.folder,
        args: [name],
        // Runs that share a server keep out of each other's way.
        env: { ...env, PACKAGES_RUN: `${count++}` },
      }),
    linesOf: ({ stdout, stderr }) => [
      ...stdout.split("\n"),
      ...stderr.split("\n"),
    ],
    checkPlain({ code, stdout, stderr }, front) {
      assertEquals([code, stderr], [0, ""], front.name);
      assert(stdout.split("\n").length > 20, front.name);
    },
    checkTrace(trace, front) {
      const known = functionsOf(trace);
      const wanted = [
        ...front.hasNames ? functions : [],
        ...front.changesPackages ? packageFunctions ?? [] : [],
      ];
      const missing = wanted.filter((fn) => !known.has(fn));
      assertEquals(missing, [], `${front.name} knows ${[...known].join(", ")}`);
    },
  });
}

/** Every function in a stack of the trace. */
function functionsOf(trace: Trace): Set<string> {
  const functions = new Set<string>();
  for (const e = trace.cursor(); e.next();) {
    for (const { fn } of e.frames) functions.add(fn);
    if (e.name !== "GoCreate") continue;
    const entry = trace.frames(e.arg(1) as Parameters<Trace["frames"]>[0]);
    for (const { fn } of entry) functions.add(fn);
  }
  return functions;
}
