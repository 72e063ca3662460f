/** What a program says of itself: from its calls to user tasks, regions and logs, through both mappers. */

import { test } from "node:test";
import {
  isTooLong,
  MAX_MESSAGE_LENGTH,
  MAX_NAME_LENGTH,
  toMessage,
  toName,
} from "../../src/core/annotation.ts";
import {
  type Annotator,
  createUserTask,
  NO_REGION,
  type UserTask,
} from "../../src/core/annotator.ts";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import { MessageRing } from "../../src/core/message_ring.ts";
import { RawKind } from "../../src/core/raw_log.ts";
import { Tracer } from "../../src/core/tracer.ts";
import { traceParentOf, TraceParents } from "../../src/core/trace_parent.ts";
import { EventType } from "../../src/format/event_catalogue.ts";
import type { GoId } from "../../src/format/ids.ts";
import { parseTrace } from "../../src/format/trace_reader.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { eventLines, type LineOptions } from "../support/event_lines.ts";
import { FakeAdapter } from "../support/fake_adapter.ts";
import { FakeLoop } from "../support/fake_loop.ts";
import { findGoTools, goPages } from "../support/go_tools.ts";
import { concat, rawRecords } from "../support/raw_records.ts";
import { withFile } from "../support/temp_file.ts";
import { judgeTrace, judgeWithGo } from "../support/trace_judge.ts";

const never = new Promise<void>(() => {});

function lines(text: string): string[] {
  return text.trim().split("\n").map((line) => line.trim());
}

// Text.

test("toName() and toMessage() give text that does no harm, of any value", () => {
  const hostile = {
    toString() {
      throw new Error("no");
    },
  };
  for (
    const [value, name] of [
      ["a b", "a b"],
      ["a\nb\u001b[2J\u0000", "a b [2J "],
      [undefined, "undefined"],
      [17, "17"],
      [Symbol("s"), "Symbol(s)"],
      [hostile, "(no text)"],
      ["x".repeat(MAX_NAME_LENGTH), "x".repeat(MAX_NAME_LENGTH)],
      ["x".repeat(1000), "x".repeat(MAX_NAME_LENGTH - 1) + "…"],
      [
        "x".repeat(MAX_NAME_LENGTH - 2) + "\u{1f600}".repeat(2),
        "x".repeat(MAX_NAME_LENGTH - 2) + "…",
      ],
    ] as const
  ) {
    assertEquals(toName(value), name);
  }
  assertEquals(toMessage("a\tb\nc\u001b"), "a\tb\nc ");
  const long = "y".repeat(MAX_MESSAGE_LENGTH + 1);
  assertEquals(toMessage(long).length, MAX_MESSAGE_LENGTH);
  assertEquals([isTooLong(long), isTooLong(long.slice(1))], [true, false]);
});

test("traceParentOf() takes what W3C Trace Context has, and no more of it", () => {
  const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (
    const [header, wanted] of [
      [good, good],
      [`cc${good.slice(2)}-more-of-it`, `cc${good.slice(2)}`],
      [`${good}-more`, undefined],
      [`cc${good.slice(2)}x`, undefined],
      [`ff${good.slice(2)}`, undefined],
      [good.toUpperCase(), undefined],
      [
        good.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32)),
        undefined,
      ],
      [good.replace("b7ad6b7169203331", "0".repeat(16)), undefined],
      ["", undefined],
      [undefined, undefined],
      [[good], undefined],
    ] as const
  ) {
    assertEquals(traceParentOf(header), wanted, String(header));
  }
});

test("TraceParents looks at all requests at first and after one that had it, else at some", () => {
  const parents = new TraceParents();
  const looked = (requests: number) => {
    let count = 0;
    for (let i = 0; i < requests; i++) if (parents.wantsNext()) count++;
    return count;
  };
  assertEquals(looked(256), 256);
  assertEquals([looked(1600), parents.skipped], [100, 1500]);
  parents.found();
  assertEquals([looked(4096), looked(160)], [4096, 10]);
  parents.begin();
  assertEquals([looked(256), parents.skipped], [256, 0]);
});

