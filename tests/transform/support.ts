/** Runs a module as it is and with the exact front end's calls in it, and tells what was called. */
import { parseSync } from "oxc-parser";
import {
  instrument,
  type Instrumented,
  type InstrumentOptions,
  type Language,
} from "../../src/transform/instrument.ts";
import type { CallHooks } from "../../src/core/call_hooks.ts";

export interface Site {
  readonly fn: string;
  readonly file: string;
  readonly line: number;
  readonly functionLine: number;
}

/** What `instrument()` made of a source, and the sites that it asked for; number 1 is the first. */
export interface Transformed {
  readonly result: Instrumented;
  /** The changed source, or the source itself. */
  readonly code: string;
  readonly sites: Site[];
}

export function transform(
  source: string,
  language: Language = "js",
  options: Partial<InstrumentOptions> = {},
): Transformed {
  const sites: Site[] = [];
  const result = instrument(source, {
    parse: parseSync,
    file: `/app/source.${language}`,
    language,
    moduleName: "main",
    addSite: (fn, file, line, functionLine) =>
      sites.push({ fn, file, line, functionLine }),
    ...options,
  });
  return {
    result,
    code: result.kind === "changed" ? result.code : source,
    sites,
  };
}

/** One run of a function, as the fake hooks know it. */
interface FakeCall {
  readonly name: string;
  state: "running" | "waiting" | "over";
}

/**
 * Hooks that write down each call as `<function> <what>`, with the line where
 * there is a site, and that complain of an order which no function can have.
 */
export class RecordingHooks implements CallHooks<FakeCall> {
  readonly log: string[] = [];
  /** Orders that cannot be, such as a second `exit`. */
  readonly wrong: string[] = [];
  readonly #sites: readonly Site[];

  constructor(sites: readonly Site[]) {
    this.#sites = sites;
  }

  enter(site: number): FakeCall {
    const { fn, line } = this.#sites[site - 1];
    this.log.push(`${fn} enter@${line}`);
    return { name: fn, state: "running" };
  }

  generate(site: number): FakeCall {
    return this.enter(site);
  }

  module(site: number): FakeCall {
    this.log.push("module");
    return { name: this.#sites[site - 1].fn, state: "running" };
  }

  wait<T>(call: FakeCall, site: number, value: T): T {
    return this.#leave(call, "wait", site, value);
  }

  waitCall<T>(call: FakeCall, site: number, value: T): T {
    return this.#leave(call, "waitCall", site, value);
  }

  yielding<T>(call: FakeCall, site: number, value: T): T {
    return this.#leave(call, "yielding", site, value);
  }

  mark(call: FakeCall): FakeCall {
    this.#expect(call, "running", "mark");
    return call;
  }

  markTail(call: FakeCall): FakeCall {
    return this.mark(call);
  }

  iterate<T>(call: FakeCall, site: number, iterable: T): T {
    const { fn, line } = this.#sites[site - 1];
    this.#expect(call, "running", `iterate@${line}`);
    if (fn !== call.name) this.wrong.push(`${fn} iterates in ${call.name}`);
    return iterable;
  }

  argument<T>(call: FakeCall, value: T): T {
    this.#expect(call, "running", "argument");
    return value;
  }

  tail<T>(call: FakeCall, value: T): T {
    this.#expect(call, "running", "tail");
    return value;
  }

  result<T>(call: FakeCall, value: T): T {
    if (call.state !== "running") {
      this.wrong.push(`${call.name}: result while ${call.state}`);
    }
    return value;
  }

  resume<T>(call: FakeCall, value: T): T {
    this.#expect(call, "waiting", "resume");
    call.state = "running";
    return value;
  }

  yielded<T>(call: FakeCall, value: T): T {
    this.#expect(call, "waiting", "yielded");
    call.state = "running";
    return value;
  }

  caught(call: FakeCall): void {
    this.log.push(`${call.name} caught`);
    call.state = "running";
  }

  passed(call: FakeCall): void {
    this.#expect(call, "running", "passed");
  }

  exit(call: FakeCall): void {
    this.log.push(`${call.name} exit`);
    if (call.state === "over") this.wrong.push(`${call.name}: exit twice`);
    call.state = "over";
  }

  #leave<T>(call: FakeCall, what: string, site: number, value: T): T {
    const { fn, line } = this.#sites[site - 1];
    this.#expect(call, "running", `${what}@${line}`);
    if (fn !== call.name) this.wrong.push(`${fn} awaits in ${call.name}`);
    call.state = "waiting";
    return value;
  }

  #expect(call: FakeCall, state: FakeCall["state"], what: string): void {
    this.log.push(`${call.name} ${what}`);
    if (call.state !== state) {
      this.wrong.push(`${call.name}: ${what} while ${call.state}`);
    }
  }
}

/** Puts `hooks` where transformed code finds them, as the preload does. */
export function setHooks(hooks: RecordingHooks | undefined): void {
  Object.defineProperty(globalThis, "$looptrace", {
    value: hooks,
    configurable: true,
    enumerable: false,
  });
}

const MIME: Readonly<Record<Language, string>> = {
  js: "text/javascript",
  jsx: "text/jsx",
  ts: "application/typescript",
  tsx: "text/tsx",
};

let imports = 0;

/** Evaluates `code` as a module of its own. */
export function load(
  code: string,
  language: Language = "js",
): Promise<Record<string, unknown>> {
  // The number makes each a module of its own; the fragment is no part of it.
  const url = `data:${MIME[language]};charset=utf-8;n=${imports++},${
    encodeURIComponent(code)
  }`;
  return import(url);
}

/** What a module that exports `result`, a value or a function, comes to. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

/** Loads the code and calls its `result`. */
export async function outcomeOf(
  code: string,
  language: Language = "js",
): Promise<Outcome> {
  try {
    const { result } = await load(code, language);
    return { value: typeof result === "function" ? await result() : result };
  } catch (error) {
    return { error: String(error) };
  }
}

/** Both outcomes, and what the changed one called. */
export async function runBoth(
  source: string,
  language: Language = "js",
): Promise<
  Transformed & { plain: Outcome; traced: Outcome; hooks: RecordingHooks }
> {
  const transformed = transform(source, language);
  const plain = await outcomeOf(source, language);
  const hooks = new RecordingHooks(transformed.sites);
  setHooks(hooks);
  try {
    const traced = await outcomeOf(transformed.code, language);
    return { ...transformed, plain, traced, hooks };
  } finally {
    setHooks(undefined);
  }
}
