/**
 * From a CPU profile to the samples of a trace: names as everywhere else, frames
 * of the runtime and of the tracer cut, and each sample put down to the
 * goroutine that ran.
 */

import { NO_STACK, type StackId } from "../format/ids.ts";
import type { CpuNode, CpuProfile } from "./probe.ts";
import type { ProbeWriter } from "./probe_writer.ts";
import type { RunLog } from "./run_log.ts";
import { NO_FILE, NO_SITE } from "./site_table.ts";
import { type FrameReader, NAME_OF_ANONYMOUS } from "./stack_capture.ts";

/** Deepest stack that is written: what is called deeper counts for its last frame. */
const MAX_FRAMES = 64;

/** Most stacks of samples of a recording: those of waits need room too. */
const MAX_SAMPLE_STACKS = 16_384;

/** What the engine does with no function of the program, by what V8 calls it. */
const ENGINE_NAMES: Readonly<Record<string, string>> = {
  "(garbage collector)": "runtime.gc",
  "(program)": "runtime.program",
};

/** Time in which the thread waits: no sample. */
const IDLE = "(idle)";

/** The tracer's own code. Go's tools take the name for the system's. */
const OWN_NAME = "runtime.looptrace";

/** What one node comes to. */
interface Place {
  /** The program's frames up to it, and how many these are. */
  readonly base: StackId;
  readonly depth: number;
  /** What is written: those, with what the engine or the tracer does on top. */
  readonly stack: StackId;
}

/** See the head of this file. */
export class SampleWriter {
  readonly #writer: ProbeWriter;
  readonly #frames: FrameReader;
  readonly #runs: RunLog;
  readonly #offset: number;
  #stacks = 0;

  /** @param offset what is to be added to a profile's times, in milliseconds */
  constructor(
    writer: ProbeWriter,
    { frames, runs, offset }: {
      readonly frames: FrameReader;
      readonly runs: RunLog;
      readonly offset: number;
    },
  ) {
    this.#offset = offset;
    this.#writer = writer;
    this.#frames = frames;
    this.#runs = runs;
  }

  /** Writes all samples of `profile`. */
  write({ nodes, samples, times }: CpuProfile): void {
    const places: (Place | undefined)[] = [];
    const writer = this.#writer;
    for (let index = 0; index < samples.length; index++) {
      const node = samples[index];
      if (nodes[node] === undefined || nodes[node].fn === IDLE) continue;
      const { stack } = this.#placeOf(nodes, places, node);
      const ticks = writer.ticksAt(times[index] + this.#offset);
      writer.sample(ticks, this.#runs.at(ticks), stack);
    }
  }

  #placeOf(
    nodes: readonly CpuNode[],
    places: (Place | undefined)[],
    node: number,
  ): Place {
    // Down to the first caller that is known, and up again.
    const path: number[] = [];
    let at = node;
    while (at >= 0 && places[at] === undefined) {
      path.push(at);
      at = nodes[at].caller;
    }
    let place = at < 0 ? undefined : places[at];
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      place = places[next] = this.#called(nodes[next], place);
    }
    return place!;
  }

  /** The place of `node`, called by one at `caller`. */
  #called(node: CpuNode, caller: Place | undefined): Place {
    const base = caller?.base ?? NO_STACK;
    const depth = caller?.depth ?? 0;
    const engine = ENGINE_NAMES[node.fn];
    if (engine !== undefined) {
      return { base, depth, stack: this.#named(engine, base) };
    }
    const name = node.file === ""
      ? undefined
      : this.#frames.shortName(node.file);
    if (name !== undefined) return this.#ofProgram(node, name, base, depth);
    if (node.file !== "" && this.#frames.isOwn?.(node.file)) {
      return { base, depth, stack: this.#named(OWN_NAME, base) };
    }
    // The runtime's own code is its caller's.
    return caller ?? { base, depth, stack: this.#runtime };
  }

  #ofProgram(
    { fn, line }: CpuNode,
    file: string,
    base: StackId,
    depth: number,
  ): Place {
    if (depth >= MAX_FRAMES || this.#stacks >= MAX_SAMPLE_STACKS) {
      return { base, depth, stack: base === NO_STACK ? this.#runtime : base };
    }
    const { sites } = this.#writer;
    // No task is named by it: the line is the function's, not a place in it.
    const site = sites.put(fn || NAME_OF_ANONYMOUS, file, line, OF_NO_TASK);
    const stack = this.#put(site, base);
    return { base: stack, depth: depth + 1, stack };
  }

  get #runtime(): StackId {
    return this.#writer.stacks.put(this.#writer.sites.runtime);
  }

  #named(name: string, base: StackId): StackId {
    return this.#put(this.#writer.sites.put(name, NO_FILE, 0), base);
  }

  #put(site: number, base: StackId): StackId {
    const { stacks } = this.#writer;
    const before = stacks.size;
    const stack = site === NO_SITE ? base : stacks.put(site, base);
    this.#stacks += stacks.size - before;
    return stack;
  }
}

/** A line at which no function begins. */
const OF_NO_TASK = -1;