// Hooks' logs.

test("TaskMapper.map() writes user tasks, regions and logs of the task that runs", () => {
  const loop = new FakeLoop();
  loop.turn().main(() =>
    loop.wait(1).beginTask("job").note("step", "one", "job").wait(1)
      .enter("outer").wait(1).enter("inner").wait(1).leave("inner").wait(1)
      .leave("outer").endTask("job").wait(1)
  ).end();
  assertEquals(
    loop.lines({ times: true }),
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main begin job
      1.000 main log step one
      2.000 main enter outer
      3.000 main enter inner
      4.000 main leave inner
      5.000 main leave outer
      5.000 main finish
      6.000 main end`),
  );
});

test("TaskMapper.map() ends a region whose task does not run when that runs next, or at its end", () => {
  const loop = new FakeLoop();
  loop.turn().main(() =>
    loop.enter("a").wait(1).callAwait("f").break().await("main")
  )
    .end();
  loop.wait(5).turn().settle("f").slice("f", () => loop.leave("a").wait(1))
    .end();
  loop.wait(5).turn().settle("main").slice(
    "main",
    () => loop.wait(1).enter("b").wait(1),
  ).end();
  assertEquals(
    loop.lines({ times: true }).slice(1),
    lines(`
      0.000 main start
      0.000 main enter a
      1.000 main create f
      1.000 main preempt
      1.000 f start
      1.000 f block unknown
      1.000 main start
      1.000 main block unknown
      6.000 loop unblock f
      6.000 f start
      7.000 f end
      12.000 loop unblock main
      12.000 main start
      12.000 main leave a
      13.000 main enter b
      14.000 main leave b
      14.000 main end`),
  );
});

test("TaskMapper.map() holds the end of a region until those inside it have ended", () => {
  const loop = new FakeLoop();
  loop.turn().main(() =>
    loop.enter("a").enter("b").enter("c").wait(1).leave("a").leave("c").wait(1)
      .leave("b").leave("b").wait(1)
  ).end();
  assertEquals(
    loop.lines({ times: true }).slice(2),
    lines(`
      0.000 main enter a
      0.000 main enter b
      0.000 main enter c
      1.000 main leave c
      2.000 main leave b
      2.000 main leave a
      3.000 main end`),
  );
});

test("TaskMapper.map() puts a region around a call on the goroutine of that call", () => {
  // await Promise.all([withRegion("a", f), withRegion("b", g)])
  const loop = new FakeLoop();
  loop.turn().main(() => {
    loop.wait(1).around("a", () => loop.callAwait("f")).wait(1)
      .around("b", () => loop.wait(1).callAwait("h").awaitCall("g")).wait(1)
      .break().await("main");
  }).end();
  loop.wait(5).turn().settle("f").slice("f", () => loop.settle("a")).end();
  loop.wait(5).turn().settle("h").slice("h", () => loop.settle("g").settle("b"))
    .slice("g").end();
  const found = loop.lines().filter((line) => /enter|leave|end$/.test(line));
  assertEquals(
    found,
    lines(`
      f enter a
      g enter b
      f leave a
      f end
      g leave b
      g end`),
  );
});

test("TaskMapper.map() has a region around a call that is awaited on its caller", () => {
  // await withRegion("a", f)
  const loop = new FakeLoop();
  loop.turn().main(() => {
    loop.wait(1).around("a", () => loop.wait(1).callAwait("f"));
    loop.awaitCall("main");
  }).end();
  loop.wait(5).turn().settle("f").slice(
    "f",
    () => loop.wait(1).settle("main", "a"),
  )
    .slice("main", () => loop.wait(1)).end();
  assertEquals(
    loop.lines({ times: true }).slice(1),
    lines(`
      0.000 main start
      1.000 main enter a
      2.000 main block unknown
      7.000 loop unblock main
      7.000 main start
      8.000 main leave a
      9.000 main end`),
  );
});

test("TaskMapper.map() begins a region where it began, though it is told of at its end", () => {
  const loop = new FakeLoop();
  loop.turn().main(() => {
    loop.wait(1).past("listener", () => {
      loop.wait(1).note("in", "it").past("inner", () => loop.wait(1)).wait(1);
    }).wait(1);
  }).past("the loop's", () => loop.wait(1)).end();
  assertEquals(
    loop.lines({ times: true }),
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main enter listener
      2.000 main log in it
      2.000 main enter inner
      3.000 main leave inner
      4.000 main leave listener
      5.000 main end`),
  );
  assertEquals(loop.recording.statistics().regionsLost, 1);
});

