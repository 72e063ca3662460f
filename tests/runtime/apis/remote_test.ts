import { test } from "node:test";
import {
  hostOf,
  hostOfConnect,
  hostOfOptions,
  hostOfRequest,
} from "../../../src/runtime/apis/remote.ts";
import { assertEquals } from "../../support/assert.ts";

test("hostOf() takes host and port of a URL and nothing else of it", () => {
  const rows: readonly (readonly [unknown, string | undefined])[] = [
    ["http://example.org", "example.org:80"],
    ["HTTPS://Example.ORG/path?query#hash", "example.org:443"],
    ["http://example.org:8080/a", "example.org:8080"],
    ["http://example.org?q=secret", "example.org:80"],
    ["http:\\\\example.org\\secret", "example.org:80"],
    ["http://user:secret@example.org/", "example.org:80"],
    ["http://user:sec@ret@example.org/", "example.org:80"],
    ["http://user:sec/ret@example.org/", undefined],
    ["http://[::1]:81/", "[::1]:81"],
    ["redis://:secret@cache.internal/0", "cache.internal:6379"],
    ["unknown://host.example/x", "host.example"],
    ["data:text/plain,http://secret", undefined],
    ["/relative/secret", undefined],
    ["", undefined],
    [new URL("http://a.example:81/secret"), "a.example:81"],
    [new Request("http://b.example/secret"), "b.example:80"],
    [{ toString: () => "http://c.example" }, undefined],
    [undefined, undefined],
  ];
  for (const [remote, expected] of rows) {
    assertEquals(hostOf(remote), expected, String(remote));
  }
});

test("hostOfConnect() knows the forms that node:net takes", () => {
  const rows: readonly (readonly [unknown[], string | undefined])[] = [
    [[{ host: "db.internal", port: 5432 }], "db.internal:5432"],
    [[{ port: 5432 }, () => {}], "localhost:5432"],
    [[{ port: "5432", host: "::1" }], "[::1]:5432"],
    [[{ path: "/var/run/secret/docker.sock" }], "docker.sock"],
    [[8080, "a.example", () => {}], "a.example:8080"],
    [["8080"], "localhost:8080"],
    [[8080, () => {}], "localhost:8080"],
    [["/run/x.sock"], "x.sock"],
    [[{ host: "not a host", port: 1 }], undefined],
    [[], undefined],
    [[null], undefined],
  ];
  for (const [args, expected] of rows) {
    assertEquals(hostOfConnect(args), expected, JSON.stringify(args));
  }
});

test("hostOfOptions() calls no getter", () => {
  const options = {
    get hostname(): string {
      throw new Error("called");
    },
    port: 80,
  };
  assertEquals(hostOfOptions(options), ":80");
});

test("hostOfRequest() knows the forms that node:http takes", () => {
  const rows: readonly (readonly [unknown[], string | undefined])[] = [
    [["http://a.example/secret"], "a.example:80"],
    [[new URL("https://a.example:8443/secret")], "a.example:8443"],
    [[{ hostname: "a.example", path: "/secret" }], "a.example:80"],
    [[{ host: "a.example", port: 81 }], "a.example:81"],
    [[{ port: 81, path: "/secret" }], "localhost:81"],
    [["http://a.example", { port: 81 }], "a.example:80"],
    [["http://a.example", { host: "b.example", port: 81 }], "b.example:81"],
    [[{ socketPath: "/run/x.sock", path: "/secret" }], "x.sock"],
  ];
  for (const [args, expected] of rows) {
    assertEquals(hostOfRequest(args, "80"), expected, JSON.stringify(args));
  }
});
