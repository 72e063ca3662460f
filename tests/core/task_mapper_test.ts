/**
 * From raw logs to goroutines, one rule after the other (design/architecture.md, section 2).
 *
 * The log of each test is what the hooks write for the program in its comment, or in its name.
 */

import { test } from "node:test";
import { ContinuationKind } from "../../src/core/continuation_table.ts";
import { Reason } from "../../src/core/reason.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { eventLines, type LineOptions } from "../support/event_lines.ts";
import { FakeLoop, type FakeLoopOptions } from "../support/fake_loop.ts";

const { Sleep, Network, Sync, Task } = Reason;
const { Immediate, Interval, Microtask, Timer } = ContinuationKind;

/** The lines that a loop's trace, which must be good, gives. */
function linesOf(
  run: (loop: FakeLoop) => void,
  options?: LineOptions & FakeLoopOptions,
): string {
  const loop = new FakeLoop(options);
  run(loop);
  return loop.lines(options).join("\n");
}

/** Expected lines, indented as the test is. */
function lines(text: string): string {
  return text.trim().split("\n").map((line) => line.trim()).join("\n");
}

// Awaits.

test("TaskMapper.map() takes the last await of a slice for the slice's own", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() =>
      loop.wait(1).break().await("main", { reason: Network })
    ).end();
    loop.wait(20).turn().settle("main").slice("main", () => loop.wait(2)).end();
  }, { times: true, stacks: true, idle: true });
  assertEquals(
    found,
    lines(`
      0.000 loop awake
      0.000 loop asleep
      0.000 loop awake
      0.000 loop create main
      0.000 main start
      1.000 main block network at main:1 < main:0
      1.000 loop asleep
      21.000 loop awake
      21.000 loop unblock main at network:0
      21.000 main start
      23.000 main end
      23.000 loop asleep`),
  );
});

test("TaskMapper.map() makes a task of a call that goes on beside its caller", () => {
  // const p = f(); work(); (f sleeps)
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.wait(1).callAwait("f", { reason: Sleep }).wait(1).break().wait(1);
    }).end();
    loop.wait(20).turn().settle("f").slice("f", () => loop.wait(2)).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main create f
      1.000 main preempt
      1.000 f start
      1.000 f block sleep
      1.000 main start
      3.000 main end
      23.000 loop unblock f
      23.000 f start
      25.000 f end`),
  );
});

test("TaskMapper.map() makes no task of a call that its caller awaits", () => {
  // main awaits f, f awaits g, g awaits h, h sleeps.
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.wait(1).callAwait("h", { reason: Sleep, line: 40 });
      loop.awaitCall("g", { line: 30 }).awaitCall("f", { line: 20 }).awaitCall(
        "main",
        { line: 10 },
      );
    }).end();
    loop.wait(20).turn().settle("h");
    loop.slice("h", () => loop.wait(1).settle("g"));
    loop.slice("g", () => loop.wait(1).settle("f"));
    loop.slice("f", () => loop.wait(1).settle("main"));
    loop.slice("main", () => loop.wait(1)).end();
  }, { times: true, stacks: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main block sleep at h:40 < g:30 < f:20 < main:10 < main:0
      21.000 loop unblock main at timer:0
      21.000 main start
      25.000 main end`),
  );
});

test("TaskMapper.map() gives each await of a folded call to the caller's task", () => {
  // main awaits f, which awaits twice.
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.callAwait("f", { reason: Sleep, line: 1 }).awaitCall("main", {
        line: 5,
      });
    }).end();
    loop.wait(20).turn().settle("f").slice("f", () => {
      loop.wait(1).break().await("f", { reason: Network, line: 2 });
    }).end();
    loop.wait(20).turn().settle("f").slice(
      "f",
      () => loop.wait(1).settle("main"),
    );
    loop.slice("main", () => loop.wait(1)).end();
  }, { stacks: true });
  assertEquals(
    found,
    lines(`
      loop create main
      main start
      main block sleep at f:1 < main:5 < main:0
      loop unblock main at timer:0
      main start
      main block network at f:2 < main:5 < main:0
      loop unblock main at network:0
      main start
      main end`),
  );
});