test("CallMapper.map() begins a region where it began, though it is told of at its end", async () => {
  const found = await recordedLines(({ adapter, site }) => {
    const recorder = adapter.recorder!;
    const { hooks } = adapter.calls!;
    const f = hooks.enter(site("f"));
    adapter.now += 1;
    const [began, since] = [recorder.clockNow(), recorder.nextRecord];
    adapter.now += 1;
    const g = hooks.enter(site("g"));
    hooks.wait(g, site("g"), never);
    adapter.now += 1;
    recorder.region(site("listener"), began, since);
    hooks.wait(f, site("f"), never);
  }, { times: true });
  assertEquals(
    found.filter((line) => /enter|leave|create/.test(line)),
    lines(`
      0.000 loop create f
      1.000 f enter listener
      2.000 f create g
      3.000 f leave listener`),
  );
});

test("TaskMapper.map() counts regions of no goroutine, and logs what the loop says", () => {
  const loop = new FakeLoop();
  loop.turn().note("loop", "hello").enter("lost").leave("lost").end();
  assertEquals(loop.lines(), ["loop log loop hello"]);
  assertEquals(loop.recording.statistics().regionsLost, 1);
});

test("TaskMapper.map() has user tasks inherited by what a task makes", () => {
  const loop = new FakeLoop();
  loop.turn().request(
    "GET /",
    () => loop.schedule("timer", ContinuationKind.Timer).beginTask("child"),
  ).end();
  loop.wait(1).turn().slice(
    "timer",
    () =>
      loop.note("late", "it is").schedule("tick", ContinuationKind.Immediate),
  )
    .end();
  loop.wait(1).turn().slice("tick", () => loop.note("later", "it is")).end();
  const trace = loop.trace();
  const found: number[][] = [];
  for (const e = trace.cursor(); e.next();) {
    if (e.type === EventType.UserTaskCreate) found.push([e.arg(0), e.arg(1)]);
    const isLate = e.type === EventType.UserLog && e.label.startsWith("late");
    if (isLate) found.push([e.arg(0)]);
  }
  assertEquals(found, [[2, 0], [1, 2], [2], [2]]);
});

test("the user task of who posted a message is that of who gets it", async () => {
  const ring = new MessageRing();
  await record(({ adapter, newTask, site }) => {
    const recorder = adapter.recorder!;
    newTask("other");
    newTask("job").run(() => {
      const userTask = recorder.userTaskHere();
      ring.tell(1, { goId: 77, time: 5, userTask });
    });
    assertEquals(recorder.userTaskHere(), 0);
    const id = recorder.makeRequest(site("GET /"));
    recorder.enter(id);
    assertEquals(recorder.userTaskHere(), 3);
    recorder.leave(0);
  });
  const { goId, userTask } = new MessageRing(ring.memory).take(1)!;
  assertEquals(userTask, 2);
  const loop = new FakeLoop();
  const { continuations } = loop;
  const id = continuations.makeReceived(
    loop.site("message"),
    goId as GoId,
    userTask,
  );
  loop.log.put(RawKind.Turn, 0, 0, 0);
  loop.log.put(RawKind.Resume, id, 0, 0);
  loop.note("in", "the other thread").suspend().end();
  const log = rawRecords(loop.bytes()).find(({ text }) =>
    text === "the other thread"
  );
  assertEquals(log?.values[1], userTask);
});

