/**
 * The contract: what the trace of each program of `contract/programs.mjs` has to say, on every runtime and with every
 * front end. What may differ follows from the capabilities, never from a runtime's name.
 */
// @ts-types="./known_truth_check.d.ts"
import { REASONS } from "../node/known_truth_check.mjs";
import type { Capabilities } from "../../mod.ts";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { eventLines } from "../support/event_lines.ts";

/** What a recording with these capabilities can tell. */
export interface Told {
  readonly capabilities: Capabilities;
  /** Where it hears of awaits: the transform, where that is at work, goes first. */
  readonly source: "transform" | Capabilities["awaits"];
}

/** One goroutine that must be there. */
export interface ExpectedGoroutine {
  /** Each wait in order: `REASON by WAKER`; alternatives of the reason are separated by `|`. */
  readonly stops: readonly string[];
  /** True if it has further waits behind these. @default {false} */
  readonly more?: boolean;
  /** Functions of its first wait's stack, leaf first. */
  readonly stack?: readonly string[];
  /** How many there are. @default {1} */
  readonly count?: number;
  /** True if others may have its name: calls of the runtime's own go by the code that made them. @default {false} */
  readonly others?: boolean;
  /** Name of its user task. */
  readonly task?: string;
}

export interface Clause {
  /** The program's name. */
  readonly program: string;
  /** Goroutines by name of their entry function. */
  readonly goroutines: (told: Told) => Readonly<
    Record<string, ExpectedGoroutine>
  >;
  /** Functions that are no goroutines: their callers await them. */
  readonly absent?: readonly string[];
  /** Why it cannot be asked of this recording; undefined if it can. */
  readonly skip?: (told: Told) => string | undefined;
}

const SLEEP = "sleep by loop";

/** Every clause. */
export const CONTRACT: readonly Clause[] = [
  clause("timers", { ticker: { stops: [SLEEP] } }),
  clause("intervals", { beat: { stops: [SLEEP, SLEEP, SLEEP] } }),
  clause("cleared timers", {
    // What clears it wakes it, to end.
    never: { stops: ["sleep by *"] },
    neverAgain: { stops: ["sleep by *"] },
  }),
  clause("immediates", { soon: { stops: [] } }),
  clause("microtasks and ticks", {
    waiter: { stops: ["unknown by micro", SLEEP] },
    tickWaiter: { stops: ["unknown by tick", SLEEP] },
    micro: { stops: [] },
    tick: { stops: [] },
  }),
  {
    ...clause("awaited calls", {
      outer: {
        stops: [SLEEP, SLEEP, SLEEP, SLEEP, SLEEP],
        stack: ["setTimeout", "inner", "middle", "outer"],
      },
    }),
    absent: ["inner", "middle"],
  },
  {
    program: "calls beside",
    goroutines: ({ source }) => ({
      boss: {
        stops: [
          SLEEP,
          SLEEP,
          // Transformed code does not hear who settles a promise that was kept.
          source === "transform"
            ? "task|unknown by worker|loop"
            : "task|unknown by worker",
        ],
      },
      worker: { stops: [SLEEP] },
    }),
  },
  clause("fire and forget", {
    caller: { stops: [SLEEP] },
    forgotten: { stops: [SLEEP, SLEEP] },
  }),
  clause("hand-made promises", {
    waiter: { stops: ["unknown by opener", SLEEP] },
    opener: { stops: [SLEEP, SLEEP] },
  }),
  clause("all and race", {
    both: { stops: [SLEEP, "sync by late", SLEEP] },
    early: { stops: [SLEEP] },
    late: { stops: [SLEEP] },
    first: { stops: [SLEEP, "select by loop", SLEEP] },
  }),
  clause("settled already", { hopper: { stops: [SLEEP, SLEEP] } }),
  {
    ...clause("generators", {
      consumer: { stops: [SLEEP, SLEEP, SLEEP, SLEEP, SLEEP] },
    }),
    skip: ({ source }) =>
      source === "promise hooks"
        ? undefined
        : "a generator may be a goroutine of its own",
  },
  {
    ...clause("errors", {
      catcher: { stops: [SLEEP, SLEEP, SLEEP] },
      rejected: { stops: [SLEEP] },
    }),
    absent: ["fails"],
  },
  clause("top-level await", {}),
  clause("fetch", {
    client: { stops: [SLEEP, "network by *"], more: true, others: true },
  }),
  {
    ...clause("node:http", {
      "GET /users/:id": {
        stops: [SLEEP],
        stack: ["setTimeout", "answer", "handle", "GET /users/:id"],
        task: "GET /users/:id",
        count: 2,
        more: true,
      },
    }),
    skip: needsServer("node:http"),
  },
  {
    ...clause("the runtime's own server", {
      "GET /users/:id": {
        stops: [SLEEP],
        stack: ["setTimeout", "answer", "fetchHandler", "GET /users/:id"],
        task: "GET /users/:id",
        count: 2,
        more: true,
      },
    }),
    skip: ({ capabilities }) =>
      capabilities.servers.some((name) => !name.startsWith("node:"))
        ? undefined
        : "this runtime has none",
  },
];

