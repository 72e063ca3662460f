import { test } from "node:test";
import {
  baseName,
  commandName,
  hostTarget,
  programName,
  sqlVerb,
  streamed,
} from "../../../src/runtime/apis/targets.ts";
import { assertEquals } from "../../support/assert.ts";

type Row = readonly [unknown, string | undefined];

test("baseName() takes the last part of a path or URL and nothing else of it", () => {
  const rows: readonly Row[] = [
    ["/home/secret/config.json", "config.json"],
    ["config.json", "config.json"],
    ["/home/secret/folder/", "folder"],
    ["C:\\secret\\config.json", "config.json"],
    ["/", undefined],
    ["", undefined],
    [".", "."],
    [new URL("file:///secret/a%20b.txt?secret#secret"), "a b.txt"],
    [new URL("file:///secret/%ff.txt"), "%ff.txt"],
    [new TextEncoder().encode("/secret"), undefined],
    [3, undefined],
    [undefined, undefined],
    [{ toString: () => "/secret" }, undefined],
  ];
  for (const [path, expected] of rows) {
    assertEquals(baseName(path), expected, String(path));
  }
});

test("programName() takes no arguments for a part of the name", () => {
  const rows: readonly Row[] = [
    ["/usr/bin/sleep", "sleep"],
    ["sleep", "sleep"],
    ["sleep secret", undefined],
    ["/bin/cat /secret/file", undefined],
    [new URL("file:///secret/program"), "program"],
    [undefined, undefined],
  ];
  for (const [program, expected] of rows) {
    assertEquals(programName(program), expected, String(program));
  }
});

test("commandName() takes the first plain word of a command line", () => {
  const rows: readonly Row[] = [
    ["sleep 1", "sleep"],
    ["  /usr/bin/env secret", "env"],
    ["sleep", "sleep"],
    ["TOKEN=secret run", undefined],
    ["TOKEN=$(cat /secret) run", undefined],
    ["$SECRET", undefined],
    ["'secret path/run' x", undefined],
    ["echo>secret", undefined],
    ["(secret)", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [line, expected] of rows) {
    assertEquals(commandName(line), expected, String(line));
  }
});

test("sqlVerb() takes one of the verbs there are, and no other word", () => {
  const rows: readonly Row[] = [
    ["SELECT secret FROM secrets", "SELECT"],
    ["  insert into secrets values ('secret')", "INSERT"],
    ["-- secret\n/* secret */ (select 1)", "SELECT"],
    ["/* secret", undefined],
    ["secret", undefined],
    ["SELECTED", undefined],
    ["", undefined],
    [3, undefined],
  ];
  for (const [text, expected] of rows) {
    assertEquals(sqlVerb(text), expected, String(text));
  }
});

test("hostTarget() takes a text alone", () => {
  assertEquals(hostTarget()(["example.org"], undefined), "example.org");
  assertEquals(hostTarget()([{ host: "example.org" }], undefined), undefined);
});

test("streamed() says what may be asked of the program bit by bit", () => {
  const rows: readonly (readonly [unknown, boolean])[] = [
    ["text", false],
    [new Uint8Array(1), false],
    [new ArrayBuffer(1), false],
    [undefined, false],
    [new ReadableStream(), true],
    [[], true],
  ];
  for (const [data, expected] of rows) {
    assertEquals(streamed()(["path", data], undefined), expected, String(data));
  }
});