test("Recording.join() tells of user tasks and regions that are open", async () => {
  const loop = new FakeLoop();
  loop.turn().request("GET /", () => {
    loop.beginTask("open").beginTask("over").endTask("over")
      .enter("a").enter("b").leave("a").await("GET /");
  }).end();
  const late = loop.join();
  loop.wait(1).turn().settle("GET /").slice(
    "GET /",
    () => loop.wait(1).leave("b").note("in", "open", "open").endTask("open"),
  ).end();
  const bytes = loop.bytes(late);
  assertEquals(
    eventLines(judgeTrace(bytes, "the late one's")).filter((line) =>
      /begin|finish|enter|leave|log/.test(line)
    ),
    lines(`
      loop begin open
      GET / begin GET /
      GET / enter a
      GET / enter b
      GET / leave b
      GET / leave a
      GET / log in open
      GET / finish
      GET / finish`),
  );
  await judgeWithGo([{ name: "the late one's", bytes }]);
});

const { go119, go126 } = await findGoTools();

for (const tool of [go119, go126]) {
  const version = tool?.version ?? "of any version";
  test(
    `the pages of Go ${version} show user tasks and regions of a consumer that joined late`,
    {
      skip: tool === undefined,
    },
    async () => {
      const loop = new FakeLoop();
      loop.turn().request("GET /", () => {
        loop.beginTask("open").enter("a").await("GET /");
      }).end();
      const late = loop.join();
      loop.wait(1).turn().settle("GET /").slice(
        "GET /",
        () =>
          loop.enter("b").wait(1).leave("b").leave("a").note("in", "it", "open")
            .endTask("open"),
      ).end();
      await withFile(loop.bytes(late), async (file) => {
        const asked = ["/usertasks", "/userregions", "/goroutines", "/trace"];
        const pages = await goPages(tool!, file, asked);
        for (const page of asked) {
          const { status, body } = pages.get(page)!;
          assertEquals(status, 200, `${page}: ${body.slice(0, 300)}`);
        }
        const tasks = pages.get("/usertasks")!.body;
        for (const name of ["open", "GET /"]) {
          assert(tasks.includes(name), name);
        }
        assert(pages.get("/userregions")!.body.includes("GET /"));
      });
    },
  );
}

// Through the recorder.

interface Program {
  readonly adapter: FakeAdapter;
  readonly annotator: Annotator;
  readonly tracer: Tracer;
  site(name: string): number;
  newTask(name: string, parent?: UserTask): UserTask;
}

function makeProgram(): Program {
  const adapter = new FakeAdapter();
  Object.assign(adapter.frames, { shortName: (file: string) => file });
  const tracer = new Tracer(adapter);
  tracer.attachCalls();
  return {
    adapter,
    tracer,
    annotator: tracer.annotator,
    site: (name) => tracer.addSite(name, "/app/a.ts", 1, 1),
    newTask: (name, parent) =>
      createUserTask(name, parent, () => tracer.annotator),
  };
}

async function record(
  body: (program: Program) => void,
  program = makeProgram(),
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  program.tracer.start({ write: (bytes) => void chunks.push(bytes) });
  program.adapter.endTurn();
  body(program);
  program.adapter.endTurn();
  const { error } = await program.tracer.stop();
  assertEquals(error, undefined);
  return concat(chunks);
}

async function recordedLines(
  body: (program: Program) => void,
  options?: LineOptions,
): Promise<string[]> {
  const bytes = await record(body);
  return eventLines(judgeTrace(bytes, "the trace"), options).slice(3);
}

test("CallMapper.map() puts a region around a call on its goroutine, to its end", async () => {
  const found = await recordedLines(({ adapter, annotator, site }) => {
    const { hooks } = adapter.calls!;
    const main = hooks.enter(site("main"));
    hooks.mark(main);
    adapter.now += 1;
    const call = annotator.withRegion("a", () => {
      const f = hooks.enter(site("f"));
      adapter.now += 1;
      hooks.wait(f, site("f"), never);
      return Object.assign(new Promise(() => {}), { f });
    }).f;
    adapter.now += 1;
    hooks.wait(main, site("main"), never);
    adapter.endTurn();
    adapter.now += 5;
    hooks.resume(call, undefined);
    adapter.now += 1;
    hooks.exit(call);
    adapter.endTurn();
  }, { times: true });
  assertEquals(
    found.filter((line) => /enter|leave|f (start|end|block)/.test(line)),
    lines(`
      1.000 f start
      1.000 f enter a
      1.000 f block unknown
      8.000 f start
      9.000 f leave a
      9.000 f end`),
  );
});