test("TaskMapper.map() folds a second call of a slice though the first one goes on beside it", () => {
  // g(); await f();
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.callAwait("g", { reason: Network }).break();
      loop.callAwait("f", { reason: Sleep }).awaitCall("main");
    }).end();
  });
  assertEquals(
    found,
    lines(`
      loop create main
      main start
      main create g
      main preempt
      g start
      g block network
      main start
      main block sleep`),
  );
});

test("TaskMapper.map() gives the callee of a wrong fold a task as soon as the caller goes on without it", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() =>
      loop.callAwait("f", { reason: Sleep }).awaitCall("main").wait(1)
    ).end();
    loop.wait(20).turn().settle("main").slice("main", () => loop.wait(1)).end();
    loop.wait(5).turn().settle("f").slice("f", () => loop.wait(1)).end();
  }, { times: true, stacks: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main block sleep at f:1 < main:1 < main:0
      21.000 loop create f
      21.000 f start
      21.000 f block sleep at f:1 < f:1
      21.000 loop unblock main at timer:0
      21.000 main start
      22.000 main end
      27.000 loop unblock f at timer:0
      27.000 f start
      28.000 f end`),
  );
});

test("TaskMapper.map() detaches a whole chain of calls at once", () => {
  // main awaits f awaits g; then main goes on alone, f and g stay together.
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.callAwait("g", { reason: Sleep }).awaitCall("f").awaitCall("main");
    }).end();
    loop.wait(9).turn().settle("main").slice("main", () => loop.wait(1)).end();
    loop.wait(9).turn().settle("g").slice("g", () => loop.wait(1).settle("f"));
    loop.slice("f", () => loop.wait(1)).end();
  }, { stacks: true });
  assertEquals(
    found,
    lines(`
      loop create main
      main start
      main block sleep at g:1 < f:1 < main:1 < main:0
      loop create f
      f start
      f block sleep at g:1 < f:1 < f:1
      loop unblock main at timer:0
      main start
      main end
      loop unblock f at timer:0
      f start
      f end`),
  );
});

test("TaskMapper.map() writes nothing for an await of something settled when nothing runs in between", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.await("main", { settled: true }).wait(1));
    for (let i = 0; i < 5; i++) {
      loop.slice("main", () => loop.await("main", { settled: true }).wait(1));
    }
    loop.slice("main", () => loop.wait(1)).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      7.000 main end`),
  );
});

test("TaskMapper.map() writes a yield for an await of something settled when another task runs in between", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.callAwait("f", { settled: true }).wait(1).break().await("main", {
        line: 7,
        settled: true,
      }).wait(1);
    });
    loop.slice(
      "f",
      () => loop.wait(1).await("f", { line: 9, settled: true }).wait(1),
    );
    loop.slice("main", () => loop.wait(1)).slice("f", () => loop.wait(1)).end();
  }, { times: true, stacks: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      0.000 main create f
      2.000 main yield at main:7 < main:0
      2.000 f start
      4.000 f yield at f:9 < f:1
      4.000 main start
      5.000 main end
      5.000 f start
      6.000 f end`),
  );
});

// Settling.

test("TaskMapper.map() has a task woken by the one whose slice settled what it awaits", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.callAwait("f", { reason: Sleep }).wait(1).break();
      loop.await("main", { reason: Task });
    }).end();
    loop.wait(20).turn().settle("f");
    loop.slice("f", () => loop.wait(3).settle("main").wait(1));
    loop.slice("main", () => loop.wait(1)).end();
  }, { times: true, stacks: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      0.000 main create f
      0.000 main preempt at main:0
      0.000 f start
      0.000 f block sleep at f:1 < f:1
      0.000 main start
      1.000 main block task at main:1 < main:0
      21.000 loop unblock f at timer:0
      21.000 f start
      25.000 f unblock main at f:1
      25.000 f end
      25.000 main start
      26.000 main end`),
  );
});

test("TaskMapper.map() wakes every task that waits for one thing, in their order", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      for (const name of ["a", "b", "c"]) loop.callAwait(name).break();
    }).end();
    loop.turn().slice("gate", () => {
      loop.schedule("x", Immediate).wait(1).settle("a", "b", "c").wait(1);
    });
    for (const name of ["a", "b", "c"]) loop.slice(name, () => loop.wait(1));
    loop.end();
  }).split("\n").slice(-10);
  assertEquals(found, [
    "async function unblock a",
    "async function unblock b",
    "async function unblock c",
    "async function end",
    "a start",
    "a end",
    "b start",
    "b end",
    "c start",
    "c end",
  ]);
});

