import { test } from "node:test";
import { createServer } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { workedExample } from "../support/trace_builder.ts";
import { parseCommand } from "../../src/cli/args.ts";
import { runCommand } from "../../src/cli/command.ts";
import { durationText } from "../../src/cli/duration_text.ts";
import { type Io, OutputClosedError, processIo } from "../../src/cli/io.ts";
import { Progress } from "../../src/cli/progress.ts";
import { summaryText } from "../../src/cli/summary.ts";
import type { Summary } from "../../src/analysis/summary.ts";

const GOOD = workedExample().bytes();

/** A run of the command line with `bytes` as its only file. */
async function runWith(
  args: string[],
  bytes: Uint8Array,
  changes: Partial<Io> = {},
): Promise<{ status: number; out: string; error: string }> {
  let out = "";
  let error = "";
  const status = await runCommand(args, {
    writeOut: (piece) => {
      out += String.fromCharCode(...piece);
      return Promise.resolve();
    },
    writeError: (text) => void (error += text),
    isErrorTerminal: false,
    open: () =>
      Promise.resolve({
        stream: new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
        size: bytes.length,
      }),
    ...changes,
  });
  return { status, out, error };
}

test("runCommand() validates a good trace with status 0", async () => {
  const { status, out, error } = await runWith(["validate", "t"], GOOD);
  assertEquals([status, error], [0, ""]);
  assertEquals(out, "t: good, go 1.11 trace, 12 events, 1 goroutines, 52 ns\n");
});

test("runCommand() refuses a bad trace with status 1 and one sentence", async () => {
  for (const command of ["validate", "dump", "summary"]) {
    const { status, out, error } = await runWith(
      [command, "t"],
      new TextEncoder().encode("this is no trace at all"),
    );
    assertEquals([status, out], [1, ""], command);
    assertStringIncludes(error, "t: Cannot read the header: not a trace file");
    assertEquals(error.trimEnd().split("\n").length, 1);
  }
});

test("runCommand() warns of what Go's pages would mind", async () => {
  // Without the last record, a stack.
  const bytes = GOOD.slice(0, -12);
  const { status, out, error } = await runWith(["validate", "t"], bytes);
  assertEquals([status, error], [0, ""]);
  assertStringIncludes(out, "warning: A stack id has no Stack record");
});

test("runCommand() reads a cut trace, says so, and refuses it when strict", async () => {
  const cut = GOOD.subarray(0, GOOD.length - 1);
  const lenient = await runWith(["dump", "t"], cut);
  assertEquals(lenient.status, 0);
  assertEquals(lenient.out.split("\n").length, 13);
  assertStringIncludes(
    lenient.error,
    "t: ends inside the record at offset 100",
  );
  const strict = await runWith(["dump", "--strict", "t"], cut);
  assertEquals([strict.status, strict.out], [1, ""]);
  assertStringIncludes(strict.error, "the trace ends inside a record");
});

test("runCommand() dumps and sums up", async () => {
  const dump = await runWith(["dump", "t"], GOOD);
  assertEquals(dump.out.split("\n")[4], "4 GoStart p=0 g=1 off=37 g=1 seq=0");
  const text = await runWith(["summary", "t"], GOOD);
  assertStringIncludes(text.out, "main a.js:1");
  assertStringIncludes(text.out, "network 23 ns");
  const json = await runWith(["summary", "--json", "t"], GOOD);
  assertEquals(JSON.parse(json.out).entries[0].blockedBy, { network: 23 });
  const none = await runWith(["summary", "--top=0", "t"], GOOD);
  assertStringIncludes(none.out, "and 1 more, running 19 ns together");
});

test("runCommand() writes a gzipped profile", async () => {
  const { status, out } = await runWith(["pprof", "--kind=net", "t"], GOOD);
  assertEquals([status, out.slice(0, 2)], [0, "\x1f\x8b"]);
});

test("runCommand() answers wrong use with status 2 and the usage", async () => {
  for (
    const [args, text] of [
      [[], "no command given"],
      [["frobnicate", "t"], "wanted one of validate, dump, summary, pprof"],
      [["toString", "t"], "wanted one of validate"],
      [["dump"], "found 0 files, wanted 1"],
      [["dump", "a", "b"], "found 2 files, wanted 1"],
      [["dump", "--json", "a"], "--json"],
      [["pprof", "a"], "Cannot read --kind: found nothing"],
      [["pprof", "--kind=cpu", "a"], "found cpu, wanted one of net, sync"],
      [["summary", "--top=many", "a"], "found many, wanted a whole number"],
      [["summary", "--top=-1", "a"], "found -1, wanted a whole number"],
    ] as const
  ) {
    const { status, out, error } = await runWith([...args], GOOD);
    assertEquals([status, out], [2, ""], `${args}`);
    assertStringIncludes(error, text);
    assertStringIncludes(error, "Usage: looptrace COMMAND");
  }
});

