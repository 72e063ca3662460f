/**
 * CPU samples by the inspector's profiler, in the process: V8's and, with the
 * same protocol, JavaScriptCore's.
 *
 * A profile is had when it ends. V8 takes 10 to 30 ms to begin one, but not
 * while another one runs: so the next one begins before the last one ends, and
 * because a session has but one of its own, every other one is the console's.
 */

import type { CpuNode, CpuProfile, CpuProfiler } from "../../core/probe.ts";
import { builtin, getProcess } from "../builtins.ts";

/** A profile as the protocol has it. Times are microseconds. */
export interface InspectorProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      /** From 0 on, or -1. */
      readonly lineNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples?: readonly number[];
  /** Of each sample to the one before it, of the first to the start. */
  readonly timeDeltas?: readonly number[];
}

type Callback = (
  error: { readonly message: string } | null,
  result?: { readonly profile?: InspectorProfile },
) => void;

/** The part of `inspector.Session` that is used here. */
export interface InspectorSession {
  connect(): void;
  disconnect(): void;
  post(method: string, params?: object, done?: Callback): void;
  on(event: string, listener: (message: ConsoleProfileFinished) => void): void;
}

interface ConsoleProfileFinished {
  readonly params: {
    readonly title?: string;
    readonly profile: InspectorProfile;
  };
}

/** The part of the inspector's console that is used here. */
export interface ProfilingConsole {
  profile?(title: string): void;
  profileEnd?(title: string): void;
}

/** What a profile that cannot be had is refused with. */
const ADVICE: Readonly<Record<string, string>> = {
  deno: "Cannot take CPU samples: Deno refuses it, run it with --allow-sys",
};

/** What the origin of the profile's times may be guessed wrong by, in ms. */
const MAX_GUESS_MS = 100;

/**
 * Samples by the inspector that the runtime has.
 *
 * @param hasConsole true if the inspector's console makes profiles; Bun's has
 * the functions for it, which do nothing
 */
export function inspectorProfiler(hasConsole: boolean): CpuProfiler {
  let session: Session | undefined;
  return {
    start(intervalUs) {
      session?.close();
      session = new Session(intervalUs, hasConsole);
    },
    take(isLast, done) {
      const asked = session;
      if (asked === undefined) return done(undefined);
      asked.take(isLast, (profile) => {
        if (isLast) asked.close();
        done(profile);
      });
      if (isLast) session = undefined;
    },
    stop() {
      session?.close();
      session = undefined;
    },
  };
}

type TakeProfile = (profile: CpuProfile | undefined) => void;

/** From the first profile to the last. */
class Session {
  readonly #session: InspectorSession;
  /** What makes every other profile, if anything does. */
  readonly #other: ProfilingConsole;
  readonly #times = new TimeBase();
  /** Title of the console's profile that runs; "" for the session's own. */
  #title = "";
  #titles = 0;
  /** Who waits for a console's profile, by title. */
  readonly #waiting = new Map<string, (profile: InspectorProfile) => void>();

  constructor(intervalUs: number, hasConsole: boolean) {
    const inspector = builtin("node:inspector");
    if (inspector === undefined) {
      throw new Error(
        "Cannot take CPU samples: this runtime has no module node:inspector",
      );
    }
    this.#other = hasConsole ? inspector.console ?? {} : {};
    const session = this.#session = new inspector.Session();
    try {
      session.connect();
    } catch (error) {
      throw refusal(error);
    }
    try {
      session.on("Profiler.consoleProfileFinished", ({ params }) => {
        const { title = "", profile } = params;
        this.#waiting.get(title)?.(profile);
        this.#waiting.delete(title);
      });
      session.post("Profiler.enable");
      session.post("Profiler.setSamplingInterval", { interval: intervalUs });
      session.post("Profiler.start");
    } catch (error) {
      session.disconnect();
      throw error;
    }
  }

  /** Ends the profile that runs, having begun the next one unless `isLast`. */
  take(isLast: boolean, done: TakeProfile): void {
    const title = this.#title;
    const hasConsole = this.#other.profile !== undefined;
    if (!isLast && hasConsole) this.#begin();
    const before = performance.now();
    const give = (profile: InspectorProfile | undefined) =>
      done(
        profile === undefined ? undefined : toCpuProfile(
          profile,
          this.#times.offsetOf(profile.endTime, before),
        ),
      );
    if (title === "") {
      this.#session.post(
        "Profiler.stop",
        {},
        (_error, result) => give(result?.profile),
      );
    } else {
      this.#waiting.set(title, give);
      this.#other.profileEnd?.(title);
    }
    // Without the console's there is a gap, which JavaScriptCore keeps short.
    if (!isLast && !hasConsole) this.#session.post("Profiler.start");
  }

  /** Begins a profile of the other kind than the one that runs. */
  #begin(): void {
    if (this.#title !== "") {
      this.#title = "";
      this.#session.post("Profiler.start");
      return;
    }
    this.#title = `looptrace ${++this.#titles}`;
    this.#other.profile!(this.#title);
  }

  /** Ends everything, and gives nothing more. */
  close(): void {
    this.#waiting.clear();
    this.#session.disconnect();
  }
}

function refusal(error: unknown): Error {
  const { deno } = getProcess().versions;
  const advice = deno === undefined ? undefined : ADVICE.deno;
  return new Error(
    advice ?? `Cannot take CPU samples: ${(error as Error).message}`,
    { cause: error },
  );
}

/**
 * Finds out what the profile's times count from. Node's is the clock of
 * `process.hrtime`, Bun's the wall clock; Deno's is neither, but a profile ends
 * soon after it is asked for, and the shortest time after counts.
 */
class TimeBase {
  readonly #guesses = [hrtimeOffset(), performance.timeOrigin];
  #least = Infinity;

  /** Milliseconds from `performance.now()` to the profile's times. */
  offsetOf(endTime: number, before: number): number {
    const most = endTime / 1000 - before;
    for (const guess of this.#guesses) {
      if (Math.abs(most - guess) < MAX_GUESS_MS) return guess;
    }
    return this.#least = Math.min(this.#least, most);
  }
}

function hrtimeOffset(): number {
  const [seconds, nanoseconds] = getProcess().hrtime();
  return seconds * 1e3 + nanoseconds / 1e6 - performance.now();
}

/** The profile, with callers by index and times of `performance.now()`. */
function toCpuProfile(
  profile: InspectorProfile,
  offset: number,
): CpuProfile {
  const { samples = [], timeDeltas = [] } = profile;
  const indexes = new Map(profile.nodes.map(({ id }, index) => [id, index]));
  const callers = new Int32Array(profile.nodes.length).fill(-1);
  profile.nodes.forEach(({ children }, index) => {
    for (const child of children ?? []) {
      const at = indexes.get(child);
      if (at !== undefined) callers[at] = index;
    }
  });
  const nodes = profile.nodes.map(({ callFrame }, index): CpuNode => ({
    fn: callFrame.functionName,
    file: callFrame.url,
    line: callFrame.lineNumber + 1,
    caller: callers[index],
  }));
  const times = new Float64Array(samples.length);
  let time = profile.startTime;
  for (let index = 0; index < samples.length; index++) {
    time += timeDeltas[index] ?? 0;
    times[index] = time / 1000 - offset;
  }
  const found = Int32Array.from(samples, (id) => indexes.get(id) ?? -1);
  return { nodes, samples: found, times };
}
