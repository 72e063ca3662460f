import { test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import { routeName } from "../../src/core/route_name.ts";

/** Asserts what each path is called, with GET before it. */
function assertNames(rows: readonly (readonly [string, string])[]): void {
  for (const [path, expected] of rows) {
    assertEquals(routeName("GET", path), `GET ${expected}`, path);
  }
}

test("routeName() takes the path out of what a request line or URL holds", () => {
  assertNames([
    ["/", "/"],
    ["/users", "/users"],
    ["/users/", "/users/"],
    ["http://localhost:8000/users", "/users"],
    ["https://example.org", "/"],
    ["http://example.org?x=/a", "/"],
    ["http://example.org#/a", "/"],
    ["http://[::1]:80/a", "/a"],
    ["*", "*"],
    ["example.org:443", "*"],
    ["", "*"],
  ]);
});

test("routeName() never keeps a query, a fragment or a path parameter", () => {
  assertNames([
    ["/a?token=secret", "/a"],
    ["/a?b=/c/d", "/a"],
    ["/a#frag?x", "/a"],
    ["/a?x#frag", "/a"],
    ["/a;jsessionid=SECRET/b", "/a/b"],
    ["http://user:secret@host/a?b", "/a"],
  ]);
});

test("routeName() makes :id of what differs between requests of a route", () => {
  assertNames([
    ["/users/17", "/users/:id"],
    ["/users/17/posts/9", "/users/:id/posts/:id"],
    ["/-1", "/:id"],
    ["/2024-01-02/x", "/:id/x"],
    ["/52.5,13.4", "/:id"],
    ["/550e8400-e29b-41d4-a716-446655440000", "/:id"],
    ["/550E8400-E29B-41D4-A716-446655440000", "/:id"],
    ["/order-550e8400-e29b-41d4-a716-446655440000x", "/:id"],
    ["/deadbee1", "/:id"],
    ["/0xdeadbee1", "/:id"],
    ["/deadbeefdeadbeef", "/:id"],
    ["/DEADBEEFDEADBEEF", "/:id"],
    ["/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/:id"],
    ["/main-3f2a9c81d4.js", "/main-:id.js"],
    ["/dQw4w9WgXcQ", "/:id"],
    ["/V1StGXR8_Z5jdHi6B-myT", "/:id"],
    ["/cus_NffrFeUfNV2Hib", "/:id"],
    ["/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/:id"],
    ["/ckx2y3z4a0000xyzabcdefgh1", "/:id"],
    ["/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abcDEF", "/:id"],
    ["/user-12", "/user-:id"],
    ["/item12345", "/item:id"],
    ["/report-2024.pdf", "/report-:id.pdf"],
    ["/caf%C3%A9", "/:id"],
    ["/bob@example.org", "/:id"],
    ["/bob%40example.org", "/:id"],
    [`/${"a".repeat(41)}`, "/:id"],
  ]);
});

test("routeName() leaves the words of a route alone", () => {
  for (
    const path of [
      "/api/v1/users",
      "/api/v1.2/users",
      "/deadbeef",
      "/sha256",
      "/base64",
      "/log4j",
      "/favicon.ico",
      "/OAuth2Callback",
      "/getUserProfileSettingsPage",
      "/api/getV2Users",
      "/getting-started-with-deno-deploy",
      "/.well-known/openid-configuration",
      "/_next/static/chunks",
      "/debug/trace",
      `/${"a".repeat(15)}`,
    ]
  ) {
    assertEquals(routeName("GET", path), `GET ${path}`);
  }
});

test("routeName() keeps eight segments and stays short", () => {
  assertNames([
    ["/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h"],
    ["/a/b/c/d/e/f/g/h/i", "/a/b/c/d/e/f/g/h/*"],
    ["/a/b/c/d/e/f/g/h/i/j/k", "/a/b/c/d/e/f/g/h/*"],
  ]);
  const word = "some-quite-long-word-without-an-id-in-it";
  const long = routeName("GET", `/${word}`.repeat(8));
  assertEquals(long, `GET ${`/${word}`.repeat(3)}/*`);
  const huge = routeName("GET", `/${"x/".repeat(100_000)}`);
  assertEquals(huge, `GET ${"/x".repeat(8)}/*`);
});

test("routeName() knows the methods of HTTP and calls the rest OTHER", () => {
  assertEquals(routeName("POST", "/a"), "POST /a");
  assertEquals(routeName("DELETE", "/a"), "DELETE /a");
  for (const method of ["PROPFIND", "get", "", "GET\n", "__proto__"]) {
    assertEquals(routeName(method, "/a"), "OTHER /a", method);
  }
});

test("routeName() is printable ASCII, whatever the path", () => {
  for (let code = 0; code < 0x300; code++) {
    const path = `/x${String.fromCharCode(code)}y${String.fromCharCode(code)}`;
    const name = routeName("GET", path);
    assert(/^[\x20-\x7e]+$/.test(name), `${code}: ${JSON.stringify(name)}`);
  }
  assertEquals(routeName("GET", "/a\u2028b\ud800c"), "GET /a_b_c");
  assertEquals(routeName("GET", "/a\nb"), "GET /a_b");
});

test("routeName() answers the same before and after its cache was cleared", () => {
  const names = new Set<string>();
  for (let i = 0; i < 5000; i++) {
    names.add(routeName("GET", `/users/${i}`));
    assertEquals(routeName("GET", "/fixed/17"), "GET /fixed/:id");
    assertEquals(routeName("POST", "/fixed/17"), "POST /fixed/:id");
  }
  assertEquals([...names], ["GET /users/:id"]);
});
