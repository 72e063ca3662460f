/**
 * No secret of a program is in its trace: markers go through all that carries secrets (headers, queries, bodies, the
 * environment, SQL, arguments, messages, paths outside the project), and then are looked for in the bytes and texts.
 */
import { after, test } from "node:test";
import { randomInt } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Trace } from "../../src/format/trace.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { findFrontEnds, type FrontEnd } from "../support/front_ends.ts";
import { run } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { judgeTrace } from "../support/trace_judge.ts";
import { startCounterpart } from "./apis/start_counterpart.ts";
import { CHANNELS } from "./secrets/channels.mjs";

const RUNNER = fileURLToPath(new URL("secrets/runner.mjs", import.meta.url));

/** Part of a front end's name, for who looks for a defect. */
const { LOOPTRACE_FRONT_END = "" } = process.env;

/** What a runtime may lack: everything else must have been tried. */
const MAY_BE_MISSING: Readonly<Record<string, string>> = {
  "WebSocket": "node",
  "the runtime's own TCP": "node",
  "SQL": "node",
  "Bun.sql": "deno node",
  "Redis": "deno node bun",
  "Deno KV": "node bun deno",
  "web worker": "node",
};

const frontEnds = await findFrontEnds();
const counterpart = await startCounterpart();
const redis = await startRedis();
const outside = await mkdtemp(join(tmpdir(), "looptrace-secrets-"));

after(async () => {
  await frontEnds.remove();
  await counterpart.stop();
  await redis?.stop();
  await rm(outside, { recursive: true, force: true });
});

for (const frontEnd of frontEnds.all) {
  if (frontEnd.hooks === "internal") continue;
  const { name, missing } = frontEnd;
  if (!name.includes(LOOPTRACE_FRONT_END)) continue;
  test(`no secret is in a trace: ${name}`, {
    skip: missing ?? false,
  }, async () => {
    const markers = makeMarkers();
    const planted = marker();
    const { bytes, outcomes } = await record(frontEnd, markers, planted);
    const trace = judgeTrace(bytes, name);
    for (const [channel, outcome] of Object.entries(outcomes)) {
      const mayBe = MAY_BE_MISSING[channel]?.includes(frontEnd.runtime) ??
        false;
      assert(
        outcome === "done" || (mayBe && outcome.startsWith("not here")),
        `${channel}: ${outcome}`,
      );
    }
    const texts = textsOf(trace);
    assert(texts.length > 30, `${texts.length} texts`);
    const leaks = Object.entries(markers).flatMap(([channel, secret]) =>
      findLeaks(secret, bytes, texts).map((where) => `${channel}: ${where}`)
    );
    assertEquals(leaks.join("\n"), "");
    // What is looked for would be found.
    const found = findLeaks(planted, bytes, texts);
    assert(found.length >= 2, `the planted marker is in ${found.join(", ")}`);
  });
}

test("a marker is found in whatever way it is written", () => {
  const secret = marker();
  const ways: Uint8Array[] = [
    new TextEncoder().encode(`before ${secret} behind`),
    utf16(`before ${secret} behind`, true),
    utf16(`before ${secret} behind`, false),
    new TextEncoder().encode(btoa(`${secret} behind`)),
    new TextEncoder().encode(btoa(`x${secret} behind`)),
    new TextEncoder().encode(btoa(`xx${secret} behind`)),
    new TextEncoder().encode(secret.toUpperCase()),
  ];
  for (const [way, bytes] of ways.entries()) {
    assert(findLeaks(secret, bytes, []).length > 0, `way ${way}`);
  }
  assertEquals(findLeaks(secret, ways[0].subarray(0, 20), ["other"]), []);
});

/** Letters alone: what looks like an id would be taken out of routes anyway. */
function marker(): string {
  const letters = Array.from(
    { length: 16 },
    () => String.fromCharCode(97 + randomInt(26)),
  );
  return `secret${letters.join("")}`;
}

function makeMarkers(): Record<string, string> {
  return Object.fromEntries(
    Object.keys(CHANNELS).map((channel) => [channel, marker()]),
  );
}

async function record(
  { command, args, library, runtime, hooks }: FrontEnd,
  markers: Readonly<Record<string, string>>,
  planted: string,
): Promise<{ bytes: Uint8Array; outcomes: Record<string, string> }> {
  const cwd = await mkdtemp(join(tmpdir(), "looptrace-project-"));
  const folder = join(cwd, "data");
  const output = join(cwd, "result.json");
  try {
    await mkdir(folder);
    const options = {
      markers,
      planted,
      folder,
      outside,
      addresses: counterpart.addresses,
      redis: redis?.url,
      runtime,
      hooks,
      output,
    };
    const { code, signal, stdout, stderr } = await run(
      command,
      [...args, RUNNER, library, JSON.stringify(options)],
      { cwd },
    );
    const printed = new TextDecoder().decode(stdout);
    assertEquals(code ?? signal, 0, printed + stderr);
    const { trace, outcomes } = JSON.parse(await readFile(output, "utf8"));
    const bytes = Uint8Array.from(atob(trace), (c) => c.charCodeAt(0));
    return { bytes, outcomes };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** Every text of a trace: labels, messages, functions and files. */
function textsOf(trace: Trace): string[] {
  const texts = new Set<string>();
  for (const e = trace.cursor(); e.next();) {
    texts.add(e.label).add(e.message);
    for (const { fn, file } of e.frames) texts.add(fn).add(file);
  }
  return [...texts];
}

/** Where `secret` is, in any of the ways in which it may have been written. */
function findLeaks(
  secret: string,
  bytes: Uint8Array,
  texts: readonly string[],
): string[] {
  const raw = latin1(bytes);
  const leaks: string[] = [];
  if (raw.toLowerCase().includes(secret)) leaks.push("bytes, UTF-8");
  for (const isLittle of [true, false]) {
    if (raw.includes(latin1(utf16(secret, isLittle)))) {
      leaks.push("bytes, UTF-16");
    }
  }
  // What stands before the secret shifts its base64; the ends depend on the neighbours.
  for (const before of ["", "x", "xx"]) {
    const coded = btoa(before + secret).replace(/=+$/, "").slice(4, -4);
    if (raw.includes(coded)) leaks.push("bytes, base64");
  }
  for (const text of texts) {
    if (text.toLowerCase().includes(secret)) leaks.push(`text ${text}`);
  }
  return leaks;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 10_000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 10_000));
  }
  return text;
}

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) {
    view.setUint16(2 * i, text.charCodeAt(i), isLittle);
  }
  return bytes;
}
