/** A blocking profile in the format of `go tool pprof`: gzipped protobuf. */

import {
  Function as ProfileFunction,
  Line,
  Location,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from "pprof-format";
import { type WaitKind, waitsByStack } from "../analysis/waits.ts";
import type { Frame } from "../format/read_tables.ts";
import type { Trace } from "../format/trace.ts";

/**
 * The profile `kind` of `trace`, as `go tool trace -pprof=KIND` makes it: two
 * values a stack, `contentions` (count) and `delay` (nanoseconds).
 */
export async function pprofProfile(
  trace: Trace,
  kind: WaitKind,
): Promise<Uint8Array> {
  const builder = new ProfileBuilder();
  for (const { stack, count, time } of waitsByStack(trace, kind)) {
    builder.add(trace.stacks.frames(stack), count, time);
  }
  return await gzipped(builder.build().encode());
}

class ProfileBuilder {
  readonly #strings: StringTable = new StringTable();
  readonly #samples: Sample[] = [];
  readonly #locations: Location[] = [];
  readonly #functions: ProfileFunction[] = [];
  /** Ids by PC: where two places share one, the first is taken, as in Go. */
  readonly #locationIds: Map<number, number> = new Map();
  readonly #functionIds: Map<string, number> = new Map();

  add(frames: readonly Frame[], count: number, time: number): void {
    this.#samples.push(
      new Sample({
        locationId: frames.map((frame) => this.#location(frame)),
        value: [count, time],
      }),
    );
  }

  build(): Profile {
    return new Profile({
      sampleType: [
        this.#valueType("contentions", "count"),
        this.#valueType("delay", "nanoseconds"),
      ],
      periodType: this.#valueType("trace", "count"),
      period: 1,
      sample: this.#samples,
      location: this.#locations,
      function: this.#functions,
      stringTable: this.#strings,
    });
  }

  #location(frame: Frame): number {
    let id = this.#locationIds.get(frame.pc);
    if (id === undefined) {
      id = this.#locations.length + 1;
      this.#locationIds.set(frame.pc, id);
      this.#locations.push(
        new Location({
          id,
          address: frame.pc,
          line: [
            new Line({ functionId: this.#function(frame), line: frame.line }),
          ],
        }),
      );
    }
    return id;
  }

  #function({ fn, file }: Frame): number {
    const key = `${file}\0${fn}`;
    let id = this.#functionIds.get(key);
    if (id === undefined) {
      id = this.#functions.length + 1;
      this.#functionIds.set(key, id);
      const name = this.#strings.dedup(fn);
      this.#functions.push(
        new ProfileFunction({
          id,
          name,
          systemName: name,
          filename: this.#strings.dedup(file),
        }),
      );
    }
    return id;
  }

  #valueType(type: string, unit: string): ValueType {
    return new ValueType({
      type: this.#strings.dedup(type),
      unit: this.#strings.dedup(unit),
    });
  }
}

async function gzipped(bytes: Uint8Array): Promise<Uint8Array> {
  const body = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const packed = body.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
