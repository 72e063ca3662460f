/** Source maps that are fitted to insertions, judged by the reader that Node and Deno have. */
import { SourceMap } from "node:module";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { Random } from "../support/random.ts";
import { Insertions } from "../../src/transform/insertions.ts";
import { Lines } from "../../src/transform/lines.ts";
import { InlineSourceMap } from "../../src/transform/source_map.ts";
import { encodeVlq, VlqReader } from "../../src/transform/vlq.ts";

const MARK = "//# sourceMappingURL=data:application/json;base64,";

test("VlqReader reads what encodeVlq() wrote", () => {
  const numbers = [0, 1, -1, 15, 16, -16, 31, 32, 1000, -123456, 2 ** 30 - 1];
  const reader = new VlqReader(numbers.map(encodeVlq).join("") + ",");
  assertEquals(numbers.map(() => reader.next()), numbers);
  assertEquals(reader.hasNumber, false);
  assertThrows(() => reader.next(), SyntaxError, "wanted a number at");
  // What the format's own text has for them.
  assertEquals(
    ["A", "C", "D", "gB"].map((text) => new VlqReader(text).next()),
    [
      0,
      1,
      -1,
      16,
    ],
  );
});

test("InlineSourceMap leads each segment where it led, wherever text is inserted", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const { code, mappings, segments } = randomCode(random);
    const source = withMap(code, mappings);
    const map = InlineSourceMap.of(source);
    assert(map !== undefined);

    const insertions = new Insertions();
    for (let i = random.below(12); i > 0; i--) {
      insertions.put(
        random.below(code.length + 1),
        "x".repeat(random.below(9)),
      );
    }
    insertions.put(source.length, "\n;end();");
    const changed = insertions.applyTo(source);
    const lines = new Lines(source);
    const fitted = map.fitted(changed, lines, insertions.sorted());

    const at = fitted.indexOf(MARK);
    assertEquals(fitted.slice(0, at), changed.slice(0, changed.indexOf(MARK)));
    assert(fitted.endsWith("\n;end();"), `seed ${seed}`);
    const judge = new SourceMap(jsonOf(fitted));
    for (const { line, column, authorLine, authorColumn } of segments) {
      const start = lines.startOf(line + 1);
      const moved = insertions.sorted().filter(({ at }) =>
        at >= start && at <= start + column
      ).reduce((sum, { text }) => sum + text.length, 0);
      const found = judge.findEntry(line, column + moved) as {
        originalLine: number;
        originalColumn: number;
      };
      assertEquals(
        [found.originalLine, found.originalColumn],
        [authorLine, authorColumn],
        `seed ${seed}, ${line}:${column} moved by ${moved}`,
      );
      assertEquals(
        map.lineOf(line + 1, column),
        authorLine + 1,
        `seed ${seed}`,
      );
    }
  }
});

test("InlineSourceMap knows whose map it is, and says what it cannot read", () => {
  assertEquals(InlineSourceMap.of("code();"), undefined);
  const map = InlineSourceMap.of(withMap("a();\n", "AAAA"));
  assertEquals(map?.leadsTo("file:///a.ts"), true);
  assertEquals(map?.leadsTo("file:///b.ts"), false);
  assertEquals(map?.lineOf(1, 3), 1);
  assertEquals(map?.lineOf(2, 0), undefined);
  assertThrows(
    () => InlineSourceMap.of(withMap("a();\n", "A")?.slice(0, -9)),
    SyntaxError,
  );
  assertThrows(() => InlineSourceMap.of(withMap("a();\n", "AA")), SyntaxError);
});

interface Place {
  readonly line: number;
  readonly column: number;
  readonly authorLine: number;
  readonly authorColumn: number;
}

/** Lines of text, some of them empty, with segments on some places. All numbers from 0. */
function randomCode(
  random: Random,
): { code: string; mappings: string; segments: Place[] } {
  const segments: Place[] = [];
  const code: string[] = [];
  const mappings: string[] = [];
  let before = { authorLine: 0, authorColumn: 0 };
  for (let line = 0; line < 6; line++) {
    const length = random.below(40);
    code.push("é".repeat(length));
    const texts: string[] = [];
    let last = 0;
    for (let column = random.below(4); column < length;) {
      const place = {
        line,
        column,
        authorLine: random.below(50),
        authorColumn: random.below(50),
      };
      texts.push(
        [
          column - last,
          0,
          place.authorLine - before.authorLine,
          place.authorColumn - before.authorColumn,
          ...(random.below(3) === 0 ? [random.below(2)] : []),
        ].map(encodeVlq).join(""),
      );
      segments.push(place);
      before = place;
      last = column;
      column += 1 + random.below(12);
    }
    mappings.push(texts.join(","));
  }
  return {
    code: code.join("\n") + "\n",
    mappings: mappings.join(";"),
    segments,
  };
}

function withMap(code: string, mappings: string): string {
  const json = JSON.stringify({
    version: 3,
    sources: ["file:///a.ts"],
    sourcesContent: [`"mappings":"${mappings}" "é"`],
    names: ["n", "m"],
    mappings,
  });
  return code + MARK + new TextEncoder().encode(json).toBase64();
}

function jsonOf(code: string): ConstructorParameters<typeof SourceMap>[0] {
  const [base64] = code.slice(code.indexOf(MARK) + MARK.length).split("\n");
  return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(base64)));
}