function clause(
  program: string,
  goroutines: Readonly<Record<string, ExpectedGoroutine>>,
): Clause {
  return { program, goroutines: () => goroutines };
}

function needsServer(
  server: string,
): (told: Told) => string | undefined {
  return ({ capabilities }) =>
    capabilities.servers.includes(server)
      ? undefined
      : `requests of ${server} are not recorded`;
}

/** What a trace tells of one goroutine. */
interface FoundGoroutine {
  readonly stops: string[];
  readonly stacks: string[][];
  readonly tasks: string[];
  ends: number;
}

/**
 * Compares a trace with its clause.
 *
 * @throws {Error} When they differ, with the whole trace as text.
 */
export function checkClause(clause: Clause, trace: Trace, told: Told): void {
  const found = readGoroutines(trace);
  const text = eventLines(trace, { stacks: true }).join("\n");
  for (const [name, expected] of Object.entries(clause.goroutines(told))) {
    let all = found.get(name) ?? [];
    // Where only the text of a call can tell its name, that may be unknown.
    if (all.length === 0 && told.source === "accessor") {
      all = (found.get("async function") ?? []).filter((one) =>
        hasStops(one, expected)
      );
    }
    if (expected.others) all = all.slice(0, expected.count ?? 1);
    assertEquals(all.length, expected.count ?? 1, `${name}: count\n${text}`);
    for (const one of all) checkGoroutine(name, one, expected, told, text);
  }
  for (const name of clause.absent ?? []) {
    assert(!found.has(name), `${name} is a goroutine\n${text}`);
  }
}

function checkGoroutine(
  name: string,
  found: FoundGoroutine,
  expected: ExpectedGoroutine,
  told: Told,
  text: string,
): void {
  assert(
    hasStops(found, expected),
    `${name}: ${found.stops} instead of ${expected.stops}\n${text}`,
  );
  assertEquals(found.ends, 1, `${name}: ends\n${text}`);
  const { task, stack } = expected;
  if (task !== undefined) assertEquals(found.tasks, [task], text);
  // The accessor sees who called, not who waits: some frames are unknown.
  if (stack === undefined || told.source === "accessor") return;
  // Of a call, where it waits and its entry are frames of the same function.
  const functions = found.stacks[0].filter((fn, index, all) =>
    fn !== all[index - 1]
  );
  assertEquals(functions, stack, text);
}

function hasStops(
  { stops }: FoundGoroutine,
  { stops: wanted, more }: ExpectedGoroutine,
): boolean {
  const found = more ? stops.slice(0, wanted.length) : stops;
  return found.length === wanted.length &&
    wanted.every((pattern, index) => matches(found[index], pattern));
}

/** `sleep|unknown by *` matches `sleep by loop`. */
function matches(stop: string, pattern: string): boolean {
  const [reason, waker] = stop.split(" by ");
  const [reasons, wakers] = pattern.split(" by ");
  return reasons.split("|").includes(reason) &&
    (wakers === "*" || wakers.split("|").includes(waker));
}

/** All goroutines by the name of their entry function. */
function readGoroutines(trace: Trace): Map<string, FoundGoroutine[]> {
  const names = new Map<number, string>([[0, "loop"]]);
  const byId = new Map<number, FoundGoroutine>();
  const byName = new Map<string, FoundGoroutine[]>();
  const open = new Map<number, string>();
  for (const e = trace.cursor(); e.next();) {
    if (e.name === "GoCreate") {
      const id = e.arg(0);
      const [entry] = trace.frames(e.arg(1) as Parameters<Trace["frames"]>[0]);
      const one = { stops: [], stacks: [], tasks: [], ends: 0 };
      names.set(id, entry.fn);
      byId.set(id, one);
      byName.set(entry.fn, [...byName.get(entry.fn) ?? [], one]);
    } else if (e.name === "GoUnblock") {
      const id = e.arg(0);
      const waker = names.get(e.g);
      byId.get(id)!.stops.push(`${open.get(id)} by ${waker}`);
    } else if (e.name in REASONS) {
      open.set(e.g, REASONS[e.name]);
      byId.get(e.g)!.stacks.push(e.frames.map(({ fn }) => fn));
    } else if (e.name === "GoEnd") byId.get(e.g)!.ends++;
    else if (e.name === "UserTaskCreate") byId.get(e.g)!.tasks.push(e.label);
  }
  return byName;
}
