import { test } from "node:test";
import { readFile } from "node:fs/promises";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import {
  findGoTools,
  goDump,
  goPages,
  goProfile,
  type GoTool,
  judge,
  type ProfileKind,
} from "./go_tools.ts";
import { goTestdata } from "./testdata.ts";
import { withFile } from "./temp_file.ts";

const tools = await findGoTools();
const http = goTestdata("http_1_19_good");

/** Section 17 of the spec: one task is created, runs, waits for the network for 23 ns, is woken, runs, ends. */
const SPEC_EXAMPLE = `
  676f20312e313120747261636500000041 00e807 84010100 84010100 450107 cd0401010100 660101 5b0a02
  0602 451407 d50401010201 660501 0f09 0601 028094ebdc03 4100d00f 2501046d61696e 250204612e6a73
  2503046c6f6164 c306010110010201 c30a02022003020910 01 0201`;

function specExample(): Uint8Array {
  const pairs = SPEC_EXAMPLE.replace(/\s/g, "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

for (
  const [name, tool] of [["Go 1.23 or later", tools.go126], [
    "Go 1.19 to 1.22",
    tools.go119,
  ]] as const
) {
  const noTool = tool === undefined && `${name} is not installed`;
  const noData = noTool ||
    (http === undefined && "../shared/testdata/go is absent");

  test(
    `judge() of ${name} takes a trace that Go wrote`,
    { skip: noData },
    async () => {
      assertEquals(await judge(tool as GoTool, http as string), {
        ok: true,
        text: "",
      });
    },
  );

  test(
    `judge() of ${name} takes the 112 bytes of the spec`,
    { skip: noTool },
    async () => {
      assertEquals(specExample().byteLength, 112);
      await withFile(specExample(), async (file) => {
        assertEquals(await judge(tool as GoTool, file), { ok: true, text: "" });
      });
    },
  );

  test(`judge() of ${name} refuses what is broken and says why`, {
    skip: noTool,
  }, async () => {
    const good = specExample();
    const unknown = good.slice();
    unknown[0x38] = 9; // the GoStartLocal at 0x36 now names a goroutine that nobody created
    for (
      const [what, bytes, wanted] of [
        ["cut inside an event", good.subarray(0, 0x31), /EOF|varint|read/],
        [
          "no trace at all",
          new TextEncoder().encode("hello, this is no trace"),
          /not a/,
        ],
        [
          "an unknown goroutine",
          unknown,
          /no consistent ordering|goroutine 9|g 9/,
        ],
      ] as const
    ) {
      await withFile(bytes, async (file) => {
        const { ok, text } = await judge(tool as GoTool, file);
        assert(!ok && wanted.test(text), `${what}: ${ok} ${text}`);
      });
    }
  });

  test(
    `goDump() of ${name} prints an event a line`,
    { skip: noTool },
    async () => {
      await withFile(specExample(), async (file) => {
        assertStringIncludes(
          await goDump(tool as GoTool, file),
          tool?.classic ? "GoBlockNet" : "StateTransition",
        );
      });
    },
  );

  test(`goPages() of ${name} fetches every page and names our goroutine`, {
    skip: noTool,
  }, async () => {
    const pages = [
      "/",
      "/goroutines",
      "/trace",
      "/jsontrace",
      "/usertasks",
      "/userregions",
      "/mmu",
      "/io?raw=1",
      "/block?raw=1",
      "/syscall?raw=1",
      "/sched?raw=1",
      "/nothing-here",
    ];
    await withFile(specExample(), async (file) => {
      const answers = await goPages(tool as GoTool, file, pages);
      assertEquals([...answers.keys()], pages);
      for (const [page, { status, body }] of answers) {
        if (page === "/nothing-here") continue;
        assertEquals(status, 200, `${page}: ${body}`);
      }
      assertStringIncludes(answers.get("/goroutines")?.body ?? "", "main");
      assertStringIncludes(answers.get("/jsontrace")?.body ?? "", "main");
    });
  });

  test(
    `goPages() of ${name} tells why nothing is served`,
    { skip: noTool },
    async () => {
      await withFile(
        new TextEncoder().encode("go 1.99 trace\0\0\0"),
        async (file) => {
          const error = await assertRejects(
            () => goPages(tool as GoTool, file, ["/"]),
            Error,
            "Cannot start",
          );
          assertStringIncludes(error.message, "version");
        },
      );
    },
  );

  test(`goProfile() of ${name} gives the nanoseconds by function`, {
    skip: noTool,
  }, async () => {
    await withFile(specExample(), async (file) => {
      const net = await goProfile(tool as GoTool, "net", file);
      assertEquals(net.totalNs, 23);
      assertEquals(net.functions.get("load"), { flatNs: 23, cumNs: 23 });
      assertEquals(net.functions.get("main"), { flatNs: 0, cumNs: 23 });
      for (const kind of ["sync", "syscall"] as ProfileKind[]) {
        assertEquals(
          (await goProfile(tool as GoTool, kind, file)).totalNs,
          0,
          kind,
        );
      }
    });
  });
}

test("goDump() of Go 1.19 equals the text beside Go's trace", {
  skip: tools.go119 === undefined
    ? "Go 1.19 is not installed"
    : http === undefined && "../shared/testdata/go is absent",
}, async () => {
  const text = await readFile(`${http}.dump.txt`, "utf8");
  assertEquals(
    (await goDump(tools.go119 as GoTool, http as string)).split("\n"),
    text.split("\n"),
  );
});
