/** The assertions of `@std/assert` that the tests use, with their types. */
// @ts-types="./std_assert.d.ts"
export {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";