test("TaskMapper.map() takes the elements of Promise.all for relays: the last task to end wakes the waiter", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.callAwait("f", { reason: Sleep }).callAwait("g", { reason: Sleep })
        .break();
      loop.relay("first element").relay("second element").await("main", {
        reason: Sync,
      });
    }).end();
    loop.wait(5).turn().settle("f");
    loop.slice("f", () => loop.wait(1).settle("first element")).slice(
      "first element",
    ).end();
    loop.wait(5).turn().settle("g");
    loop.slice("g", () => loop.wait(1).settle("second element"));
    loop.slice("second element", () => loop.settle("main"));
    loop.slice("main", () => loop.wait(1)).end();
  }).split("\n").slice(-10);
  assertEquals(
    found,
    [
      "main start",
      "main block sync",
      "loop unblock f",
      "f start",
      "f end",
      "loop unblock g",
      "g start",
      "g unblock main",
      "g end",
      "main start",
    ].concat("main end").slice(-10),
  );
});

test("TaskMapper.map() has the loop wake a relay's waiter when no task settled the element", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.relay("element").await("main", { reason: Sync });
    }).end();
    loop.wait(5).turn().settle("element");
    loop.slice("element", () => loop.settle("main"));
    loop.slice("main", () => loop.wait(1)).end();
  });
  assertEquals(
    found,
    lines(`
      loop create main
      main start
      main block sync
      loop unblock main
      main start
      main end`),
  );
});

// Callbacks.

test("TaskMapper.map() makes no task of a then-callback that does nothing: its time is that of the slice before", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.then("t").break().wait(1));
    loop.slice("t", () => loop.wait(0.09)).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.090 main end`),
  );
});

test("TaskMapper.map() makes a task of a then-callback that settles, awaits, schedules or takes its time", () => {
  const does: Record<string, (loop: FakeLoop) => unknown> = {
    settles: (loop) => loop.settle("main"),
    awaits: (loop) => loop.await("t", { reason: Sleep }),
    schedules: (loop) => loop.schedule("timer", Timer),
    "takes its time": (loop) => loop.wait(0.11),
  };
  for (const [name, act] of Object.entries(does)) {
    const found = linesOf((loop) => {
      loop.turn().main(() => loop.then("t").break().await("main")).end();
      loop.wait(5).turn().settle("t").slice("t", () => void act(loop)).end();
    }).split("\n");
    assertEquals(
      found.slice(2, 5),
      [
        "main block unknown",
        "loop create then callback",
        "then callback start",
      ],
      name,
    );
    const last = {
      settles: "then callback end",
      awaits: "then callback block sleep",
    };
    const end = name in last
      ? last[name as keyof typeof last]
      : "then callback end";
    assertEquals(found.includes(end), true, `${name}: ${found.join(", ")}`);
  }
});

test("TaskMapper.map() makes a task of a callback that wakes one which becomes a task", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.then("t").then("u").break().wait(1)).end();
    loop.wait(5).turn().settle("t");
    loop.slice("t", () => loop.settle("u"));
    loop.slice("u", () => loop.wait(1)).end();
  });
  assertEquals(
    found,
    lines(`
      loop create main
      main start
      main end
      loop create then callback
      then callback start
      then callback create then callback#2
      then callback end
      then callback#2 start
      then callback#2 end`),
  );
});

test("TaskMapper.map() treats a microtask as it treats a then-callback", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.schedule("short", Microtask).schedule("long", Microtask).wait(1);
    });
    loop.slice("short", () => loop.wait(0.05)).slice(
      "long",
      () => loop.wait(0.5),
    ).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main create long
      1.050 main end
      1.050 long start
      1.550 long end`),
  );
});

// Timers.

test("TaskMapper.map() has a timer sleep from where it is set until it is called", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.wait(1).schedule("tick", Timer).wait(1)).end();
    loop.wait(5).turn().slice("tick", () => loop.wait(1)).end();
  }, { times: true, stacks: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main create tick
      1.000 main preempt at main:0
      1.000 tick start
      1.000 tick block sleep at tick:1
      1.000 main start
      2.000 main end
      7.000 loop unblock tick at timer:0
      7.000 tick start
      8.000 tick end`),
  );
});