test("parseCommand() takes help wherever it stands", () => {
  for (const args of [["help"], ["--help"], ["-h"], ["dump", "--help"]]) {
    assertEquals(parseCommand(args), { name: "help" });
  }
});

test("runCommand() ends quietly when no one reads its output any more", async () => {
  const { status, error } = await runWith(["dump", "t"], GOOD, {
    writeOut: () => Promise.reject(new OutputClosedError()),
  });
  assertEquals([status, error], [0, ""]);
});

test("processIo().open() reads files and URLs to their ends", async () => {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-io-"));
  const bytes = new Uint8Array(3_000_000).map((_, at) => at * at >> 8);
  const path = join(folder, "file");
  await writeFile(path, bytes);
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/file" ? 200 : 404;
    response.end(request.url === "/file" ? bytes : "no such file");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(address !== null && typeof address === "object");
  const base = `http://127.0.0.1:${address.port}`;
  try {
    for (const name of [path, `${base}/file`]) {
      const { stream, size } = await processIo().open(name);
      const read = new Uint8Array(await new Response(stream).arrayBuffer());
      assertEquals(read.length, bytes.length, name);
      assert(read.every((byte, at) => byte === bytes[at]), name);
      assert(size === bytes.length || size === 0, name);
    }
    for (const name of [join(folder, "none"), folder, `${base}/none`]) {
      const failure = await processIo().open(name)
        .then(({ stream }) => new Response(stream).arrayBuffer())
        .then(() => "read", (error: Error) => error.message);
      assertStringIncludes(failure, "Cannot ", name);
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
});

test("Progress shows long work on a terminal only, and clears its line", () => {
  for (const isErrorTerminal of [true, false]) {
    let now = 0;
    let shown = "";
    const io = {
      isErrorTerminal,
      writeError: (text: string) => void (shown += text),
    };
    const progress = new Progress(io as Io, 200e6, () => now);
    progress.report(1e6);
    assertEquals(shown, "");
    now = 600;
    progress.report(50e6);
    progress.report(51e6);
    assertEquals(shown, isErrorTerminal ? "\r\x1b[K50.0 MB read, 25 %" : "");
    progress.end();
    assertEquals(shown.endsWith("\r\x1b[K"), isErrorTerminal);
  }
});

test("durationText() keeps three digits and picks the unit", () => {
  for (
    const [nanoseconds, text] of [
      [0, "0"],
      [7, "7 ns"],
      [999, "999 ns"],
      [999.7, "1.00 us"],
      [1234, "1.23 us"],
      [99_940, "99.9 us"],
      [99_960, "100 us"],
      [999_600, "1.00 ms"],
      [45_600_000, "45.6 ms"],
      [1.5e9, "1.50 s"],
      [3600e9, "3600 s"],
    ] as const
  ) assertEquals(durationText(nanoseconds), text, `${nanoseconds}`);
});

test("summaryText() prints nothing that would steer a terminal", () => {
  const summary: Summary = {
    version: 11,
    events: 1,
    goroutines: 1,
    duration: 10,
    gc: 0,
    procs: [],
    probes: {
      collections: 2,
      heap: { peak: 3 * 2 ** 20, last: 1000 },
      cpuSamples: 0,
    },
    coverage: {
      blocked: 10,
      unknown: 5,
      unknownShare: 0.5,
      longest: [{
        frames: [{ pc: 1, fn: "wait\x1bing", file: "", line: 0 }],
        count: 1,
        time: 5,
      }],
    },
    entries: [{
      name: "evil\x1b]0;title\x07\u202e\nname",
      file: "",
      line: 0,
      count: 1,
      ended: 0,
      running: 1,
      runnable: 0,
      syscall: 0,
      blocked: 0,
      blockedBy: {},
      gc: 0,
      longestRun: 1,
    }],
    annotations: { tasks: [], regions: [], logs: 0 },
  };
  const text = summaryText(summary);
  assertStringIncludes(
    text,
    "\nheap: 3.00 MiB at most, 1000 bytes in the end, 2 collections\n",
  );
  assertStringIncludes(text, "evil?]0;title???name");
  assertStringIncludes(text, "blocked: 10 ns, 50.0 % of it for unknown");
  assertStringIncludes(text, "unknown: 5 ns, 1 times at wait?ing");
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f]/.test(text), false);
});
