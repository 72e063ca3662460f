import { test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import { workedExample } from "../support/trace_builder.ts";
import type { StackId, StringId } from "../../src/format/ids.ts";
import { parseTrace, readTrace } from "../../src/format/trace_reader.ts";

/** Spec, section 17, with the offsets of the table. */
const BYTES = `
  67 6f 20 31 2e 31 31 20 74 72 61 63 65 00 00 00
  41 00 e8 07 84 01 01 00 84 01 01 00 45 01 07
  cd 04 01 01 01 00 66 01 01 5b 0a 02 06 02 45 14 07
  d5 04 01 01 02 01 66 05 01 0f 09 06 01
  02 80 94 eb dc 03 41 00 d0 0f
  25 01 04 6d 61 69 6e 25 02 04 61 2e 6a 73 25 03 04 6c 6f 61 64
  c3 06 01 01 10 01 02 01 c3 0a 02 02 20 03 02 09 10 01 02 01`;

test("TraceBuilder writes the 112 bytes of the worked example", () => {
  const written = [...workedExample().bytes()].map((byte) =>
    byte.toString(16).padStart(2, "0")
  );
  assertEquals(written.length, 112);
  assertEquals(written, BYTES.trim().split(/\s+/));
});

test("parseTrace() reads the worked example", () => {
  const trace = parseTrace(workedExample().bytes());
  const events: string[] = [];
  for (const event = trace.cursor(); event.next();) {
    const { time, name, p, g, args, stack, offset } = event;
    events.push(
      `${time} ${name} p=${p} g=${g} (${args}) stack=${stack} @${
        offset.toString(16)
      }`,
    );
  }
  assertEquals(events, [
    "0 Gomaxprocs p=0 g=0 (1) stack=0 @14",
    "1 Gomaxprocs p=0 g=0 (1) stack=0 @18",
    "2 ProcStart p=0 g=0 (7) stack=0 @1c",
    "3 GoCreate p=0 g=0 (1,1) stack=0 @1f",
    "4 GoStart p=0 g=1 (1,0) stack=1 @25",
    "14 GoBlockNet p=0 g=1 () stack=2 @28",
    "16 ProcStop p=0 g=0 () stack=0 @2b",
    "36 ProcStart p=0 g=0 (7) stack=0 @2d",
    "37 GoUnblock p=1000002 g=0 (1,2) stack=1 @30",
    "42 GoStart p=0 g=1 (1,0) stack=0 @36",
    "51 GoEnd p=0 g=1 () stack=0 @39",
    "52 ProcStop p=0 g=0 () stack=0 @3b",
  ]);
  assertEquals(trace.version, 11);
  assertEquals(trace.duration, 52);
  assertEquals(trace.text(3 as StringId), "load");
  assertEquals(trace.frames(2 as StackId), [
    { pc: 32, fn: "load", file: "a.js", line: 9 },
    { pc: 16, fn: "main", file: "a.js", line: 1 },
  ]);
  assertEquals(trace.warnings, []);
});

test("readTrace() reads the same from a stream cut anywhere", async () => {
  const bytes = workedExample().bytes();
  const whole = facesOf(parseTrace(bytes));
  for (let size = 1; size <= bytes.length; size++) {
    const trace = await readTrace(piecesOf(bytes, size), { strict: true });
    assertEquals(facesOf(trace), whole, `pieces of ${size} bytes`);
  }
});

test("readTrace() cancels the stream of a bad trace", async () => {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100)),
    cancel: () => void (isCancelled = true),
  });
  const failure = await readTrace(stream).catch((error: Error) => error.name);
  assertEquals(failure, "TraceFormatError");
  assertEquals(isCancelled, true);
});

test("readTrace() of a cut file gives the whole events before the cut", () => {
  const bytes = workedExample().bytes();
  // Between the records of offset 0x36 and 0x39, one byte into the second.
  const cut = parseTrace(bytes.subarray(0, 0x3a));
  assertEquals(cut.cut, { cutAt: 0x39, unordered: 0, hasClock: false });
  assertEquals(cut.length, 10);
  const names: string[] = [];
  for (const event = cut.cursor(); event.next();) names.push(event.name);
  assertEquals(names.at(-1), "GoStart");
  assertEquals(cut.duration, 42);
});

function piecesOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      // A copy that is overwritten afterwards would be noticed.
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

function facesOf(trace: ReturnType<typeof parseTrace>): unknown[] {
  const faces: unknown[] = [];
  for (const event = trace.cursor(); event.next();) {
    const { time, name, p, g, args, frames, offset } = event;
    faces.push({ time, name, p, g, args, frames, offset });
  }
  return faces;
}