test("CallMapper.map() ends a region around a promise when who awaits it goes on", async () => {
  const found = await recordedLines(({ adapter, annotator, site }) => {
    const { hooks } = adapter.calls!;
    const main = hooks.enter(site("f"));
    hooks.mark(main);
    const promise = annotator.withRegion("a", () => new Promise(() => {}));
    hooks.waitCall(main, site("f"), promise);
    adapter.endTurn();
    adapter.now += 5;
    hooks.resume(main, undefined);
    adapter.now += 1;
    hooks.exit(main);
  }, { times: true });
  assertEquals(
    found.filter((line) => /enter|leave|f end$/.test(line)),
    lines(`
      0.000 f enter a
      5.000 f leave a
      6.000 f end`),
  );
});

test("a region around a promise that nobody awaits ends when it is seen to be settled", async () => {
  const found = await recordedLines(({ adapter, annotator, site }) => {
    const { hooks } = adapter.calls!;
    const main = hooks.enter(site("f"));
    const promise = new Promise(() => {});
    annotator.withRegion("a", () => promise);
    hooks.wait(main, site("f"), never);
    adapter.endTurn();
    adapter.now += 5;
    hooks.resume(main, undefined);
    adapter.settled.add(promise);
    hooks.wait(main, site("f"), never);
    adapter.endTurn();
    adapter.now += 5;
    hooks.resume(main, undefined);
    adapter.now += 5;
    hooks.exit(main);
  }, { times: true });
  assertEquals(
    found.filter((line) => /enter|leave|f end$/.test(line)),
    lines(`
      0.000 f enter a
      5.000 f leave a
      15.000 f end`),
  );
});

test("withRegion() gives and throws what its function does", async () => {
  const failure = new Error("it");
  await record(({ annotator }) => {
    const promise = Promise.resolve(3);
    assertEquals(annotator.withRegion("r", () => promise) === promise, true);
    assertEquals(annotator.withRegion("r", () => 5), 5);
    const thrown = assertThrows(() =>
      annotator.withRegion("r", () => {
        throw failure;
      })
    );
    assertEquals(thrown, failure);
  });
});

test("a user task is what runs in it, and what its context carries", async () => {
  const bytes = await record(({ annotator, newTask }) => {
    const outer = newTask("outer");
    outer.run(() => {
      annotator.log("in", "outer");
      const inner = newTask("inner");
      inner.run(() => annotator.log("in", "inner"));
      annotator.log("in", "outer");
      inner.end();
      inner.end();
      newTask("beside", inner).end();
    });
    annotator.log("in", "none");
    outer[Symbol.dispose]();
  });
  const found: string[] = [];
  for (const e = judgeTrace(bytes, "the trace").cursor(); e.next();) {
    if (e.type === EventType.UserTaskCreate) {
      found.push(`${e.label} ${e.arg(0)} below ${e.arg(1)}`);
    }
    if (e.type === EventType.UserTaskEnd) found.push(`end ${e.arg(0)}`);
    if (e.label === "in") found.push(`${e.message} ${e.arg(0)}`);
  }
  assertEquals(
    found,
    lines(`
      outer 1 below 0
      outer 1
      inner 2 below 1
      inner 2
      outer 1
      end 2
      beside 3 below 2
      end 3
      none 0
      end 1`),
  );
});

test("using ends regions and user tasks", async () => {
  const found = await recordedLines(({ adapter, annotator, newTask, site }) => {
    const f = adapter.calls!.hooks.enter(site("f"));
    {
      using _task = newTask("task");
      using _region = annotator.startRegion("region");
      annotator.log("in", "it");
    }
    annotator.log("after", "it");
    adapter.calls!.hooks.exit(f);
  });
  assertEquals(
    found.slice(1, -1),
    lines(`
      f start
      f begin task
      f enter region
      f log in it
      f leave region
      f finish
      f log after it`),
  );
});

