import { test } from "node:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { findGoTools, judge } from "../support/go_tools.ts";
import { Random } from "../support/random.ts";
import { VERDICTS } from "../support/verdicts.ts";
import { TraceFormatError } from "../../src/format/errors.ts";
import { RecordReader } from "../../src/format/record_reader.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";

test("parseTrace() gives the verdicts of the specification", () => {
  for (const { name, bytes, kind, rule } of VERDICTS) {
    const error = failureOf(bytes);
    if (kind === undefined) {
      assertEquals(error?.message, undefined, name);
      continue;
    }
    assert(error !== undefined, `${name}: was taken, wanted ${kind}`);
    assertEquals(error.kind, kind, `${name}: ${error.message}`);
    assertStringIncludes(error.rule, rule ?? "", name);
  }
});

test("RecordReader gives the same verdicts however the bytes are cut up", () => {
  for (const { name, bytes } of VERDICTS) {
    const random = new Random(bytes.length);
    const records = new RecordReader();
    let message: string | undefined;
    try {
      for (let at = 0; at < bytes.length;) {
        // Pieces that hold no whole record, some that hold a few, some many.
        const size = 1 + random.below(random.pick([3, 60, 100_000]));
        records.push(bytes.slice(at, at + size));
        at += size;
      }
      records.finish();
    } catch (error) {
      assert(error instanceof TraceFormatError, `${name}: ${error}`);
      message = error.message;
    }
    const whole = new RecordReader(bytes.length);
    let wanted: string | undefined;
    try {
      whole.push(bytes);
      whole.finish();
    } catch (error) {
      wanted = (error as Error).message;
    }
    assertEquals(message, wanted, name);
    assertEquals(records.events.length, whole.events.length, name);
    assertEquals(records.cutAt, whole.cutAt, name);
    for (let row = 0; row < whole.events.length; row++) {
      assertEquals(records.events.offset[row], whole.events.offset[row], name);
      assertEquals(records.events.time[row], whole.events.time[row], name);
    }
  }
});

const { go119 } = await findGoTools();

test("Go 1.19 gives the same verdicts", {
  skip: go119 === undefined && "Go 1.19 is not installed",
}, async () => {
  assert(go119 !== undefined);
  const folder = await mkdtemp(join(tmpdir(), "looptrace-verdicts-"));
  const file = join(folder, "trace");
  try {
    for (const { name, bytes, kind, rule, go } of VERDICTS) {
      await writeFile(file, bytes);
      const { ok, text } = await judge(go119, file);
      assertEquals(ok, kind === undefined, `${name}: Go says ${text}`);
      if (!ok) assertStringIncludes(text, go ?? rule ?? "", name);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("TraceFormatError names place, goroutine and rule", () => {
  const verdict = VERDICTS.find(({ name }) =>
    name === "ProcStop while a g runs"
  );
  const error = failureOf(verdict!.bytes);
  assertEquals(
    error?.message,
    "Cannot validate the events: p 0 is running a goroutine 1 during stop " +
      "(offset 65, time 4, p 0, g 1)",
  );
  assertEquals([error?.p, error?.g, error?.time, error?.offset], [0, 1, 4, 65]);
});

function failureOf(bytes: Uint8Array): TraceFormatError | undefined {
  try {
    parseTrace(bytes, { strict: true });
    return undefined;
  } catch (error) {
    if (error instanceof TraceFormatError) return error;
    throw error;
  }
}