test("TaskMapper.map() has an immediate wait to run from where it is set", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.wait(1).schedule("now", Immediate).wait(1));
    loop.slice("now", () => loop.wait(1)).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main create now
      2.000 main end
      2.000 now start
      3.000 now end`),
  );
});

test("TaskMapper.map() makes one task of an interval, which sleeps between its runs", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.schedule("tick", Interval)).end();
    for (let i = 0; i < 3; i++) {
      loop.wait(5).turn().slice("tick", () => loop.wait(1)).end();
    }
  }).split("\n");
  assertEquals(found.filter((line) => line.includes("create")).length, 2);
  const run = ["loop unblock tick", "tick start", "tick block sleep"];
  assertEquals(found.slice(-9), [...run, ...run, ...run]);
});

test("TaskMapper.map() gives what an interval's callback awaits to the interval", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.schedule("tick", Interval)).end();
    loop.wait(5).turn().slice(
      "tick",
      () => loop.await("body", { reason: Network }),
    ).end();
    loop.wait(2).turn().settle("body").slice("body", () => loop.wait(1)).end();
    loop.wait(3).turn().slice("tick").end();
  }, { stacks: true }).split("\n").slice(-9);
  assertEquals(found, [
    "loop unblock tick at timer:0",
    "tick start",
    "tick block network at body:1 < tick:1",
    "loop unblock tick at network:0",
    "tick start",
    "tick block sleep at tick:1",
    "loop unblock tick at timer:0",
    "tick start",
    "tick block sleep at tick:1",
  ]);
});

test("TaskMapper.map() gives a run of an interval its own task when the next one begins before it ended", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.schedule("tick", Interval)).end();
    loop.wait(5).turn().slice(
      "tick",
      () => loop.await("body", { reason: Network }),
    ).end();
    loop.wait(5).turn().slice("tick", () => loop.wait(1)).end();
    loop.wait(2).turn().settle("body").slice("body", () => loop.wait(1)).end();
    loop.wait(3).turn().slice("tick").end();
  }, { stacks: true }).split("\n").slice(-15);
  assertEquals(found, [
    "loop unblock tick at timer:0",
    "tick start",
    "tick block network at body:1 < tick:1",
    "loop create body",
    "body start",
    "body block network at body:1 < body:1",
    "loop unblock tick at timer:0",
    "tick start",
    "tick block sleep at tick:1",
    "loop unblock body at network:0",
    "body start",
    "body end",
    "loop unblock tick at timer:0",
    "tick start",
    "tick block sleep at tick:1",
  ]);
});

test("TaskMapper.map() ends a waiting timer where it is cleared, by the one who clears it", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.schedule("tick", Timer).wait(1).cancel("tick").wait(1);
    }).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      0.000 main create tick
      0.000 main preempt
      0.000 tick start
      0.000 tick block sleep
      0.000 main start
      1.000 main unblock tick
      1.000 main preempt
      1.000 tick start
      1.000 tick end
      1.000 main start
      2.000 main end`),
  );
});

test("TaskMapper.map() ends an interval that clears itself when it has run, and what it awaits", () => {
  for (const awaits of [false, true]) {
    const found = linesOf((loop) => {
      loop.turn().main(() => loop.schedule("tick", Interval)).end();
      loop.wait(5).turn().slice("tick", () => {
        loop.wait(1).cancel("tick").wait(1);
        if (awaits) loop.await("body", { reason: Sleep });
      }).end();
      if (!awaits) return;
      loop.wait(5).turn().settle("body").slice("body", () => loop.wait(1))
        .end();
    }).split("\n");
    assertEquals(found.filter((line) => line === "tick end").length, 1);
    assertEquals(found.at(-1), "tick end");
    assertEquals(found.at(-3), "loop unblock tick");
  }
});

test("TaskMapper.map() ends an interval that is cleared while its callback waits when that is done", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => loop.schedule("tick", Interval)).end();
    loop.wait(5).turn().slice(
      "tick",
      () => loop.await("body", { reason: Network }),
    ).end();
    loop.wait(5).turn().schedule("other", Timer).cancel("tick").end();
    loop.wait(5).turn().settle("body").slice("body", () => loop.wait(1)).end();
  }).split("\n");
  assertEquals(found.slice(-3), [
    "loop unblock tick",
    "tick start",
    "tick end",
  ]);
});

