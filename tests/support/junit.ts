/** Reads the JUnit reports of `deno test`, `bun test` and `node --test`, each of which bends the form in its own way. */

export interface TestReport {
  readonly passed: string[];
  readonly failed: string[];
  /** With the reason in brackets where the runner tells it. */
  readonly skipped: string[];
}

/** Node 20 reports what a name filter leaves out as skipped. */
const FILTERED_OUT = "test name does not match pattern";

/**
 * Names of the tests in `xml`, by outcome.
 *
 * Deno reports a `describe` as one more test and its tests as `group > test`: the group is not counted.
 */
export function readJunit(xml: string): TestReport {
  const report: TestReport = { passed: [], failed: [], skipped: [] };
  const cases: { name: string; body: string }[] = [];
  for (
    const match of xml.matchAll(
      /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>(.*?)<\/testcase>)/gs,
    )
  ) {
    const name = /\bname="([^"]*)"/.exec(match[1])?.[1] ?? "";
    cases.push({ name: unescape(name), body: match[2] ?? "" });
  }
  for (const { name, body } of cases) {
    if (cases.some((other) => other.name.startsWith(`${name} > `))) continue;
    const skipped = /<skipped\b([^>]*)/.exec(body);
    if (/<(?:failure|error)\b/.test(body)) report.failed.push(name);
    else if (skipped === null) report.passed.push(name);
    else {
      const reason = unescape(
        /\bmessage="([^"]*)"/.exec(skipped[1])?.[1] ?? "",
      );
      if (reason === FILTERED_OUT) continue;
      report.skipped.push(
        reason === "" || reason === "true" ? name : `${name} (${reason})`,
      );
    }
  }
  return report;
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function unescape(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi,
    (whole, decimal: string, hex: string, name: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      return String.fromCodePoint(
        decimal ? Number(decimal) : parseInt(hex, 16),
      );
    },
  );
}
