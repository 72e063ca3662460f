/** What the text of a program tells of its calls. */

import { test } from "node:test";
import { assertEquals } from "../support/assert.ts";
import { type Call, CallText } from "../../src/runtime/call_text.ts";

/**
 * What is found where `|` stands in `call`, in a file that also defines some functions. The mark is where an engine puts
 * a call: at the last name of what is called.
 */
function read(call: string): Call {
  const file = `import { load as fetchRow, default as main } from "./db.ts";
import { save } from "./db.ts";
async function known() {}
const arrow = async (x) => x;
class Store { async find(id) {} async *all() {} async #hidden() {} }
const twice = { async same() {} }, again = { async same() {} };
function plain() {}
`;
  const lines = `${file}${call}`.split("\n");
  const line = lines.findIndex((text) => text.includes("|")) + 1;
  const column = lines[line - 1].indexOf("|") + 1;
  return new CallText(lines.join("\n").replace("|", "")).at(line, column);
}

const CALLEES: readonly (readonly [string, string | undefined, number])[] = [
  // What a plain name stands for must be in the file.
  ["|known()", "known", 3],
  ["|arrow (1)", "arrow", 4],
  ["|known<string>(1)", "known", 3],
  ["|known?.()", "known", 3],
  ["|save(1)", "save", 0],
  ["|fetchRow(1)", "load", 0],
  ["|main()", undefined, 0],
  ["|plain()", undefined, 0],
  ["const fn = known; |fn()", undefined, 0],
  // A property is a name of its own.
  ["store.|find(1)", "find", 5],
  ["store\n  .|find(1)", "find", 5],
  ["this.#|hidden()", undefined, 0],
  ["this.|#hidden()", "#hidden", 5],
  ["store?.|find?.(1)", "find", 5],
  ["client.|query()", "query", 0],
  ["one.|same()", "same", 0],
  // These call something else.
  ["known.|call(null)", undefined, 0],
  ["known.|apply(null, [])", undefined, 0],
  ["it.|next()", undefined, 0],
  // The engine did not know better: nothing is called there.
  ["(async () => { await |gate })()", undefined, 0],
  ["(|async () => {})()", undefined, 0],
  ["kn|own()", undefined, 0],
  ["|+ known()", undefined, 0],
];

test("CallText.at() gives the name of a callee if that is sure, and where it begins", () => {
  for (const [call, callee, line] of CALLEES) {
    const found = read(call);
    assertEquals([found.callee, found.calleeLine], [callee, line], call);
  }
});

const USES: readonly (readonly [string, Call["use"]])[] = [
  ["await |known()", "awaited"],
  ["x = await\n  |known()", "awaited"],
  ["await store.inner.|find(1)", "awaited"],
  ["await store?.inner\n  ?.|find(1)", "awaited"],
  ["await store!.|find(1)", "awaited"],
  ["awaited(|known())", "other"],
  ["$await |known()", "other"],
  ["const p = |known()", "other"],
  ["void |known()", "other"],
  ["return |known()", "returned"],
  ["return store.|find(1)", "returned"],
  ["() => |known()", "returned"],
  ["async (x) => store.|find(x)", "returned"],
  ["() => { |known() }", "other"],
  ["await wrap(|known())", "other"],
  ["await new Store().|find(1)", undefined],
  ["await list[0].|find(1)", undefined],
];

test("CallText.at() tells what becomes of a call's result", () => {
  for (const [call, use] of USES) {
    assertEquals(read(call).use, use, call);
  }
});

test("CallText.at() tells a read of a property constructor from a call", () => {
  assertEquals(read("if (value.|constructor === Object)").isRead, true);
  assertEquals(read("value.|constructor()").isRead, false);
  assertEquals(read("|known()").isRead, false);
});

test("CallText.at() knows nothing of positions outside", () => {
  const text = new CallText("await known();");
  for (const [line, column] of [[0, 1], [2, 1], [1, 0], [1, 99], [1, 14]]) {
    assertEquals(text.at(line, column).callee, undefined, `${line}:${column}`);
  }
});