test("a user task that began before the recording begins in it with its first use", async () => {
  const program = makeProgram();
  const root = program.newTask("root");
  const child = program.newTask("child", root);
  const over = program.newTask("over");
  over.end();
  for (let i = 0; i < 2; i++) {
    const bytes = await record(({ annotator }) => {
      over.run(() => annotator.log("note", "in none"));
      child.run(() => annotator.log("note", "in child"));
      if (i === 1) child.end();
    }, program);
    const found = eventLines(judgeTrace(bytes, "the trace")).slice(3);
    assertEquals(found, [
      "loop log note in none",
      "loop begin root",
      "loop begin child",
      "loop log note in child",
      ...i === 1 ? ["loop finish"] : [],
    ]);
  }
});

test("annotations pass through while nothing records, and after", async () => {
  const program = makeProgram();
  const { annotator, newTask } = program;
  const use = () => {
    annotator.log("a", "b");
    annotator.startRegion("r").end();
    annotator.nameRequest("GET /");
    const task = newTask("t");
    assertEquals(task.run(() => annotator.withRegion("r", () => 7)), 7);
    return task;
  };
  const before = use();
  assert(annotator.startRegion("r") === NO_REGION);
  let region = NO_REGION;
  const bytes = await record(
    () => void (region = annotator.startRegion("r")),
    program,
  );
  region.end();
  before.end();
  use().end();
  judgeTrace(bytes, "the trace");
  const empty = await record(() => {}, program);
  assert(
    !eventLines(judgeTrace(empty, "the next")).some((line) =>
      /enter|leave|begin|finish/.test(line)
    ),
  );
});

test("nameRequest() names the request of the running slice, until its name is written", async () => {
  const bytes = await record(({ adapter, annotator, site, tracer }) => {
    const recorder = adapter.recorder!;
    const { hooks } = adapter.calls!;
    for (const isEarly of [true, false]) {
      const id = recorder.makeRequest(site("GET /guess"));
      recorder.enter(id);
      const call = hooks.enter(site("handler"));
      // A consumer that joins has everything written.
      if (!isEarly) tracer.stream();
      annotator.nameRequest("GET /users/:id");
      hooks.exit(call);
      recorder.leave(0);
      adapter.endTurn();
    }
  });
  const found = eventLines(judgeTrace(bytes, "the trace")).filter((line) =>
    /begin|log/.test(line)
  );
  assertEquals(found, [
    "GET /users/:id begin GET /users/:id",
    "GET /guess begin GET /guess",
    "GET /guess log route GET /users/:id",
  ]);
});

test("names of annotations are bounded, messages are cut and counted", async () => {
  let cut = 0;
  const bytes = await record(({ annotator, tracer }) => {
    for (let i = 0; i < 5000; i++) annotator.log(`c${i}`, "m");
    annotator.log("", "\ud800 x".repeat(MAX_MESSAGE_LENGTH));
    cut = tracer.statistics()!.messagesCut;
  });
  assertEquals(cut, 1);
  const trace = judgeTrace(bytes, "the trace");
  const labels = new Map<string, number>();
  for (const e = trace.cursor(); e.next();) {
    if (e.type !== EventType.UserLog) continue;
    labels.set(e.label, (labels.get(e.label) ?? 0) + 1);
  }
  assertEquals(labels.get("(other)"), 905);
  assertEquals(labels.size, 4096 + 2);
  await judgeWithGo([{ name: "many names", bytes }]);
});

test("logs are left out, and counted, when a consumer hardly reads", () => {
  const loop = new FakeLoop({ consumer: false, batchBytes: 1024 });
  const slow = loop.join(100_000);
  loop.turn().main(() => {
    for (let i = 0; i < 2000; i++) loop.note("note", "x".repeat(80));
  }).end();
  const { shedLogs } = loop.recording.statistics();
  assert(shedLogs > 0, `${shedLogs} logs`);
  const bytes = loop.bytes(slow);
  parseTrace(bytes, { strict: true });
});