test("TaskMapper.map() puts a sleeper's wake down to the timer", () => {
  // await new Promise((resolve) => setTimeout(resolve, 5));
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.schedule("resolve", ContinuationKind.Sleep).await("main", {
        reason: Sleep,
      });
    }).end();
    loop.wait(5).turn().slice("resolve", () => loop.settle("main"));
    loop.slice("main", () => loop.wait(1)).end();
  }, { stacks: true });
  assertEquals(
    found,
    lines(`
      loop create main
      main start
      main block sleep at main:1 < main:0
      loop unblock main at timer:0
      main start
      main end`),
  );
});

// Requests.

test("TaskMapper.map() makes a request one task from entry to answer, and a user task", () => {
  const found = linesOf((loop) => {
    loop.turn().wait(1).request("GET /x", () => {
      loop.wait(1).await("handle", { reason: Sleep });
    });
    // What the server does with the handler's promise.
    loop.await("server", { at: null }).wait(1).end();
    loop.wait(5).turn().settle("handle");
    loop.slice("handle", () => loop.wait(1).settle("server"));
    loop.slice("server", () => loop.wait(1)).end();
  }, { stacks: true });
  assertEquals(
    found,
    lines(`
      loop create GET /x
      GET /x start
      GET /x begin GET /x
      GET /x block sleep at handle:1 < GET /x:1
      loop unblock GET /x at timer:0
      GET /x start
      GET /x finish
      GET /x end`),
  );
});

test("TaskMapper.map() ends a request whose handler has no wait at once", () => {
  const found = linesOf((loop) => {
    loop.turn().request("GET /x", () => loop.wait(1)).wait(1).end();
    loop.wait(1).turn().request("GET /x", () => loop.wait(1)).end();
  });
  assertEquals(
    found,
    lines(`
      loop create GET /x
      GET /x start
      GET /x begin GET /x
      GET /x finish
      GET /x end
      loop create GET /x#2
      GET /x#2 start
      GET /x#2 begin GET /x
      GET /x#2 finish
      GET /x#2 end`),
  );
});

// Slices in slices, and slices of others.

