import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { SamplingError, TracerBusyError } from "../../src/core/errors.ts";
import {
  type HandlerOptions,
  traceHandler,
  type TraceSource,
  type TraceStreamRequest,
} from "../../src/http/endpoint.ts";

/** What the fake recorder lets a caller ask for. */
interface FakeOptions {
  stacks?: boolean;
}

/** A recorder that sends one chunk and then waits to be read or left. */
class FakeSource implements TraceSource<FakeOptions> {
  readonly asked: (FakeOptions & TraceStreamRequest)[] = [];
  readonly cancelled: unknown[] = [];
  failure: unknown = undefined;
  untracedDepth = 0;
  depthWhenAsked = 0;

  stream(
    options: FakeOptions & TraceStreamRequest,
  ): ReadableStream<Uint8Array> {
    this.depthWhenAsked = this.untracedDepth;
    if (this.failure !== undefined) throw this.failure;
    this.asked.push(options);
    return new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array([103, 111])),
      cancel: (reason) => void this.cancelled.push(reason),
    });
  }

  untraced<T>(fn: () => T): T {
    this.untracedDepth++;
    try {
      return fn();
    } finally {
      this.untracedDepth--;
    }
  }
}

interface Ask {
  method?: string;
  options?: HandlerOptions<FakeOptions>;
  source?: FakeSource;
}

function ask(path: string, how: Ask = {}): Promise<Response> {
  const { method = "GET", options, source = new FakeSource() } = how;
  const request = new Request(`http://localhost:8000${path}`, { method });
  return traceHandler(source, options)(request);
}

/** Asserts an answer for people: its status and part of its one sentence. */
async function assertText(
  response: Response,
  status: number,
  part: string,
): Promise<void> {
  const body = await response.text();
  assertEquals(response.status, status, body);
  assertStringIncludes(body, part);
  assertEquals(body.split("\n").length, 2, "one line and its end");
  const type = response.headers.get("content-type");
  assertEquals(type, "text/plain; charset=utf-8");
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  assertEquals(response.headers.get("cache-control"), "no-store");
}

test("traceHandler() answers with the headers and bytes of a trace", async () => {
  const source = new FakeSource();
  const response = await ask("/debug/trace?seconds=2.5", { source });
  assertEquals(response.status, 200);
  for (
    const [name, value] of [
      ["content-type", "application/octet-stream"],
      ["content-disposition", 'attachment; filename="trace"'],
      ["x-content-type-options", "nosniff"],
      ["cache-control", "no-store"],
    ]
  ) {
    assertEquals(response.headers.get(name), value, name);
  }
  const reader = response.body!.getReader();
  assertEquals((await reader.read()).value, new Uint8Array([103, 111]));
  assertEquals(source.asked, [{ seconds: 2.5 }]);
  assertEquals(source.depthWhenAsked, 1, "asked outside of untraced()");
  assertEquals(source.untracedDepth, 0);

  await reader.cancel("left");
  assertEquals(source.cancelled, ["left"]);
});

test("traceHandler() records one second when the query does not say", async () => {
  const source = new FakeSource();
  const response = await ask("/debug/trace", { source });
  await response.body!.cancel();
  assertEquals(source.asked, [{ seconds: 1 }]);
});

test("traceHandler() passes its options on to the stream", async () => {
  const source = new FakeSource();
  const options = { maxConsumers: 7, stream: { stacks: false } };
  const response = await ask("/trace?seconds=3", { source, options });
  await response.body!.cancel();
  assertEquals(source.asked, [{ stacks: false, seconds: 3, maxConsumers: 7 }]);
});

test("traceHandler() serves every path that ends in /trace, and no other", async () => {
  for (const path of ["/trace", "/debug/trace", "/a/b/c/trace"]) {
    const response = await ask(path);
    assertEquals(response.status, 200, path);
    await response.body!.cancel();
  }
  for (const path of ["/", "/debug", "/debug/traces", "/trace/x", "/xtrace"]) {
    const source = new FakeSource();
    await assertText(await ask(path, { source }), 404, "ends in /trace");
    assertEquals(source.asked, [], path);
  }
});

test("traceHandler() has no snapshot and no page yet", async () => {
  await assertText(await ask("/debug/trace/snapshot"), 404, "flight recorder");
  await assertText(await ask("/debug/trace/"), 404, "no page");
});

