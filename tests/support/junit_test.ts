import { test } from "node:test";
import { assertEquals } from "./assert.ts";
import { readJunit } from "./junit.ts";

test("readJunit() reads a report of deno test and leaves out the group", () => {
  const xml =
    `<testsuites name="deno test" tests="5" failures="1" errors="0" time="0.020">
    <testsuite name="./a_test.ts" tests="4" disabled="1" errors="0" failures="1">
        <testcase name="ok" classname="./a_test.ts" time="0.002" line="2" col="1">
        </testcase>
        <testcase name="left out" classname="./a_test.ts" time="0.000" line="3" col="1">
            <skipped/>
        </testcase>
        <testcase name="group" classname="./a_test.ts" time="0.003" line="6" col="1">
        </testcase>
        <testcase name="bad &amp; &lt;x&gt;" classname="./a_test.ts" time="0.002" line="7" col="1">
            <failure message="Uncaught Error: boom">Error: boom</failure>
        </testcase>
    </testsuite>
    <testsuite name="ext:deno_node/testing.ts" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="group &gt; inner" classname="x" time="0.000" line="1" col="23191">
        </testcase>
    </testsuite>
</testsuites>`;
  assertEquals(readJunit(xml), {
    passed: ["ok", "group > inner"],
    failed: ["bad & <x>"],
    skipped: ["left out"],
  });
});

test("readJunit() reads a report of bun test", () => {
  const xml = `<testsuites name="bun test" tests="3" failures="1" skipped="1">
    <testcase name="ok" classname="" time="0.001629" file="a_test.ts" line="2" assertions="0" />
    <testcase name="left out" classname="" time="0" file="a_test.ts" line="3" assertions="0">
      <skipped />
    </testcase>
    <testcase name="bad" classname="" time="0" file="a_test.ts" line="7" assertions="0">
      <failure type="Error" message="boom">Error: boom&#10; at a_test.ts:7:37</failure>
    </testcase>
</testsuites>`;
  assertEquals(readJunit(xml), {
    passed: ["ok"],
    failed: ["bad"],
    skipped: ["left out"],
  });
});

test("readJunit() reads a report of node --test, with reasons and without what a filter left out", () => {
  const xml = `<testsuites>
	<testcase name="a > b" time="0.005731" classname="test"/>
	<testcase name="left out" time="0.000170" classname="test">
		<skipped type="skipped" message="because"/>
	</testcase>
	<testcase name="not asked for" time="0.000170" classname="test">
		<skipped type="skipped" message="test name does not match pattern"/>
	</testcase>
	<testcase name="bad" time="0.000495" classname="test" failure="boom">
		<failure type="testCodeFailure" message="boom">[Error]</failure>
	</testcase>
	<!-- tests 4 -->
</testsuites>`;
  assertEquals(readJunit(xml), {
    passed: ["a > b"],
    failed: ["bad"],
    skipped: ["left out (because)"],
  });
});