test("TaskMapper.map() stops the task outside while a slice inside it runs", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() => {
      loop.wait(1).schedule("inside", Immediate).wait(1);
      loop.slice("inside", () => loop.wait(1));
      loop.wait(1);
    }).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      1.000 main create inside
      2.000 main preempt
      2.000 inside start
      3.000 inside end
      3.000 main start
      4.000 main end`),
  );
});

test("TaskMapper.map() finds a task that ran before recording began at its first sight", () => {
  const loop = new FakeLoop();
  loop.turn().slice(
    "before",
    () => loop.wait(1).break().await("old", { reason: Sleep }),
  ).end();
  loop.wait(5).turn().settle("old").slice("old", () => loop.wait(1)).end();
  assertEquals(loop.recording.statistics().foundRunning, 1);
  assertEquals(
    loop.lines({ times: true }).join("\n"),
    lines(`
      0.000 loop create old
      0.000 old start
      1.000 old block sleep
      6.000 loop unblock old
      6.000 old start
      7.000 old end`),
  );
});

test("TaskMapper.map() takes an unknown reaction that only awaits for the engine's, until it does something", () => {
  const found = linesOf((loop) => {
    loop.turn().slice("adopts", () => loop.await("adopted", { at: null }))
      .end();
    loop.wait(5).turn().settle("adopted").slice("adopted").end();
  });
  assertEquals(found, "");
});

test("TaskMapper.map() puts the time of the tracer's own slices down to nobody", () => {
  const found = linesOf((loop) => {
    loop.turn().main(() =>
      loop.wait(1).break().await("main", { reason: Network }).wait(1)
    );
    loop.untraced(() => loop.wait(5)).end();
    loop.wait(1).turn().settle("main").slice("main", () => loop.wait(1));
    loop.untraced(() => loop.wait(5)).end();
  }, { times: true });
  assertEquals(
    found,
    lines(`
      0.000 loop create main
      0.000 main start
      2.000 main block network
      8.000 loop unblock main
      8.000 main start
      9.000 main end`),
  );
});

test("TaskMapper.map() writes when the loop falls asleep and wakes up, and no task runs meanwhile", () => {
  const loop = new FakeLoop();
  for (let i = 0; i < 3; i++) {
    loop.turn().schedule(`t${i}`, Immediate).wait(1).end().wait(4);
  }
  const found = loop.lines({ times: true, idle: true }).filter((line) =>
    / (awake|asleep)$/.test(line)
  );
  assertEquals(found.slice(2, 8), [
    "0.000 loop awake",
    "1.000 loop asleep",
    "5.000 loop awake",
    "6.000 loop asleep",
    "10.000 loop awake",
    "11.000 loop asleep",
  ]);
});

// Logs that are cut.

/** A program with something of everything; its lines do not depend on look-ahead. */
function everything(loop: FakeLoop): void {
  loop.turn().main(() => {
    loop.schedule("tick", Interval).wait(1);
    loop.callAwait("f", { reason: Sleep }).wait(1).break();
    loop.callAwait("h", { reason: Network }).awaitCall("g").awaitCall("main")
      .wait(1);
  }).end();
  for (let round = 0; round < 4; round++) {
    loop.wait(5).turn().slice("tick", () => {
      loop.wait(1).callAwait(`c${round}`, { reason: Sleep }).wait(1).break();
    });
    loop.settle("f").slice("f", () => {
      loop.wait(1).break().await("f", { reason: Sleep }).wait(1);
    });
    loop.request(`GET /${round}`, () => {
      loop.wait(1).await("handle", { reason: Network }).wait(1);
    });
    loop.slice("tick", () => loop.wait(1)).wait(1).end();
    loop.wait(5).turn().settle("handle").slice("handle", () => loop.wait(1));
    loop.settle(`c${round}`).slice(`c${round}`, () => loop.wait(1));
    loop.slice("tick", () => loop.wait(1)).end();
  }
  loop.wait(5).turn().settle("h").slice("h", () => loop.wait(1).settle("g"));
  loop.slice("g", () => loop.wait(1).settle("main"));
  loop.slice("main", () => loop.wait(1)).end();
}

test("TaskMapper.map() gives the same tasks from a log that is cut anywhere", () => {
  const whole = linesOf(everything);
  assert(whole.split("\n").length > 80);
  let early = 0;
  for (let records = 6; records <= 40; records++) {
    const loop = new FakeLoop({ records });
    everything(loop);
    early += loop.earlyMaps;
    assertEquals(
      eventLines(loop.trace(`cut at ${records}`)).join("\n"),
      whole,
      `cut at ${records} records`,
    );
  }
  assert(early > 100, `${early} maps before the end of a turn`);
});

/** Logs cut at any record, with hooks that see at the await what is settled, and with those that do not. */
function eachCut(body: (records: number, settled: boolean) => void): void {
  for (let records = 2; records <= 20; records++) {
    body(records, true);
    body(records, false);
  }
}

test("TaskMapper.map() lets a task go on at once after an await of something settled that lies at the cut", () => {
  eachCut((records, settled) => {
    const found = linesOf((loop) => {
      loop.turn().main(() => loop.await("main", { settled }).wait(1));
      for (let i = 0; i < 30; i++) {
        loop.slice("main", () => loop.await("main", { settled }).wait(1));
      }
      loop.slice("main", () => loop.wait(1)).end();
    }, { records, times: true });
    assertEquals(
      found,
      lines(`
        0.000 loop create main
        0.000 main start
        32.000 main end`),
      `cut at ${records} records, settled ${settled}`,
    );
  });
});

test("TaskMapper.map() gives a good trace of two tasks that go on in turn, wherever the log is cut", () => {
  eachCut((records, settled) => {
    const options = { settled };
    const name = `cut at ${records} records, settled ${settled}`;
    const found = linesOf((loop) => {
      loop.turn().main(() => {
        loop.callAwait("f", options).wait(1).break().await("main", options);
      });
      for (let i = 0; i < 30; i++) {
        loop.slice("f", () => loop.wait(1).await("f", options));
        loop.slice("main", () => loop.wait(1).await("main", options));
      }
      loop.slice("f").slice("main").end();
    }, { records }).split("\n");
    const count = (line: string) => found.filter((one) => one === line).length;
    assertEquals([count("f end"), count("main end")], [1, 1], name);
    // Where it is not seen at the await, a cut makes a block of a yield.
    const stops = count("f yield") + count("f block unknown");
    assertEquals(stops >= 30, true, name);
    if (settled) assertEquals([stops, count("f yield")], [30, 30], name);
  });
});