test("traceHandler() answers wrong seconds with 400 and asks for no stream", async () => {
  for (const seconds of ["abc", "0", "1e9", "-1", ""]) {
    const source = new FakeSource();
    const response = await ask(`/debug/trace?seconds=${seconds}`, { source });
    await assertText(
      response,
      400,
      `seconds is "${seconds}", must be a number`,
    );
    assertEquals(source.asked, []);
  }
  await assertText(
    await ask("/trace?seconds=11", { options: { maxSeconds: 10 } }),
    400,
    "at most 10",
  );
});

test("traceHandler() answers other methods with 405 and those allowed", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]) {
    const source = new FakeSource();
    const response = await ask("/debug/trace", { method, source });
    assertEquals(response.headers.get("allow"), "GET, HEAD");
    await assertText(response, 405, `Cannot ${method} a trace`);
    assertEquals(source.asked, []);
  }
});

test("traceHandler() answers HEAD as GET, without recording", async () => {
  const source = new FakeSource();
  const head = await ask("/debug/trace?seconds=5", { method: "HEAD", source });
  assertEquals(head.status, 200);
  assertEquals(head.body, null);
  assertEquals(head.headers.get("content-type"), "application/octet-stream");
  assertEquals(source.asked, []);
  const wrong = await ask("/debug/trace?seconds=x", { method: "HEAD", source });
  assertEquals(wrong.status, 400);
});

test("traceHandler() passes on whether CPU samples are wanted, and answers 501 when there can be none", async () => {
  const source = new FakeSource();
  for (const path of ["/trace", "/trace?cpu=1", "/trace?cpu=0"]) {
    await (await ask(path, { source })).body?.cancel();
  }
  assertEquals(source.asked.map(({ cpu }) => cpu), [undefined, true, false]);
  source.failure = new SamplingError("Cannot take CPU samples: not today");
  await assertText(await ask("/trace?cpu=1", { source }), 501, "not today");
  await assertText(
    await ask("/trace?cpu=2", { source }),
    400,
    "must be 1 or 0",
  );
});

test("traceHandler() answers 409 when the recorder is busy", async () => {
  const source = new FakeSource();
  source.failure = new TracerBusyError("Cannot start: 4 consumers already");
  await assertText(await ask("/trace", { source }), 409, "4 consumers already");
  assertEquals(source.untracedDepth, 0);
});

test("traceHandler() lets other failures of the recorder through", async () => {
  const source = new FakeSource();
  source.failure = new Error("Internal error: x");
  await assertRejects(() => ask("/trace", { source }), Error, "Internal error");
});

test("traceHandler() asks authorize before anything else is said or done", async () => {
  const seen: string[] = [];
  const options = (
    verdict: unknown,
  ): HandlerOptions<FakeOptions> => ({
    authorize(request) {
      seen.push(new URL(request.url).pathname);
      return verdict as boolean;
    },
  });
  for (const verdict of [false, Promise.resolve(false), undefined, 1, "yes"]) {
    const source = new FakeSource();
    const how = { source, options: options(verdict) };
    await assertText(await ask("/trace", how), 403, "Not allowed");
    await assertText(await ask("/trace?seconds=x", how), 403, "Not allowed");
    await assertText(await ask("/trace/snapshot", how), 403, "Not allowed");
    assertEquals(source.asked, []);
  }
  assertEquals(seen.length, 15);

  for (const verdict of [true, Promise.resolve(true)]) {
    const response = await ask("/trace", { options: options(verdict) });
    assertEquals(response.status, 200);
    await response.body!.cancel();
  }
  const own = new Response("who are you", { status: 401 });
  assert(await ask("/trace", { options: options(own) }) === own);
  await assertRejects(
    () =>
      ask("/trace", {
        options: { authorize: () => Promise.reject(new Error("no database")) },
      }),
    Error,
    "no database",
  );
});

test("traceHandler() refuses options that make no sense", () => {
  const source = new FakeSource();
  for (const maxSeconds of [0, -1, NaN, Infinity]) {
    assertThrows(
      () => traceHandler(source, { maxSeconds }),
      RangeError,
      `maxSeconds is ${maxSeconds}`,
    );
  }
  for (const maxConsumers of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => traceHandler(source, { maxConsumers }),
      RangeError,
      `maxConsumers is ${maxConsumers}`,
    );
  }
});
