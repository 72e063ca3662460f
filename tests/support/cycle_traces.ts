/** Many traces in one file: of a program that recorded itself again and again. */
import { assert, assertEquals } from "./assert.ts";
import { judgeTrace, judgeWithGo, spread } from "./trace_judge.ts";

/** The traces in the file of a program that writes each behind its length. */
export function splitTraces(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const traces: Uint8Array[] = [];
  for (let pos = 0; pos < bytes.length;) {
    const length = view.getUint32(pos);
    traces.push(bytes.subarray(pos + 4, pos + 4 + length));
    pos += 4 + length;
  }
  return traces;
}

/** Judges a thousand traces, and has Go judge `samples` of them. */
export async function judgeCycles(
  bytes: Uint8Array,
  samples: number,
): Promise<void> {
  const traces = splitTraces(bytes);
  assertEquals(traces.length, 1000);
  let events = 0;
  for (const [index, trace] of traces.entries()) {
    events += judgeTrace(trace, `cycle ${index}`).length;
  }
  assert(events > 20_000, `${events} events`);
  await judgeWithGo(
    spread([...traces.entries()], samples).map(([index, bytes]) => ({
      name: `cycle ${index}`,
      bytes,
    })),
  );
}
